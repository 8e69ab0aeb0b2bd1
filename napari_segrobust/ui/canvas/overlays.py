"""What is written on the canvas: what was simulated, where the patient's sides are, what the colours mean."""

from __future__ import annotations

import re
import textwrap
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from napari.components.overlays import TextOverlay
from psygnal import EmitLoopError
from qtpy.QtCore import QTimer

from napari_segrobust.explore.titles import lane_titles
from napari_segrobust.perturb import simulated_lines, simulated_text
from napari_segrobust.perturb.masks import acts_on_image
from napari_segrobust.ui.canvas.burn import burn
from napari_segrobust.ui.canvas.colors import (
    CHANGE_CHIPS,
    CLASS_CHIPS,
    CORRECT_CHIP,
    DRIFT_CHIPS,
    ERROR_CHIPS,
    REFERENCE_CHIP,
    prediction_chip,
)
from napari_segrobust.ui.canvas.layer_set import IMAGE
from napari_segrobust.ui.canvas.signs import Signs
from napari_segrobust.ui.connections import Connections

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np
    from numpy.typing import NDArray

    from napari_segrobust.cases.case import Case
    from napari_segrobust.explore.session import Session
    from napari_segrobust.perturb import Perturbation
    from napari_segrobust.ui.canvas.colors import Chip
    from napari_segrobust.ui.canvas.painter import Painter, Shown

RESEARCH = 'Research use. Not a medical device.'
_SIMULATED = 'sr_simulated'
#: Of one simulated thing, and of several, each in a line of its own.
_TEXT_POINTS, _LINES_POINTS = 10, 7
#: Width of a letter of `_TEXT_POINTS`, in pixels, on the safe side.
_LETTER_PIXELS = 10.5
#: A space that `textwrap` does not break at, and where it stands.
_HARD = '\N{NO-BREAK SPACE}'
_TOGETHER = re.compile(r'(?<=seed) (?=\d)|(?<=severity) (?=\d)|(?<=\d) (?=(?:HU|mm|%|degrees|voxels|ms|dB)\b|%)')
#: Words that stay for this long are being read.
_REST_MS = 150
#: Cells of fewer pixels have no room for words beside a letter.
_NARROW_PIXELS = 500.0
#: Width of the legend, on the safe side.
_LEGEND_PIXELS = 240.0
#: An axis further than this from a patient axis is worth a word.
_OBLIQUE_DEGREES = 1.0


