"""Label recontrast: other mean values for the labelled tissues, as another sequence or contrast agent would give."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from napari_segrobust.perturb.families._facts import on_scale
from napari_segrobust.perturb.spec import Parameter, PerturbationSpec

if TYPE_CHECKING:
    from collections.abc import Mapping

    import torch
    from numpy.typing import NDArray

    from napari_segrobust.perturb.clean import Clean
    from napari_segrobust.perturb.record import Perturbation
    from napari_segrobust.perturb.spec import FieldBlock, Shape, Spacing

#: Tissues that have a draw of their own; labels beyond take them again.
_TISSUES = 256


def draw(rng: np.random.Generator, shape: Shape, spacing: Spacing) -> dict[str, NDArray[np.float32]]:
    """New mean of each tissue."""
    return {'mean': rng.random(_TISSUES, dtype=np.float32)}


def measure(clean: Clean, record: Perturbation, amounts: Mapping[str, float]) -> dict[str, NDArray[Any]]:
    """Number of each voxel's label (1, *spatial), counted from 1 in their order, and means of each channel (C, n)."""
    labels = clean.labels(record)
    values = np.unique(labels)
    values = values[values != 0]
    number = np.zeros(labels.shape, np.int16)
    for k, value in enumerate(values.tolist(), start=1):
        number[labels == value] = k
    size = np.maximum(np.bincount(number.ravel(), minlength=len(values) + 1), 1)
    means = [
        np.bincount(number.ravel(), on_scale(clean, record, channel).ravel(), minlength=len(values) + 1) / size
        for channel in range(len(clean.image))
    ]
    return {'number': number[None], 'mean': np.stack(means).astype(np.float32)}


def apply(u: torch.Tensor, amounts: Mapping[str, float], field: FieldBlock) -> torch.Tensor:
    """Shift each label by what its mean moves; background stays."""
    old = field.facts['mean']
    number = field.fact('number')[0].long()
    for channel, before, drawn in zip(u, old, field.arrays['mean'], strict=True):
        after = drawn.repeat(-(-len(before) // _TISSUES) + 1)[: len(before) - 1]
        shift = before.new_zeros(len(before))
        shift[1:] = (after - before[1:]) * (amounts['share'] / 100)
        channel += shift[number]
    return u


SPEC = PerturbationSpec(
    name='label_recontrast',
    title='label recontrast',
    group='style',
    kind='continuous',
    stage='contrast',
    response='linear',
    parameters=(
        Parameter('share', 'of the way', '%', (0, 20, 40, 60, 80, 100), 0, 100, 'SynthSeg: over all the range'),
    ),
    summary='Moves the mean of every label towards one that the seed draws; the texture around the mean stays.',
    model="u' = u + a (n_l - m_l) in label l, m_l its mean in the clean image, n_l ~ U(0, 1)",
    source='Billot et al., Med Image Anal 86:102789 (2023) (SynthSeg)',
    apply=apply,
    draw=draw,
    measure=measure,
    needs=('reference',),
    modalities=('MR', 'CT', 'US'),
    caution='It uses the reference: edges follow its labels, and what has no label stays. No sequence does just this.',
)
