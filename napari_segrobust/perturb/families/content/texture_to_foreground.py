"""Texture towards the foreground: the surroundings take on the texture of the object, so that it is harder to see."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from napari_segrobust.perturb.families._facts import labelled
from napari_segrobust.perturb.families.content._blend import LABEL, SHARE, blend
from napari_segrobust.perturb.families.content._quilt import draw, measured
from napari_segrobust.perturb.spec import PerturbationSpec

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from napari_segrobust.perturb.clean import Clean
    from napari_segrobust.perturb.record import Perturbation


def measure(clean: Clean, record: Perturbation, amounts: Mapping[str, float]) -> dict[str, NDArray[Any]]:
    """Pieces of the object, for whatever lies outside of it."""
    source = labelled(clean, record, amounts['label'])
    return measured(clean, record, source, ~source)


SPEC = PerturbationSpec(
    name='texture_to_foreground',
    title='texture to foreground',
    group='content',
    kind='continuous',
    stage='content',
    response='linear',
    parameters=(
        SHARE,
        LABEL,
    ),
    summary='Blends the texture of the object of the reference into all that surrounds it.',
    model="u' = m u + (1 - m) ((1 - a) u + a f), m = reference, f = foreground's texture made anew outside m",
    source='Kamath et al., MICCAI 2023 and Comput. Biol. Med. 184:109364 (2025); f as in Heitz & Neyret 2018',
    apply=blend,
    draw=draw,
    measure=measure,
    per_channel=False,
    needs=('reference',),
    modalities=('US', 'histology', 'MR', 'CT', 'EM', 'OCT', 'endoscopy', 'fundus', 'photograph'),
    caution='It uses the reference and is no clinical degradation. A larger share makes the object HARDER to see.',
)
