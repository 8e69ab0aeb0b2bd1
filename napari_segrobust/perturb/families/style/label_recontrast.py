"""Label recontrast: other mean values for the labelled tissues, as another sequence or contrast agent would give."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from napari_segrobust.perturb.families._facts import on_scale
from napari_segrobust.perturb.families._near import around, radius
from napari_segrobust.perturb.spec import Parameter, PerturbationSpec

if TYPE_CHECKING:
    from collections.abc import Mapping

    import torch
    from numpy.typing import NDArray

    from napari_segrobust.perturb.clean import Clean
    from napari_segrobust.perturb.record import Perturbation
    from napari_segrobust.perturb.spec import FieldBlock, Shape, Spacing

#: Labels that have a draw of their own; those beyond take them again.
_LABELS = 256
#: How much of the way to the other tissue's mean is gone at most and at least.
_WAY = (0.5, 1.5)


def draw(rng: np.random.Generator, shape: Shape, spacing: Spacing) -> dict[str, NDArray[np.float32]]:
    """For each label which other tissue it moves towards, and how much of the way."""
    return {
        'other': rng.random(_LABELS, dtype=np.float32),
        'way': rng.uniform(*_WAY, _LABELS).astype(np.float32),
    }


def measure(clean: Clean, record: Perturbation, amounts: Mapping[str, float]) -> dict[str, NDArray[Any]]:
    """Number of each voxel's label (1, *spatial), counted from 1, and means of each channel (C, 1 + n).

    Number 0 is what has no label; its mean is that of the surroundings of all labels.
    """
    labels = clean.labels(record)
    number = np.zeros(labels.shape, np.int16)
    for k, value in enumerate(np.unique(labels[labels != 0]).tolist(), start=1):
        number[labels == value] = k
    object_ = number > 0
    near = around(object_, radius(object_, clean.spacing) / 2, clean.spacing) & ~object_
    counted = np.where(near, number.max() + 1, number).ravel()
    size = np.maximum(np.bincount(counted, minlength=number.max() + 2), 1)
    means = [
        np.bincount(counted, on_scale(clean, record, channel).ravel(), minlength=len(size)) / size
        for channel in range(len(clean.image))
    ]
    return {'number': number[None], 'mean': np.stack(means)[:, [-1, *range(1, len(size) - 1)]].astype(np.float32)}


def apply(u: torch.Tensor, amounts: Mapping[str, float], field: FieldBlock) -> torch.Tensor:
    """Shift each label by what its mean moves; what has no label stays."""
    mean = field.facts['mean']
    shift = mean.new_zeros(mean.shape)
    other, way = (field.arrays[name][0].tolist() for name in ('other', 'way'))
    tissues = range(1, mean.shape[1])
    for k in tissues:
        choice = [tissue for tissue in tissues if tissue != k] or [0]  # a label that is alone has its surroundings
        chosen = choice[int(other[k % _LABELS] * len(choice))]
        shift[:, k] = (mean[:, chosen] - mean[:, k]) * (way[k % _LABELS] * amounts['share'] / 100)
    return u.add_(shift[:, field.fact('number')[0].long()])


SPEC = PerturbationSpec(
    name='label_recontrast',
    title='label recontrast',
    group='style',
    kind='continuous',
    stage='contrast',
    response='linear',
    parameters=(
        Parameter('share', 'of the way', '%', (0, 20, 40, 60, 80, 100), 0, 100, 'chosen: even steps to what is drawn'),
    ),
    summary='Moves the mean of every label towards that of another, which the seed chooses; the texture stays.',
    model="u' = u + a q_l (m_k - m_l) in label l, m the clean means, k another label, q_l ~ U(0.5, 1.5)",
    source='After Billot et al., Med Image Anal 86:102789 (2023) (SynthSeg), with the means of the image itself',
    apply=apply,
    draw=draw,
    per_channel=False,
    measure=measure,
    needs=('reference',),
    modalities=('MR', 'CT', 'US'),
    caution='It uses the reference: edges follow its labels, and what has no label stays. No sequence does just this.',
)
