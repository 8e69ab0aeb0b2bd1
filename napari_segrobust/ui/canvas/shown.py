"""What the canvas shows at this moment: what its texts must say."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from napari_segrobust.explore.updates import PlaneUpdate
from napari_segrobust.perturb.prompting import acts_on_prompts
from napari_segrobust.scenario import Scenario

if TYPE_CHECKING:
    from napari_segrobust.explore.updates import VolumeUpdate
    from napari_segrobust.perturb.record import Perturbation


@dataclass(frozen=True)
class Shown:
    """What the canvas shows now.

    Attributes
    ----------
    stack : tuple of Perturbation
        What acts on the painted image, with its own severities.
    provisional : str
        Why it is not final; empty where it is.
    held : bool
        Whether the baseline is held on the canvas.
    """

    stack: tuple[Perturbation, ...] = ()
    provisional: str = ''
    held: bool = False

    @classmethod
    def of(cls, update: PlaneUpdate | VolumeUpdate, held: bool) -> Self:
        """What a painted result shows, or its baseline while that is held."""
        request = update.request
        stack = Scenario(perturbations=request.baseline if held else request.stack).stack
        heard = {id(p) for lane in request.lanes for p in (lane.baseline if held else lane.now).stack}
        told = tuple(p for p in stack if not acts_on_prompts(p) or id(p) in heard)
        provisional = update.why_provisional if isinstance(update, PlaneUpdate) and not held else ''
        return cls(told, provisional, held)
