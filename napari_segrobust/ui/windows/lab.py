"""The windows of the chosen lane: where they lie at once, their numbers when the volume is final. GUI thread."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from psygnal import Signal

from napari_segrobust.errors import SegrobustError
from napari_segrobust.perturb import told_spacing
from napari_segrobust.segment.source import ArraySource
from napari_segrobust.ui.connections import Connections
from napari_segrobust.ui.windows.found import Found, number_words, place_words
from napari_segrobust.ui.windows.layout import Layout
from napari_segrobust.windows import open_answers, window_table
from napari_segrobust.windows.answers import only_windows

if TYPE_CHECKING:
    from napari_segrobust.explore.updates import LaneView, VolumeUpdate
    from napari_segrobust.ui.app import Explorer
    from napari_segrobust.walk import Walk


class WindowLab:
    """What the window grid, the dots and the table are about: one lane's windows, which one is meant.

    Parameters
    ----------
    explorer : Explorer

    Notes
    -----
    Nothing is counted while nobody watches. Numbers are taken from a final volume in the file thread; those of another
    lane, label, window or perturbation are never shown as these: `is_pending` says that new ones are on their way.
    """

    #: The windows, their numbers, or whether they are pending.
    changed: ClassVar[Signal] = Signal()
    #: Index of the window that was chosen, or is under the pointer; None for none.
    selected_changed: ClassVar[Signal] = Signal(object)
    hovered_changed: ClassVar[Signal] = Signal(object)

    def __init__(self, explorer: Explorer) -> None:
        self._explorer, self._session = explorer, explorer.session
        self._watching: set[str] = set()
        self._asked: tuple[object, ...] | None = None
        self._laid: tuple[object, ...] | None = None
        self.layout: Layout | None = None
        self.found: Found | None = None
        #: Why there are no windows; empty where there are.
        self.why = ''
        self.selected: int | None = None
        self.hovered: int | None = None
        self.with_odds = False
        self._links = Connections()
        session, events = self._session, self._session.state.events
        for signal in (
            session.requested,
            session.volume_ready,
            session.lanes_ready,
            events.label,
            explorer.lane_changed,
        ):
            self._links.add(signal, self.follow)
        self._links.add(session.case_changed, self._on_case)

    def close(self) -> None:
        """Cut the connections. Idempotent."""
        self._links.close()
        self._watching.clear()

    def watch(self, who: str, on: bool = True) -> None:
        """Keep the numbers up for somebody, or no longer."""
        (self._watching.add if on else self._watching.discard)(who)
        if on:
            self.follow()

    @property
    def is_watched(self) -> bool:
        """Whether anybody looks."""
        return bool(self._watching)

    # -- which windows --------------------------------------------------------------------------------------------

    @property
    def walk(self) -> Walk | None:
        """How the chosen lane goes now; None where there is none."""
        request = self._session.current
        if request is None or request.case is not self._session.case:
            return None
        return next((one.now for one in request.lanes if one.index == self._explorer.lane), None)

    @property
    def is_pending(self) -> bool:
        """Whether the numbers are not those of the state."""
        walk = self.walk
        return self.found is None or walk is None or self.found.key != self._key(walk)

    @property
    def is_laid(self) -> bool:
        """Whether the numbers are of the windows as they lie now; of another severity or label they may be."""
        return self.found is not None and self.found.key[0] == self._laid

    def follow(self, *_: object) -> None:
        """Lay the windows of the state, and count in them as soon as the volume is final."""
        if not self._watching:
            return
        walk = self.walk
        self._lay(walk)
        update, view = self.final()
        key = None if view is None else self._key(walk)
        if key is not None and self.why == '' and key != self._asked and (self.found is None or key != self.found.key):
            self._asked = key
            label = self._session.state.label
            self._session.load(
                lambda: _count(key, walk, update, view, label), lambda found: self._take(key, found), quiet=True
            )
        self.changed.emit()

    def _lay(self, walk: Walk | None) -> None:
        laid = None if walk is None else self._where(walk)
        if laid == self._laid and laid is not None:
            return
        self._laid, self.layout, self.why = laid, None, ''
        self.select(None)
        self.hover(None)
        if walk is None:
            self.why = 'Choose a model: a window is what it sees at a time.'
            return
        try:
            if walk.model is None:
                self.why = 'A mask that was given has no windows.'
                return
            only_windows(walk.model)
            self.layout = Layout.of(walk)
        except SegrobustError as error:
            self.why = str(error)

    def _where(self, walk: Walk) -> tuple[object, ...]:
        """Key of where the windows lie."""
        cropped = walk.model is not None and walk.model.spec.crop_foreground
        return (
            walk.case.key,
            walk.model_key,
            walk.scenario.context.model_dump_json(),
            walk.perturb_key if cropped else '',
            self._explorer.lane,
        )

    def _key(self, walk: Walk) -> tuple[object, ...]:
        return (self._where(walk), walk.label_key, walk.reference_key, self._session.state.label)

    def final(self) -> tuple[VolumeUpdate | None, LaneView | None]:
        """The volume that answers the state, and the lane's part of it, where they are there."""
        walk, volume = self.walk, self._session.volume
        if walk is None or walk.model is None or volume is None or not self._session.is_current(volume.request):
            return None, None
        asked = next((one.now for one in volume.request.lanes if one.index == self._explorer.lane), None)
        if asked is None or asked.compare_key != walk.compare_key or asked.case is not walk.case:
            return None, None
        view = next((one for one in volume.lanes if one.index == self._explorer.lane and not one.provisional), None)
        return volume, view

    def _take(self, key: tuple[object, ...], found: Found | SegrobustError) -> None:
        if key != self._asked:
            return
        self._asked = None
        walk = self.walk
        if walk is None or self._key(walk) != key:
            return
        if isinstance(found, SegrobustError):
            self.why = str(found)
        else:
            self.found = found
            if self.layout is None:
                self.layout = found.layout
        self.changed.emit()

    def _on_case(self, *_: object) -> None:
        self.found = self._asked = self._laid = self.layout = None
        self.why = ''
        self.select(None)
        self.hover(None)
        self.changed.emit()

    # -- the one that is meant ------------------------------------------------------------------------------------

    def select(self, index: int | None) -> None:
        """Choose a window; None for none."""
        if index != self.selected:
            self.selected = index
            self.selected_changed.emit(index)

    def hover(self, index: int | None) -> None:
        """Point at a window; None for none."""
        if index != self.hovered:
            self.hovered = index
            self.hovered_changed.emit(index)

    def go_to(self, index: int) -> None:
        """Choose a window, and turn the viewer to its middle where it does not see the shown slice."""
        self.select(index)
        plane, layout, case = self._session.state.plane, self.layout, self._session.case
        if layout is None or plane is None or case is None or case.ndim == 2:
            return
        if not layout.touches(index, plane.axis, plane.index):
            dims = self._explorer.viewer.dims
            dims.set_current_step(plane.axis + dims.ndim - case.ndim, layout.centre(index)[plane.axis])

    def words(self, index: int) -> str:
        """Index, place and numbers of a window."""
        if self.layout is None or not 0 <= index < len(self.layout):
            return ''
        words = place_words(self.layout, index)
        if self.found is None or self.is_pending:
            return f'{words}: numbers pending'
        return f'{words}: {number_words(self.found.table.row(index), self.found.table.unit, self.with_odds)}'


def _count(
    key: tuple[object, ...], walk: Walk, update: VolumeUpdate, view: LaneView, label: int | None
) -> Found | SegrobustError:
    """Count in all windows. File thread."""
    geometry = walk.case.geometry
    source = ArraySource(update.image, told_spacing(geometry.spacing, walk.image_stack), geometry.has_spacing)
    try:
        answers = open_answers(walk.model, source, walk.scenario.context)
        reference = None if view.reference is None else answers.on_model(view.reference)
        prediction = answers.on_model(view.labels)
        table = window_table(answers.plan, reference, prediction, answers.spacing, label)
    except SegrobustError as error:
        return error
    return Found(key, Layout(answers.plan, answers.grid), table)
