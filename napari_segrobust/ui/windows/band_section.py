"""The foreground fractions that a model was trained on: a band behind the dots, and a flag for windows outside it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from qtpy.QtCore import Signal
from qtpy.QtWidgets import QFileDialog

from napari_segrobust.digits import three_digits
from napari_segrobust.errors import SegrobustError
from napari_segrobust.papers.kamath2022 import QUANTILES, SOURCE, TRAINING_FRACTIONS, WINDOWS, reference_curve
from napari_segrobust.ui.connections import Connections
from napari_segrobust.ui.sections.base import button, line, quiet
from napari_segrobust.ui.widgets.controls import Combo, buddy, named
from napari_segrobust.ui.widgets.section import Section
from napari_segrobust.windows import band_of_quantiles, read_band

if TYPE_CHECKING:
    from napari_segrobust.papers.source import ReferenceCurve
    from napari_segrobust.ui.app import Explorer
    from napari_segrobust.ui.widgets.palette import Palette
    from napari_segrobust.windows import BandPlace, Sampling, TrainingBand

#: With attention or without, the training windows were alike: one network stands for all.
MODEL = 'unet'
UNPUBLISHED = 'none'
#: Words to (data set, window).
PUBLISHED = {
    f'{words}, U-Net, window {window}': (dataset, window)
    for dataset, words in (('spleen', 'spleen CT'), ('spheres', 'spheres'))
    for window in WINDOWS
}


class BandSection(Section):
    """Holds a training band.

    Parameters
    ----------
    explorer : Explorer
    palette : Palette
    """

    changed = Signal()

    def __init__(self, explorer: Explorer, palette: Palette) -> None:
        super().__init__('Training band', palette=palette)
        self._explorer = explorer
        self.band: TrainingBand | None = None
        words = 'A CSV with one column, the fraction of every training window, or two: quantile, fraction'
        self.open = button('Load CSV ...', words, self._ask)
        self.drop = button('None', 'Take the band away', self.clear)
        words = (
            f'{SOURCE.short}: fractions of the training windows of its U-Net; Dice over the fraction of whole volumes'
        )
        self.published = named(Combo(), 'Published training', words)
        self.published.set_items([UNPUBLISHED, *PUBLISHED], UNPUBLISHED)
        self.published.currentTextChanged.connect(self._take_published)
        #: The published course of Dice over foreground fraction; None where the band is somebody's own.
        self.course: ReferenceCurve | None = None
        self.said = quiet()
        self.flag = quiet()
        self.body.addWidget(line((self.open, 1), self.drop))
        self.body.addWidget(line(buddy('published', self.published), (self.published, 1)))
        self.body.addWidget(self.said)
        self.body.addWidget(self.flag)
        lab = explorer.windows
        self._links = Connections()
        for signal in (lab.changed, lab.selected_changed, lab.hovered_changed):
            self._links.add(signal, self._show_flag)
        self._show('')

    def shutdown(self) -> None:
        """Cut the connections. Idempotent."""
        self._links.close()

    def load(self, path: Path) -> bool:
        """Read a band from a file; False, and why in words, where it holds none."""
        try:
            self.band = read_band(path)
        except SegrobustError as error:
            self._show(str(error))
            return False
        self._own()
        return True

    def take(self, sampling: Sampling) -> None:
        """Take the band of a simulated sampling."""
        self.band = sampling.band('this case, simulated')
        self._own()

    def clear(self) -> None:
        """Take the band away."""
        self.band = None
        self._own()

    def _own(self) -> None:
        """Show a band that is not the published one."""
        self.course = None
        self.published.set_items([UNPUBLISHED, *PUBLISHED], UNPUBLISHED)
        self._show('')

    def _take_published(self, words: str) -> None:
        if words == UNPUBLISHED:
            if self.course is not None:
                self.clear()
            return
        dataset, window = PUBLISHED[words]
        found = TRAINING_FRACTIONS[dataset, MODEL, window]
        quantiles = dict(zip(QUANTILES, found.quantiles, strict=True))
        source = f'Kamath 2022, {words}'
        self.band = band_of_quantiles(quantiles, found.empty_share, (window,) * 3, found.windows, source)
        self.course = reference_curve(dataset, MODEL, window)
        self._show('')

    def place(self, index: int) -> BandPlace | None:
        """Where a window lies in the band; None without one."""
        found = self._explorer.windows.found
        if self.band is None or found is None:
            return None
        table = found.table
        size = tuple(int(b - a) for a, b in zip(table.starts[index], table.stops[index], strict=True))
        return self.band.place(float(table.fraction[index]), size)

    def _show(self, complaint: str) -> None:
        band = self.band
        self.drop.setEnabled(band is not None)
        words = complaint
        if not complaint and band is not None:
            low, high = (three_digits(100 * end) for end in band.central)
            size = 'size not given' if band.window is None else ' x '.join(map(str, band.window))
            words = (
                f'{band.source}, {size}: {low} to {high} % foreground in the middle 90 % of the windows with any; '
                f'{three_digits(100 * band.empty_share)} % of all were empty'
            )
        elif not complaint:
            words = 'Fractions of the training windows: load them, or use a simulated sampling.'
        self.said.setText(words)
        self.set_summary('' if band is None else band.source)
        self._show_flag()
        self.changed.emit()

    def _show_flag(self, *_: object) -> None:
        """Say where the window that is meant lies."""
        lab = self._explorer.windows
        meant = lab.selected if lab.hovered is None else lab.hovered
        known = meant is not None and lab.found is not None and not lab.is_pending
        place = self.place(meant) if known else None
        proxy = ' (proxy: of the prediction)' if place is not None and lab.found.table.is_proxy else ''
        self.flag.setText('' if place is None else f'window {meant + 1}: {place.words}{proxy}')
        self.flag.setVisible(bool(self.flag.text()))

    def _ask(self) -> None:
        path, _ = QFileDialog.getOpenFileName(self, 'Fractions of training windows', '', 'CSV (*.csv *.txt)')
        if path:
            self.load(Path(path))
