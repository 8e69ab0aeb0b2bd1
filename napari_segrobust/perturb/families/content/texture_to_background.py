"""Texture towards the background: the object takes on the texture of its surroundings, so that it is harder to see."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from napari_segrobust.perturb.families._facts import labelled
from napari_segrobust.perturb.families._near import around, radius
from napari_segrobust.perturb.families.content._blend import LABEL, SHARE, blend
from napari_segrobust.perturb.families.content._quilt import draw, measured
from napari_segrobust.perturb.spec import Parameter, PerturbationSpec

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from napari_segrobust.perturb.clean import Clean
    from napari_segrobust.perturb.record import Perturbation


def measure(clean: Clean, record: Perturbation, amounts: Mapping[str, float]) -> dict[str, NDArray[Any]]:
    """Pieces of the background near the object."""
    goal = labelled(clean, record, amounts['label'])
    reach = amounts['reach'] / 100 * radius(goal, clean.spacing)
    source = around(goal, reach, clean.spacing) & ~goal
    return measured(clean, record, source, goal)


SPEC = PerturbationSpec(
    name='texture_to_background',
    title='texture to background',
    group='content',
    kind='continuous',
    stage='content',
    response='linear',
    parameters=(
        SHARE,
        LABEL,
        Parameter('reach', 'taken from within', '% of the radius', (50,) * 6, 1, 1000, 'chosen: what lies next to it'),
    ),
    summary='Blends the texture of the surroundings into the object of the reference.',
    model="u' = m ((1 - a) u + a b) + (1 - m) u, m = reference, b = background's texture made anew inside m",
    source='Kamath et al., MICCAI 2023 and Comput. Biol. Med. 184:109364 (2025); b as in Heitz & Neyret 2018',
    apply=blend,
    draw=draw,
    measure=measure,
    per_channel=False,
    needs=('reference',),
    modalities=('US', 'histology', 'MR', 'CT', 'EM', 'OCT', 'endoscopy', 'fundus', 'photograph'),
    caution='It uses the reference and is no clinical degradation. A larger share makes the object HARDER to see.',
)
