"""Texture towards the foreground: the surroundings take on the texture of the object, so that it is harder to see."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from napari_segrobust.perturb.families._facts import labelled
from napari_segrobust.perturb.families.content._quilt import draw, laid, measured
from napari_segrobust.perturb.spec import Parameter, PerturbationSpec

if TYPE_CHECKING:
    from collections.abc import Mapping

    import torch
    from numpy.typing import NDArray

    from napari_segrobust.perturb.clean import Clean
    from napari_segrobust.perturb.record import Perturbation
    from napari_segrobust.perturb.spec import FieldBlock


def measure(clean: Clean, record: Perturbation, amounts: Mapping[str, float]) -> dict[str, NDArray[Any]]:
    """Pieces of the object, for whatever lies outside of it."""
    source = labelled(clean, record, amounts['label'])
    return measured(clean, record, source, ~source)


def apply(u: torch.Tensor, amounts: Mapping[str, float], field: FieldBlock) -> torch.Tensor:
    """Blend them into the surroundings."""
    return laid(u, amounts['share'] / 100, field)


SPEC = PerturbationSpec(
    name='texture_to_foreground',
    title='texture to foreground',
    group='content',
    kind='continuous',
    stage='content',
    response='linear',
    parameters=(
        Parameter(
            'share',
            'share of the other texture',
            '%',
            (0, 20, 40, 60, 80, 98),
            0,
            100,
            'Kamath 2023 and 2025: 10 to 98 %; the published figures 10 to 90 %',
        ),
        Parameter('label', 'label, 0 = all', '', (0,) * 6, 0, 65535, 'chosen: all labels together are the foreground'),
    ),
    summary='Blends the texture of the object of the reference into all that surrounds it.',
    model="u' = m u + (1 - m) ((1 - a) u + a f), m = reference, f = foreground's texture made anew outside m",
    source='Kamath et al., MICCAI 2023 and Comput. Biol. Med. 184:109364 (2025); f as in Heitz & Neyret 2018',
    apply=apply,
    draw=draw,
    measure=measure,
    per_channel=False,
    needs=('reference',),
    modalities=('US', 'histology', 'MR', 'CT', 'EM', 'OCT', 'endoscopy', 'fundus', 'photograph'),
    caution='It uses the reference and is no clinical degradation. A larger share makes the object HARDER to see.',
)
