"""What is on stage in the lab: the round, the masks under the hand, and what was computed of them last."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, ClassVar

import numpy as np
from psygnal import Signal

from napari_segrobust.errors import SegrobustError
from napari_segrobust.lab import SAME, Bench, Game, MaskEdit, OwnScene, scorecard
from napari_segrobust.ui.connections import Connections
from napari_segrobust.ui.lab.latest import Latest
from napari_segrobust.ui.lab.picture import Plane

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from napari_segrobust.lab import DrawnPane, Row, Scene, Scorecard
    from napari_segrobust.ui.canvas.signs import Letters


@dataclass(frozen=True, eq=False)
class Found:
    """Masks and numbers of one moment.

    Attributes
    ----------
    bench : Bench
        The snapshot that they belong to.
    panes : tuple of DrawnPane
    rows : tuple of Row
    card : Scorecard or None
        Of the pane that was chosen, where the scene shows one.
    fault : str
        Why an edit could not be done; the masks are then those before.
    plane : Plane or None
        The one to begin with, where the scene was not on stage before.
    """

    bench: Bench
    panes: tuple[DrawnPane, ...]
    rows: tuple[Row, ...]
    card: Scorecard | None = None
    fault: str = ''
    plane: Plane | None = None

    @property
    def scene(self) -> Scene:
        """The scene that they belong to."""
        return self.bench.scene


@dataclass(frozen=True)
class View:
    """How masks over an image are shown: across which axis, rows upwards or not, its window, the patient's sides."""

    axis: int | None = None
    up: bool = False
    window: tuple[float, float] = (0.0, 1.0)
    sides: Letters | None = None


class Lab:
    """A round of scenes with a bench. GUI thread; what takes time is done in a thread of its own.

    Parameters
    ----------
    scenes : iterable of Scene
    view : View, optional
    index : int
        The scene to begin with.
    """

    #: `found` is new.
    computed: ClassVar[Signal] = Signal()
    #: Another pane is being changed, hands are raised instead of a guess made, or another plane is looked at.
    looked: ClassVar[Signal] = Signal()

    def __init__(self, scenes: Iterable[Scene], view: View | None = None, index: int = 0) -> None:
        self.view = view or View()
        self.game = Game.of(scenes)
        self.game.go_to(index)
        self.bench = Bench(scene=self.game.scene)
        self.found: Found | None = None
        self.chosen = 0
        self.for_class = False
        self.plane = Plane()
        self._latest = Latest(self._take)
        self._links = Connections()
        self._links.add(self.game.events.index, self._follow_scene)
        for event in (self.bench.events.scene, self.bench.events.edits, self.bench.events.settings):
            self._links.add(event, self.compute)
        self._links.add(self.bench.events.outer_contours, self.compute)
        self.compute()

    def close(self) -> None:
        """End the thread and cut the connections. Idempotent."""
        self._links.close()
        self._latest.close()

    @property
    def settled(self) -> bool:
        """Whether `found` is of this moment."""
        return self.found is not None and not self._latest.busy

    # -- the round ------------------------------------------------------------------------------------------

    def answer(self, answer: str) -> None:
        """Guess; where a class plays, raise one hand more."""
        if self.game.ask is None or answer not in self.game.answers:
            return
        if self.for_class:
            self.game.raise_hands(answer, self.game.hands.get(answer, 0) + 1)
        else:
            self.game.guess(answer)

    def answer_number(self, number: int) -> None:
        """Answer by the number of a pane, from 1; 0 is no difference."""
        names = (SAME, *self.game.scene.contestants)
        if number < len(names):
            self.answer(names[number])

    def play_for_class(self, on: bool) -> None:
        """Count hands until someone reveals, or take the first answer."""
        self.for_class = on
        self.looked.emit()

    def begin_again(self) -> None:
        """The scene as it was: nothing changed, every number hidden."""
        self.bench.reset()
        self.game.reset()

    # -- the bench ------------------------------------------------------------------------------------------

    def behind(self) -> NDArray[np.uint8] | None:
        """What lies behind the masks in the shown plane, 0 to 255; None where a scene has no image."""
        scene = self.bench.scene
        if not isinstance(scene, OwnScene):
            return None
        low, high = self.view.window
        plane = (self.plane.of(scene.image) - low) / max(high - low, 1e-9)
        return np.ascontiguousarray(255 * plane.clip(0, 1), np.uint8)

    def choose(self, pane: int) -> None:
        """Change this prediction from now on."""
        if pane != self.chosen:
            self.chosen = pane
            self.looked.emit()
            if 'scorecard' in self.bench.scene.extras:
                self.compute()

    def look_at(self, plane: Plane) -> None:
        """Show another plane of masks with three axes."""
        if plane != self.plane:
            self.plane = plane
            self.looked.emit()

    def set(self, name: str, value: object) -> None:
        """Set one entry of the metric settings, such as ``beta``."""
        self.bench.settings = {**self.bench.settings, name: value}

    def drag(self, held: tuple[float, ...], now: tuple[float, ...], first: bool) -> None:
        """Drag the mask of the chosen pane from one place to another, both in mm in array order."""
        offset = tuple(b - a for a, b in zip(held, now, strict=True))
        edits = self.bench.edits.get(self.chosen, ())
        if first or not edits or edits[-1].name != 'drag':
            self.bench.add(self.chosen, MaskEdit(name='drag', amount=1, place=held, offset=offset))
        else:
            self.bench.change(self.chosen, len(edits) - 1, offset=offset)

    def compute(self, *_: object) -> None:
        """Ask for masks and numbers of the bench as it is now."""
        known = self.found is not None and self.found.scene is self.bench.scene
        self._latest.ask(partial(_find, self.bench.snapshot(), self.chosen, None if known else self.view))

    # -- inside ---------------------------------------------------------------------------------------------

    def _follow_scene(self, *_: object) -> None:
        if not isinstance(self.game.scene, OwnScene):
            self.chosen = 0
        self.bench.open(self.game.scene)

    def _take(self, found: Found) -> None:
        known = self.found is not None and self.found.scene is found.scene
        if found.scene is self.bench.scene:
            self.bench.keep(found.bench)
        if not known and found.plane is not None:
            self.plane = found.plane
        if known and found.fault:
            found = replace(self.found, fault=found.fault)
        self.found = found
        self.computed.emit()


def _find(bench: Bench, chosen: int, view: View | None) -> Found:
    """Compute what a bench shows, and with a view where to begin to look at it. Any thread."""
    try:
        panes = bench.panes
        card = None
        if 'scorecard' in bench.scene.extras:
            pane = panes[chosen]
            card = scorecard(pane.reference, pane.prediction, pane.spacing, bench.scene.metrics, pane.settings)
        plane = None if view is None else Plane.telling(panes, view.axis, view.up)
        return Found(bench, panes, bench.rows_of(panes), card, plane=plane)
    except SegrobustError as error:
        return Found(bench, (), (), None, str(error))
