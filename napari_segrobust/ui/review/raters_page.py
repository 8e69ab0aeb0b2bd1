"""Raters in: who they are, what they mean, where they looked, and what stands in the way of any number."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from qtpy.QtCore import Qt
from qtpy.QtWidgets import QFileDialog, QFrame, QHBoxLayout, QScrollArea, QVBoxLayout, QWidget

from napari_segrobust.cases.roles import Role
from napari_segrobust.compare import ErrorCode
from napari_segrobust.explore.picture import PALE, error_picture
from napari_segrobust.ui.canvas.colors import BLUE, GREY, ORANGE, Chip, code_colormap
from napari_segrobust.ui.review.gate_lines import GateLines
from napari_segrobust.ui.review.gate_words import gate_lines
from napari_segrobust.ui.review.looked_form import LookedForm
from napari_segrobust.ui.review.map_layer import MapLayer
from napari_segrobust.ui.review.page import PageSpec, ReviewPage
from napari_segrobust.ui.review.rater_rows import EVERYWHERE, box_of, looked_words, rows_of, spans_of
from napari_segrobust.ui.review.rater_table import FROM_TO, RaterTable
from napari_segrobust.ui.sections.base import button, quiet

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from napari_segrobust.cases import Case
    from napari_segrobust.ui.app import Explorer
    from napari_segrobust.ui.widgets.palette import Palette

HINT = 'Two or more masks of one image: add files, a folder, or layers of the viewer.'
BLINDED = 'Names are hidden while people are blinded.'
_COLORS = {ErrorCode.TRUE_POSITIVE: GREY, ErrorCode.FALSE_POSITIVE: ORANGE, ErrorCode.FALSE_NEGATIVE: BLUE}


class RatersPage(ReviewPage):
    """Table of the raters under what the gate found."""

    def __init__(self, explorer: Explorer, palette: Palette) -> None:
        super().__init__(explorer, palette)
        self.opener = explorer.opener
        self.gate, self.table, self.form = GateLines(palette), RaterTable(palette), LookedForm()
        self.hint = quiet(HINT)
        self.map = MapLayer(explorer, 'rater against the others')
        self.add_files = button('Add masks ...', 'Files of raters; each becomes one', self._ask_files)
        self.add_folder = button('Add folder ...', 'Every mask in a folder becomes a rater', self._ask_folder)
        self.add_volume = button('Add a volume', 'A rater who gave a volume in ml and no mask', self._add_volume)
        words = 'References and predictions become raters, too'
        self.all_raters = button('All masks are raters', words, self._all_are_raters)
        #: Voxels of every value, and the mask that they were counted in.
        self._counts: dict[str, dict[int, int]] = {}
        self._counted: dict[str, NDArray[Any]] = {}
        #: Where a rater looked, and its words.
        self._seen: dict[str, tuple[NDArray[Any], str]] = {}
        self._dismissed: set[str] = set()
        self._in_form: str | None = None
        self._lay_out()
        self._connect()

    def _lay_out(self) -> None:
        content = QWidget()
        column = QVBoxLayout(content)
        column.setContentsMargins(0, 2, 0, 2)
        column.setSpacing(4)
        for part in (self.gate, self.hint, self.table):
            column.addWidget(part)
        column.addStretch(1)
        scroll = QScrollArea()
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        scroll.setWidgetResizable(True)
        scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        scroll.setAccessibleName('Raters')
        scroll.setWidget(content)
        ways_in = QVBoxLayout()
        ways_in.setSpacing(2)
        for way in (self.add_files, self.add_folder, self.add_volume, self.all_raters):
            ways_in.addWidget(way)
        ways_in.addStretch(1)
        upper = QHBoxLayout()
        upper.setSpacing(6)
        upper.addWidget(scroll, 1)
        upper.addLayout(ways_in)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 2, 0, 0)
        layout.setSpacing(2)
        layout.addLayout(upper, 1)
        layout.addWidget(self.form)
        self.form.hide()

    def _connect(self) -> None:
        review, table = self.review, self.table
        self.links.add(self.opener.changed, self.sync)
        self.links.add(self.session.case_changed, self._on_case)
        table.included.connect(self._include)
        table.renamed.connect(self._rename)
        table.label_chosen.connect(lambda name, value: review.change(labels={**review.settings.labels, name: value}))
        table.reading_chosen.connect(self._read_by)
        table.looked_chosen.connect(self._look)
        table.volume_said.connect(lambda name, ml: review.change(volumes_ml={**review.settings.volumes_ml, name: ml}))
        self.form.changed.connect(self._look_from_to)
        self.form.done.connect(lambda: self._ask_spans(None))

    # -- showing --------------------------------------------------------------------------------------------------

    def sync(self, *_: object) -> None:
        """Show the raters, and what the gate found."""
        if not self.isVisible():
            return
        case, review = self.review.case, self.review
        blinded = review.blinding is not None
        self.hint.setText(BLINDED if blinded else HINT)
        self.hint.setVisible(blinded or len(review.candidates) < 2)
        self.table.setVisible(not blinded)
        self.gate.set_lines(
            [] if blinded else gate_lines(review, self.opener, self.show_rater, self._dismissed, self._dismiss)
        )
        for way in (self.add_files, self.add_folder, self.add_volume, self.all_raters):
            way.setEnabled(not blinded and (case is not None or way is not self.add_volume))
        masks = () if case is None else (*case.references, *case.predictions)
        self.all_raters.setVisible(len(masks) > 1 and set(masks) != set(review.candidates))
        if case is not None:
            self._count()
        self.table.set_rows(rows_of(review, self._counts, self._looked()), list(self._areas()))

    def _areas(self) -> dict[str, NDArray[Any]]:
        """Masks that may say where somebody looked: those of the case that are no raters', and layers of labels."""
        case = self.review.case
        if case is None:
            return {}
        found = {**case.predictions, **case.references}
        layers = {layer.name: layer.data for layer in self.opener.loose_masks if np.shape(layer.data) == case.shape}
        return {**{name: mask for name, mask in found.items() if name not in self.review.candidates}, **layers}

    def hidden(self) -> None:
        """Take the map away."""
        self.map.hide()

    def shutdown(self) -> None:
        """Cut the connections, and take the map away. Idempotent."""
        super().shutdown()
        self.map.close()

    def _on_case(self, case: Case) -> None:
        """Keep nothing of masks that are gone."""
        kept = {name: mask for name, mask in self._counted.items() if case.references.get(name) is mask}
        self._counts = {name: counts for name, counts in self._counts.items() if name in kept}
        self._counted, self._seen, self._in_form = kept, {}, None
        self.form.hide()

    def _count(self) -> None:
        """Count the voxels of every value of every mask, once, in the file thread."""
        for name in self.review.candidates:
            mask = self.review.case.references[name]
            if self._counted.get(name) is not mask:
                self._counted[name] = mask
                self._counts.pop(name, None)
                take = self.links.until_cut(partial(self._take_counts, name, mask))
                self.session.load(partial(_counts, mask), take, quiet=True)

    def _take_counts(self, name: str, mask: NDArray[Any], counts: dict[int, int]) -> None:
        if self._counted.get(name) is mask:
            self._counts[name] = counts
            self.sync()

    def _looked(self) -> dict[str, str]:
        """Where raters looked, in words: found once for each array."""
        for name, looked in self.review.settings.looked.items():
            if name not in self._seen or self._seen[name][0] is not looked:
                self._seen[name] = looked, looked_words(looked)
        return {name: self._seen[name][1] for name in self.review.settings.looked}

    # -- on the canvas --------------------------------------------------------------------------------------------

    def show_rater(self, name: str) -> None:
        """Draw a rater against what most of the others drew, on the slice where they differ most."""
        case, review = self.review.case, self.review
        if case is None:
            return
        values = {n: review.settings.labels.get(n, review.label) for n in review.names}
        owner = review.settings.sessions
        others = [case.references[n] == values[n] for n in values if n != name and n not in owner]
        job = partial(_against, case.references[name] == values[name], others)
        self.session.load(job, self.links.until_cut(partial(self._draw, case, name)), quiet=True)

    def _draw(self, case: Case, name: str, drawn: tuple[NDArray[np.uint8], int]) -> None:
        if self.review.case is not case or not self.isVisible():
            return
        picture, index = drawn
        title = self.review.title(name)
        words = {
            ErrorCode.TRUE_POSITIVE: 'both',
            ErrorCode.FALSE_POSITIVE: f'{title} alone',
            ErrorCode.FALSE_NEGATIVE: 'most others alone',
        }
        chips = tuple(Chip(_COLORS[code], word, sign) for (code, word), sign in zip(words.items(), '▢▨▣', strict=True))
        codes = {int(code) + shade: word for shade in (0, PALE) for code, word in words.items()}
        self.map.show_codes(picture, code_colormap(_COLORS), {0: 'nobody', **codes}, chips)
        if case.ndim == 3:
            dims = self.explorer.viewer.dims
            dims.set_current_step(dims.ndim - 3, index)

    # -- acting ---------------------------------------------------------------------------------------------------

    def _ask_files(self) -> None:
        paths, _ = QFileDialog.getOpenFileNames(self, 'Add masks of raters')
        if paths:
            self.opener.add_raters(paths)

    def _ask_folder(self) -> None:
        path = QFileDialog.getExistingDirectory(self, 'Add the masks of a folder')
        if path:
            self.opener.add_raters([Path(path)])

    def _all_are_raters(self) -> None:
        source = self.opener.source
        if source is not None:
            self.opener.set_roles(
                {key: role if role == Role.IMAGE else Role.RATER for key, role in source.roles.items()}
            )

    def _add_volume(self) -> None:
        known = {*self.review.candidates, *self.review.settings.volumes_ml}
        name = next(f'volume {n}' for n in range(1, len(known) + 2) if f'volume {n}' not in known)
        self.review.change(volumes_ml={**self.review.settings.volumes_ml, name: 0.0})

    def _include(self, name: str, on: bool) -> None:
        settings = self.review.settings
        if name in settings.volumes_ml:
            rest = {key: ml for key, ml in settings.volumes_ml.items() if key != name}
            self.review.change(volumes_ml=rest)
        else:
            self.review.change(left_out=settings.left_out - {name} if on else settings.left_out | {name})

    def _rename(self, name: str, new: str) -> None:
        settings = self.review.settings
        if name in settings.volumes_ml:
            free = bool(new) and new not in settings.volumes_ml and new not in self.review.candidates
            self.review.change(volumes_ml=settings.renamed({name: new}).volumes_ml if free else settings.volumes_ml)
        else:
            self.review.rename({name: new})

    def _read_by(self, name: str, first: str) -> None:
        sessions = {key: rater for key, rater in self.review.settings.sessions.items() if key != name}
        if first:
            sessions[name] = sessions.get(first, first)
            # Who was read again by this one is read again by the other.
            sessions = {key: first if rater == name else rater for key, rater in sessions.items() if key != rater}
        self.review.change(sessions=sessions)

    def _dismiss(self, question: str) -> None:
        self._dismissed.add(question)
        self.sync()

    def _look(self, name: str, choice: str) -> None:
        """Take where a rater looked: everywhere, where a mask is drawn, or ask for numbers."""
        case, looked = self.review.case, dict(self.review.settings.looked)
        if case is None:
            return
        self._ask_spans(name if choice == FROM_TO else None)
        if choice == FROM_TO:
            self.sync()
            return
        looked.pop(name, None)
        if choice != EVERYWHERE:
            looked[name] = np.asarray(self._areas()[choice], bool)
        self.review.change(looked=looked)

    def _ask_spans(self, name: str | None) -> None:
        """Show the line of numbers for a rater, or close it."""
        case, self._in_form = self.review.case, name
        self.form.setVisible(name is not None)
        if name is None or case is None:
            return
        looked = self.review.settings.looked.get(name)
        spans = None if looked is None else spans_of(looked)
        self.form.show_spans(name, spans or [(0, n - 1) for n in case.shape], case.shape)

    def _look_from_to(self, spans: tuple[tuple[int, int], ...]) -> None:
        case = self.review.case
        if case is not None and self._in_form is not None:
            looked = {**self.review.settings.looked, self._in_form: box_of(spans, case.shape)}
            self.review.change(looked=looked)


def _counts(mask: NDArray[Any]) -> dict[int, int]:
    """Voxels of every value that occurs."""
    counts = np.bincount(mask.ravel())
    return {int(value): int(counts[value]) for value in np.flatnonzero(counts)}


def _against(mine: NDArray[np.bool_], others: list[NDArray[np.bool_]]) -> tuple[NDArray[np.uint8], int]:
    """Picture of a mask against what more than half of the others have, and the slice where they differ most.

    Of two others, what either has.
    """
    votes = np.sum(others, axis=0, dtype=np.uint8)
    most = 2 * votes > len(others) if len(others) != 2 else votes > 0
    codes = np.zeros(mine.shape, np.uint8)
    codes[mine & most] = ErrorCode.TRUE_POSITIVE
    codes[mine & ~most] = ErrorCode.FALSE_POSITIVE
    codes[~mine & most] = ErrorCode.FALSE_NEGATIVE
    return error_picture(codes), int(np.count_nonzero(mine != most, axis=tuple(range(1, mine.ndim))).argmax())


PAGE = PageSpec(10, 'Raters', 'Who they are, what they mean, and what stands in the way of any number', RatersPage)
