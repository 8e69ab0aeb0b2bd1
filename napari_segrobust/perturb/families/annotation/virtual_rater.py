"""Virtual rater: the reference as a simulated rater would have drawn it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from napari_segrobust.perturb.families.annotation._mask import mask_spec
from napari_segrobust.perturb.raters import redrawn
from napari_segrobust.perturb.spec import Parameter

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from napari_segrobust.perturb.spec import Spacing


def edit(labels: NDArray[Any], amounts: Mapping[str, float], seed: int, spacing: Spacing) -> NDArray[Any]:
    """Let every border wander."""
    return redrawn(labels, amounts['sd'], amounts['correlation'], seed, spacing)


SPEC = mask_spec(
    'virtual_rater',
    'virtual rater',
    (
        Parameter(
            'sd',
            'border sd',
            'mm',
            (0, 0.5, 1, 1.5, 2, 3),
            0,
            20,
            'chosen: raters of organs and lesions differ by 0.5 to 2 mm on most of a border',
        ),
        Parameter(
            'correlation',
            'correlation length',
            'mm',
            (10,) * 6,
            1,
            200,
            'chosen: longer than the line is thick, shorter than an organ',
        ),
    ),
    edit,
    summary='Redraws the reference as a simulated rater: its border wanders in and out, smoothly.',
    model='mask = {SDF + s G > 0}, G a smooth random field; of several labels the one with the largest SDF + 2 s G',
    caution='A simulated rater, no person: it changes the reference, and with it every number; the prediction stays.',
    seeded=True,
)
