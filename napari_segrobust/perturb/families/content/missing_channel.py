"""Missing channel: a sequence or colour that was not acquired, and that somebody filled with one value."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from napari_segrobust.perturb.families._facts import checked, on_scale
from napari_segrobust.perturb.spec import Parameter, PerturbationSpec

if TYPE_CHECKING:
    from collections.abc import Mapping

    import torch
    from numpy.typing import NDArray

    from napari_segrobust.perturb.clean import Clean
    from napari_segrobust.perturb.record import Perturbation
    from napari_segrobust.perturb.spec import FieldBlock, Shape, Spacing


def draw(rng: np.random.Generator, shape: Shape, spacing: Spacing) -> dict[str, NDArray[np.float32]]:
    """A number from 0 to 1 that says which channel is lost."""
    return {'which': rng.random(1, dtype=np.float32)}


def measure(clean: Clean, record: Perturbation, amounts: Mapping[str, float]) -> dict[str, NDArray[Any]]:
    """Mean of each channel on the intensity scale."""
    checked(amounts['channel'], len(clean.image), 'Missing channel')
    means = [on_scale(clean, record, channel).mean(dtype=np.float64) for channel in range(len(clean.image))]
    return {'mean': np.array(means, np.float32)}


def apply(u: torch.Tensor, amounts: Mapping[str, float], field: FieldBlock) -> torch.Tensor:
    """Fade one channel to its constant."""
    lost = round(amounts['channel'])
    if lost < 0:
        lost = min(int(float(field.arrays['which'][0, 0]) * len(u)), len(u) - 1)
    constant = float(field.facts['mean'][lost]) * amounts['fill']
    u[lost] += (constant - u[lost]) * (amounts['share'] / 100)
    return u


SPEC = PerturbationSpec(
    name='missing_channel',
    title='missing channel',
    group='content',
    kind='continuous',
    stage='content',
    response='linear',
    parameters=(
        Parameter('share', 'lost', '%', (0, 20, 40, 60, 80, 100), 0, 100, 'chosen: even steps to all of the channel'),
        Parameter('channel', 'channel, -1 = by the seed', '', (-1,) * 6, -1, 1000, 'chosen: the seed decides'),
        Parameter('fill', 'fill, 0 = lo, 1 = mean', '', (0,) * 6, 0, 1, 'chosen: what is not there is often read as 0'),
    ),
    summary='Fades one channel, such as a sequence of an MR study, to a constant.',
    model="u'_c = u_c + a (f mean(u_c) - u_c) for one channel c",
    source='Havaei et al., MICCAI 2016 (HeMIS: missing sequences); Neverova et al., TPAMI 38:1692 (2016) (ModDrop)',
    apply=apply,
    draw=draw,
    measure=measure,
    per_channel=False,
    needs=('channels',),
    modalities=('MR', 'endoscopy', 'fundus', 'histology', 'photograph'),
    caution='At severity 5 the channel is gone, as when a sequence was not acquired; below, it is a probe.',
)
