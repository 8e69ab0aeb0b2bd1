"""Point jitter: clicks beside the place that was meant."""

from __future__ import annotations

from typing import TYPE_CHECKING

from napari_segrobust.perturb.edits._random import generator
from napari_segrobust.perturb.families.prompt._prompt import POINT_SOURCE, prompt_spec, shares, through_slices
from napari_segrobust.perturb.spec import Parameter

if TYPE_CHECKING:
    from collections.abc import Mapping

    from napari_segrobust.perturb.spec import Shape, Spacing
    from napari_segrobust.prompts import Prompts


def move(prompts: Prompts, amounts: Mapping[str, float], seed: int, spacing: Spacing, shape: Shape) -> Prompts:
    """Move every point along its own direction, which the seed and its place in the list draw; never off the image."""
    draws = generator('point_jitter', seed).standard_normal((len(prompts.points), len(shape)))
    steps = [amounts['sigma'] * share / mm for share, mm in zip(shares(len(shape), amounts), spacing, strict=True)]
    points = []
    for point, draw in zip(prompts.points, draws.tolist(), strict=True):
        at = tuple(
            _within(start, step * z, size) for start, step, z, size in zip(point.at, steps, draw, shape, strict=True)
        )
        points.append(point.model_copy(update={'at': at}))
    return prompts.model_copy(update={'points': tuple(points)})


def _within(start: float, by: float, size: int) -> float:
    """A place that was moved, but not beyond the outermost voxels; one that lay beyond them stays."""
    return min(max(start + by, min(start, 0.0)), max(start, size - 1.0))


SPEC = prompt_spec(
    'point_jitter',
    'point jitter',
    (
        Parameter(
            'sigma',
            'sigma',
            'mm',
            (0, 1, 2, 4, 7, 12),
            0,
            200,
            'chosen: from a hand that trembles to a click beside a lesion of a centimetre',
        ),
        through_slices(),
    ),
    move,
    summary='Moves each point that a model is shown, as a hand that clicks beside the place it meant.',
    model="p' = p + s z, z a normal number for each point and axis; kept on the image",
    source=POINT_SOURCE,
)
