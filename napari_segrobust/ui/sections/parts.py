"""Parts of the Model section: each is one file beside this one, and nothing lists them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from napari_segrobust.registry import discover

if TYPE_CHECKING:
    from collections.abc import Callable

    from napari_segrobust.ui.app import Explorer
    from napari_segrobust.ui.sections.base import BoundSection
    from napari_segrobust.ui.widgets.palette import Palette


@dataclass(frozen=True)
class ModelPart:
    """A fold of the Model section; a module defines one as ``PART``.

    Attributes
    ----------
    rank : int
        Its place: 5 prompts, 10 knobs, 30 post-processing, 40 ensemble.
    make : callable
        ``make(explorer, palette)`` gives a `BoundSection`: with its own title and summary, folded at first. It hides
        itself where the lanes have nothing for it, and its `shutdown` is called with the panel's.
    """

    rank: int
    make: Callable[[Explorer, Palette], BoundSection]


def model_parts() -> list[ModelPart]:
    """Every part, in the order of the ranks."""
    found: list[ModelPart] = discover('napari_segrobust.ui.sections', 'PART')
    return sorted(found, key=lambda part: part.rank)
