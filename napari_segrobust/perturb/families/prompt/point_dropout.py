"""Point dropout: fewer clicks than were set."""

from __future__ import annotations

from typing import TYPE_CHECKING

from napari_segrobust.perturb.edits._random import generator
from napari_segrobust.perturb.families.prompt._prompt import POINT_SOURCE, prompt_spec
from napari_segrobust.perturb.spec import Parameter

if TYPE_CHECKING:
    from collections.abc import Mapping

    from napari_segrobust.perturb.spec import Shape, Spacing
    from napari_segrobust.prompts import Prompts


def move(prompts: Prompts, amounts: Mapping[str, float], seed: int, spacing: Spacing, shape: Shape) -> Prompts:
    """Leave out the points whose number falls below the share; the last one to go stays."""
    if not prompts.points:
        return prompts
    numbers = generator('point_dropout', seed).random(len(prompts.points)).tolist()
    last = max(numbers)
    left = [
        point
        for point, number in zip(prompts.points, numbers, strict=True)
        if 100 * number >= amounts['share'] or number == last
    ]
    return prompts.model_copy(update={'points': tuple(left)})


SPEC = prompt_spec(
    'point_dropout',
    'point dropout',
    (
        Parameter(
            'share',
            'left out',
            '% of points',
            (0, 20, 40, 60, 80, 100),
            0,
            100,
            'chosen: even steps from all points to one',
        ),
    ),
    move,
    summary='Leaves out points that a model is shown, as a person who clicks less often; one of them stays.',
    model='p stays where its uniform number is at least the share; the largest one always does',
    source=POINT_SOURCE,
)