class Overlays:
    """Text on the canvas of one viewer. GUI thread.

    Parameters
    ----------
    viewer : napari.Viewer or ViewerModel
    session : Session
    painter : Painter

    Examples
    --------
    >>> overlays = Overlays(viewer, session, painter)  # doctest: +SKIP
    >>> picture = overlays.burnt(viewer.screenshot(canvas_only=True, flash=False))  # doctest: +SKIP
    >>> overlays.close()  # doctest: +SKIP
    """

    def __init__(self, viewer: Any, session: Session, painter: Painter) -> None:
        self._viewer = viewer
        self._session = session
        self._painter = painter
        self._had_scale_bar = viewer.canvas.overlays['scale_bar'].visible
        self._more_chips: dict[str, tuple[Chip, ...]] = {}
        self._simulated = TextOverlay(position='top_left', font_size=_TEXT_POINTS)
        viewer.canvas.overlays[_SIMULATED] = self._simulated
        # Words without a box cannot be read over every image: as soon as they rest, they have one.
        self._rest = QTimer()
        self._rest.setSingleShot(True)
        self._rest.setInterval(_REST_MS)
        self._rest.timeout.connect(self._give_box)
        #: Everything but what was simulated: that alone is napari's, so that it is on any screenshot.
        self.signs = Signs()
        self._links = Connections()
        dims, camera, canvas = viewer.dims.events, viewer.scene.camera.events, viewer.canvas
        for signal in (dims.order, dims.ndisplay, camera.orientation):
            self._links.add(signal, self._draw_letters)
        for signal in (canvas.events.size, canvas.grid.events):
            self._links.add(signal, self._draw_wrapped)
        for signal in (dims.ndisplay, painter.view_changed, session.state.events.label, session.state.events.lanes):
            self._links.add(signal, self._draw_legend)
        self._links.add(session.case_changed, self._on_case)
        self._links.add(painter.shown, self._on_shown)
        self._links.add(session.volume_ready, self._on_volume)
        self._on_case()

    def close(self) -> None:
        """Take the texts away and cut the connections. Idempotent."""
        self._links.close()
        self._rest.stop()
        self.signs.close()
        overlays = self._viewer.canvas.overlays
        # Where the window goes, its canvas is gone already: then there is nothing to give back.
        with suppress(RuntimeError, EmitLoopError):
            overlays.pop(_SIMULATED, None)
            overlays['scale_bar'].visible = self._had_scale_bar

    @property
    def text(self) -> str:
        """What was simulated on the painted image, in one line; empty for a clean one."""
        case = self._session.case
        return '' if case is None else self._noted(simulated_text(self._acting(case), *_units(case)))

    @property
    def lines(self) -> list[str]:
        """The same for the canvas: of several things each in a line of its own."""
        case = self._session.case
        words = [] if case is None else simulated_lines(self._acting(case), *_units(case))
        last = self._noted(words[-1] if words else '')
        return [*words[:-1], last] if last else words

    def _acting(self, case: Case) -> list[Perturbation]:
        """What is painted; noise of annotations does nothing where there is no reference."""
        return [entry for entry in self._painter.now.stack if case.references or acts_on_image(entry)]

    def _noted(self, words: str) -> str:
        """Add that it is A, or provisional."""
        shown = self._painter.now
        if shown.held and self._session.state.pin is not None:
            words = f'{words or "clean image"}. This is A'
        if shown.provisional:
            words = f'{words}. PROVISIONAL: {shown.provisional}'.removeprefix('. ')
        return words

    def burnt(self, picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """Return a picture of the canvas with its signs, and with `text` and the words on its use in a strip above."""
        ratio = picture.shape[1] / self._viewer.canvas.size[1]
        return burn(self.signs.stamped(picture, ratio), f'{self.text}. {RESEARCH}'.removeprefix('. '))

    # -- drawing --------------------------------------------------------------------------------------------

    def _on_case(self, *_: object) -> None:
        self._draw_wrapped()
        self._draw_legend()

    def _on_shown(self, _shown: Shown) -> None:
        # A box under words that change is a new shader with every picture, which costs as much as a layer.
        self._simulated.box = self._session.settled
        if not self._simulated.box:
            self._rest.start()
        self._draw_simulated()

    def _on_volume(self, _update: object) -> None:
        self._give_box()

    def _give_box(self) -> None:
        self._rest.stop()
        self._simulated.box = True

    def _draw_wrapped(self, *_: object) -> None:
        """Texts in corners are as wide as the way to the letters at the middle of the edges allows."""
        self.signs.follow_size()
        columns = self._viewer.canvas.grid.actual_shape(self._viewer.layers)[1]
        width = self._viewer.canvas.size[1]
        wide = max(12, int((width / columns / 2 - 3 * _LETTER_PIXELS) / _LETTER_PIXELS))
        self._crowded = columns > 1 and width / columns < _NARROW_PIXELS
        # Beside the lower letter of a narrow cell there is no room for the bar, and elsewhere it lies on the image.
        bar = self._viewer.canvas.overlays['scale_bar']
        bar.visible = self._session.case is not None and not self._crowded
        if self._crowded:
            # Too narrow for words beside a letter: the upper letters give way, the lower ones remain.
            self._simulated_columns = max(24, int((width - _LEGEND_PIXELS) / _LETTER_PIXELS))
        else:
            self._simulated_columns = wide
        self._draw_letters()
        self._draw_simulated()
        self._draw_notes()

    def _draw_simulated(self) -> None:
        lines = self.lines
        points = _TEXT_POINTS if len(lines) < 2 else _LINES_POINTS
        columns = self._simulated_columns * _TEXT_POINTS // points
        text = '\n'.join(_wrapped(line, columns, '  ' * (len(lines) > 1)) for line in lines)
        if self._simulated.font_size != points:
            self._simulated.font_size = points
        if text != self._simulated.text:
            _set(self._simulated, text)
            # Left alone, napari finds the place of a changed text inside a draw, and draws a second time for it.
            tiling = self._viewer.canvas.overlay_tiling
            tiling.events(tiling.events.top_left(value=tiling.top_left))

    def _draw_notes(self) -> None:
        case = self._session.case
        # The whole sentence stands in the panel, and on every picture that leaves.
        words = [RESEARCH.split('.')[0] if self._crowded else RESEARCH]
        if case is not None and not case.geometry.has_orientation:
            words.append('orientation unknown')
        elif case is not None and case.geometry.obliquity > _OBLIQUE_DEGREES:
            words.append(f'{case.geometry.obliquity:.0f} degrees oblique')
        self.signs.show_notes(words)

    def _draw_legend(self, *_: object) -> None:
        self.signs.show_legend(self._legend())

    def add_chips(self, owner: str, chips: tuple[Chip, ...]) -> None:
        """Add entries to the legend, in place of those that the same owner added before."""
        if chips != self._more_chips.get(owner, ()):
            self._more_chips[owner] = chips
            self._draw_legend()

    def _legend(self) -> list[Chip]:
        """Chips of the shown map, and of the outlines where one label is shown."""
        case, painter = self._session.case, self._painter
        if case is None:
            return []
        lanes, chips = self._session.state.lanes, []
        if lanes and painter.map == 'errors' and case.references:
            chips = [*ERROR_CHIPS, *([CORRECT_CHIP] if painter.masks == 'none' else [])]
        elif lanes and painter.map == 'change':
            chips = [*(CHANGE_CHIPS if case.references else DRIFT_CHIPS)]
        if len(painter.label_values()) < 2:
            chips = [chip for chip in chips if chip not in CLASS_CHIPS]
        if self._session.state.label is not None and self._viewer.dims.ndisplay == 2:
            cells = painter.cells
            # Lanes side by side have their names below them.
            if lanes and painter.masks in ('prediction', 'both') and cells.beside != 'lanes':
                chips.append(prediction_chip(cells.lane, lane_titles(self._session)))
            chips += [REFERENCE_CHIP] if painter.masks in ('reference', 'both') and case.references else []
        return [*chips, *(chip for more in self._more_chips.values() for chip in more)]

    def _draw_letters(self, *_: object) -> None:
        self.signs.show_letters(self._edge_letters(), self._viewer.canvas.grid.actual_shape(self._viewer.layers))

    def _edge_letters(self) -> tuple[str, str, str, str] | None:
        """Letters at the top, bottom, left and right edge; None in 3D or without known orientation."""
        case, dims = self._session.case, self._viewer.dims
        if case is None or case.geometry.letters is None or dims.ndisplay != 2:
            return None
        offset = dims.ndim - case.ndim
        if min(dims.displayed) < offset:
            return None
        row, column = (axis - offset for axis in dims.displayed)
        down, right = self._viewer.scene.camera.orientation2d
        top, bottom = self._ends(row, down == 'down')
        top = '' if self._crowded else top
        left, right_letter = self._ends(column, right == 'right')
        return top, bottom, left, right_letter

    def _ends(self, axis: int, along: bool) -> tuple[str, str]:
        """Letters at the start and end of an axis as it runs on the canvas."""
        start, end = self._session.case.geometry.letters[axis]
        layers = self._painter.layers
        if layers is not None and (IMAGE, 0) in layers:
            scale = layers.get(IMAGE, 0, '').scale
            along = along == (scale[axis] > 0)
        return (start, end) if along else (end, start)


def _units(case: Case) -> tuple[tuple[float, float], str | None, str, Callable[[int], str]]:
    """Intensity range, unit of intensities, unit of lengths, names of labels."""
    unit, length = 'HU' if case.in_hounsfield else None, 'mm' if case.geometry.has_spacing else 'voxels'
    return case.intensity_range, unit, length, case.label_name


def _wrapped(line: str, columns: int, indent: str) -> str:
    """Break a line where it is too long, but never between a number and its unit, or the word for it."""
    held = _TOGETHER.sub(_HARD, line)
    return textwrap.fill(held, columns, subsequent_indent=indent).replace(_HARD, ' ')


def _set(overlay: TextOverlay, text: str) -> None:
    """Write, or hide where there is nothing to write; an unchanged text costs nothing."""
    if overlay.text != text:
        overlay.text = text
    if overlay.visible != bool(text):
        overlay.visible = bool(text)
