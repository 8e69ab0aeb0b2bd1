"""Swapped channels: sequences loaded in another order, or red taken for blue."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from napari_segrobust.perturb.families._facts import checked
from napari_segrobust.perturb.spec import Parameter, PerturbationSpec

if TYPE_CHECKING:
    from collections.abc import Mapping

    import torch
    from numpy.typing import NDArray

    from napari_segrobust.perturb.clean import Clean
    from napari_segrobust.perturb.record import Perturbation
    from napari_segrobust.perturb.spec import FieldBlock


def measure(clean: Clean, record: Perturbation, amounts: Mapping[str, float]) -> dict[str, NDArray[Any]]:
    """Nothing; channels that are not there are refused."""
    for name in ('first', 'second'):
        checked(amounts[name], len(clean.image), 'Swapped channels')
    return {}


def apply(u: torch.Tensor, amounts: Mapping[str, float], field: FieldBlock) -> torch.Tensor:
    """Move two channels towards each other and past."""
    first, second = (round(amounts[name]) for name in ('first', 'second'))
    step = (u[second] - u[first]) * (amounts['share'] / 100)
    u[first] += step
    u[second] -= step
    return u


SPEC = PerturbationSpec(
    name='swapped_channel',
    title='swapped channels',
    group='content',
    kind='continuous',
    stage='content',
    response='linear',
    parameters=(
        Parameter('share', 'exchanged', '%', (0, 20, 40, 60, 80, 100), 0, 100, 'chosen: even steps to a full swap'),
        Parameter('first', 'one channel', '', (0,) * 6, -1, 1000, 'chosen: first and last make BGR of RGB'),
        Parameter('second', 'other channel, -1 = last', '', (-1,) * 6, -1, 1000, 'chosen: first and last'),
    ),
    summary='Exchanges two channels, the first and the last unless others are named.',
    model="u'_i = u_i + a (u_j - u_i), u'_j = u_j + a (u_i - u_j)",
    source='A frequent mistake: images read as BGR (OpenCV) or sequences stacked in another order',
    apply=apply,
    measure=measure,
    needs=('channels',),
    modalities=('MR', 'endoscopy', 'fundus', 'histology', 'photograph'),
    caution='At 100 % the channels are swapped; at 50 % both hold the mean of the two.',
)
