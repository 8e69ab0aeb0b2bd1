"""Box jitter: boxes that lie loosely around their object, or cut into it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from napari_segrobust.perturb.edits._random import generator
from napari_segrobust.perturb.families.prompt._prompt import BOX_SOURCE, prompt_spec, shares, through_slices
from napari_segrobust.perturb.spec import Parameter

if TYPE_CHECKING:
    from collections.abc import Mapping

    from napari_segrobust.perturb.spec import Shape, Spacing
    from napari_segrobust.prompts import Prompts

    Edge = tuple[float, float]


def move(prompts: Prompts, amounts: Mapping[str, float], seed: int, spacing: Spacing, shape: Shape) -> Prompts:
    """Move every edge by its own share of the side, which the seed and the box's place in the list draw."""
    draws = generator('box_jitter', seed).standard_normal((len(prompts.boxes), len(shape), 2))
    scale = [amounts['sd'] / 100 * share for share in shares(len(shape), amounts)]
    boxes = []
    for box, draw in zip(prompts.boxes, draws.tolist(), strict=True):
        edges = tuple(
            _moved(edge, part * start, part * stop, size)
            for edge, part, (start, stop), size in zip(box.edges, scale, draw, shape, strict=True)
        )
        boxes.append(box.model_copy(update={'edges': edges}))
    return prompts.model_copy(update={'boxes': tuple(boxes)})


def _moved(edge: Edge, first: float, last: float, size: int) -> Edge:
    """Two edges moved by shares of their distance, so that there is always a box, on the image.

    Neither comes nearer than half a voxel to the middle; an edge that lay beyond the image stays.
    """
    start, stop = edge
    side, middle = stop - start, (start + stop) / 2
    core = min(side / 2, 0.5)
    low = min(max(start + first * side, min(start, 0.0)), middle - core)
    high = max(min(stop + last * side, max(stop, float(size))), middle + core)
    return low, high


SPEC = prompt_spec(
    'box_jitter',
    'box jitter',
    (
        Parameter(
            'sd',
            'sd of edges',
            '% of side',
            (0, 5, 10, 15, 25, 40),
            0,
            200,
            'severity 2 is what Segment Anything was trained with (10 %, there at most 20 pixels); the others chosen',
        ),
        through_slices(),
    ),
    move,
    summary='Moves each edge of the boxes that a model is shown, relative to the size of the box.',
    model="e' = e + s (b - a) z, a and b the two edges along an axis, z a normal number for each; kept on the image",
    source=BOX_SOURCE,
)
