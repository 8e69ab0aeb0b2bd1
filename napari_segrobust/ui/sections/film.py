"""A preset of a benchmark as a film strip: its levels side by side, each one click away."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtWidgets import QVBoxLayout, QWidget

from napari_segrobust.errors import SegrobustError
from napari_segrobust.explore.extras import small
from napari_segrobust.explore.film import FilmJob, dice_of
from napari_segrobust.perturb.presets import get_preset, preset_levels, presets, size_note
from napari_segrobust.ui.connections import Connections
from napari_segrobust.ui.sections.base import line, quiet
from napari_segrobust.ui.widgets.controls import Combo, IconButton, named
from napari_segrobust.ui.widgets.film_strip import FilmStrip
from napari_segrobust.ui.widgets.thumbnail import pixmap

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from napari_segrobust.explore.updates import PlaneUpdate
    from napari_segrobust.perturb import Perturbation
    from napari_segrobust.ui.app import Explorer
    from napari_segrobust.ui.widgets.palette import Palette

NONE = 'none'


class Film(QWidget):
    """Bound to `ExploreState.film`; hidden while no preset is chosen.

    Parameters
    ----------
    explorer : Explorer
    palette : Palette
    """

    def __init__(self, explorer: Explorer, palette: Palette) -> None:
        super().__init__()
        self.explorer = explorer
        self.session = explorer.session
        self.levels: tuple[tuple[str, tuple[Perturbation, ...]], ...] = ()
        self._job: FilmJob | None = None
        self._asked: object = None
        self.preset = named(Combo(), 'Preset', 'Levels as a benchmark has published them')
        self.close_ = IconButton('close', 'Close the film strip', 'Close the film strip', palette=palette)
        self.strip = FilmStrip(palette=palette, ready=self._is_seen)
        self.note = quiet()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 2, 0, 2)
        layout.setSpacing(2)
        layout.addWidget(line(self.strip.play, (self.preset, 1), self.close_))
        layout.addWidget(self.strip)
        layout.addWidget(self.note)
        self.preset.textActivated.connect(self._choose)
        self.close_.clicked.connect(lambda: self._set(None))
        self.strip.chosen.connect(self._go)
        self.strip.playing_changed.connect(lambda _on: self.session.history.commit())
        self.links = Connections()
        self.links.add(self.session.state.events.film, self.sync)
        self.links.add(self.session.state.events.stack, self._mark)
        self.links.add(self.session.case_changed, self._on_case)
        self.links.add(self.session.plane_ready, self._fill)
        self.links.add(self.session.requested, self._refresh)
        self.sync()

    @staticmethod
    def titles() -> dict[str, tuple[str, str]]:
        """Preset and series by their words: the series is named where there are several."""
        found = {}
        for preset in presets().values():
            for series in preset.series:
                words = preset.title if len(preset.series) == 1 else f'{preset.title}: {series.replace("_", " ")}'
                found[words] = (preset.name, series)
        return found

    def sync(self, *_: object) -> None:
        """Show the levels of the chosen preset, empty frames first."""
        chosen, case = self.session.state.film, self.session.case
        self.setVisible(chosen is not None)
        self.levels = ()
        self._asked = None
        if chosen is None:
            self.strip.pause()
            self._withdraw()
            return
        titles = self.titles()
        self.preset.set_items(list(titles), next((words for words, one in titles.items() if one == chosen), ''))
        preset, why = get_preset(chosen[0]), ''
        try:
            spacing = None if case is None else case.geometry.spacing_mm
            self.levels = preset_levels(preset, chosen[1], spacing, self.session.state.seed or 0)
        except SegrobustError as error:
            why = str(error)
        note = why or ('' if case is None else size_note(preset, case.shape))
        self.note.setText(note)
        self.note.setVisible(bool(note))
        for part in (self.preset, self.strip.frames):
            part.setToolTip(f'{preset.title}. {preset.note}\n{preset.source}')
        self.strip.frames.set_titles([title for title, _ in self.levels])
        self._mark()
        self._refresh()

    def _on_case(self, *_: object) -> None:
        """Another case is looked at before it is played."""
        self.strip.pause()
        self.sync()

    def shutdown(self) -> None:
        """Stop playing, and cut the connections."""
        self.strip.pause()
        self.links.close()

    def _withdraw(self) -> None:
        job, self._job = self._job, None
        if job is not None:
            self.session.jobs.withdraw(job)

    def _refresh(self, *_: object) -> None:
        """Make the frames anew where the slice, a model or what is measured is another."""
        state, case = self.session.state, self.session.case
        if not self.levels or case is None or state.plane is None or not self._has_models():
            return
        asked = (case, state.plane, state.lanes, state.label, state.reference, tuple(self.session.models), state.film)
        if asked == self._asked:
            return
        self._asked = asked
        self._withdraw()
        requests = [self.session.would_be(stack) for _, stack in self.levels]
        wanted = [request for request in requests if request is not None]
        self._job = FilmJob(self.session, wanted, self._show_frame, self._say)
        self.session.jobs.submit(self._job)

    def _has_models(self) -> bool:
        """Whether every network that is asked for has been read."""
        return all(lane.given or lane.model_id in self.session.models for lane in self.session.state.lanes)

    def _show_frame(self, number: int, picture: NDArray, value: float | None) -> None:
        self.strip.frames.set_frame(number, pixmap(picture, **self.explorer.painter.layers.shades()), value)

    def _fill(self, update: PlaneUpdate) -> None:
        """Take the frame that is played from the canvas: while it plays, no time is left for the job."""
        here = self.strip.frames.current
        if here is not None and update.request is self.session.current and self.strip.frames.is_empty(here):
            self._show_frame(here, small(update.image), dice_of(update))

    def _say(self, message: str) -> None:
        self.note.setText(message)
        self.note.setVisible(True)

    def _mark(self, *_: object) -> None:
        stack = self.session.state.stack
        here = next((number for number, (_, level) in enumerate(self.levels) if level == stack), None)
        self.strip.frames.set_current(here)

    def _is_seen(self) -> bool:
        plane = self.session.plane
        return plane is not None and plane.request is self.session.current

    def _choose(self, words: str) -> None:
        self._set(self.titles().get(words))

    def _set(self, film: tuple[str, str] | None) -> None:
        self.session.state.film = film

    def _go(self, number: int) -> None:
        self.session.state.set_stack(self.levels[number][1])
        if not self.strip.is_playing():
            self.session.history.commit()
