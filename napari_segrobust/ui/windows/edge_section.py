"""Seams, coverage, and errors against the distance to the nearest edge of the window."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from napari_segrobust.digits import three_digits
from napari_segrobust.ui.connections import Connections
from napari_segrobust.ui.sections.base import button, line, quiet
from napari_segrobust.ui.widgets.controls import Combo, buddy, named
from napari_segrobust.ui.widgets.curve import Curve
from napari_segrobust.ui.widgets.curve_data import Series, XAxis, nice_axis
from napari_segrobust.ui.widgets.section import Section
from napari_segrobust.ui.windows.fold_picture import FoldPicture
from napari_segrobust.windows.coverage import coverage_along

if TYPE_CHECKING:
    from napari_segrobust.ui.app import Explorer
    from napari_segrobust.ui.widgets.palette import Palette
    from napari_segrobust.windows import EdgeProfile, WindowPlan

#: Seconds that are worth a word.
_LONG = 2.0
_MAPS = {'no map': 'none', 'seams': 'seams', 'coverage': 'coverage'}
_OF = ('one window alone', 'all together')
_RATES = {'errors': 'error', 'missed': 'missed', 'extra': 'extra'}


class EdgeSection(Section):
    """Bound to the `looking` of an explorer.

    Parameters
    ----------
    explorer : Explorer
    palette : Palette
    """

    def __init__(self, explorer: Explorer, palette: Palette) -> None:
        super().__init__('Seams and edges', palette=palette)
        self._explorer = explorer
        words = 'Run the network on every window by itself; those of the shown slice come first'
        self.look = button('Look through all', words, self._look)
        self.stop = button('Stop', 'What is known stays', explorer.looking.stop)
        words = 'Over the image: standard deviation among overlapping windows, or how many windows see a voxel'
        self.map = named(Combo(), 'Map of the windows', words)
        self.rate = named(Combo(), 'Which errors', 'Extra and missed voxels over all voxels, or one kind over its own')
        self.rate.set_items(list(_RATES), 'errors')
        self.said = quiet()
        self.curve = Curve(palette=palette)
        self.curve.setFixedHeight(178)
        self.body.addWidget(line((self.look, 1), self.stop, buddy('map', self.map), (self.map, 1)))
        self.body.addWidget(self.said)
        self.body.addWidget(line(buddy('against distance', self.rate), (self.rate, 1)))
        self.body.addWidget(self.curve)
        self.fold = FoldPicture(palette=palette)
        self.body.addWidget(self.fold)
        self.map.currentTextChanged.connect(self._show_map)
        self.rate.currentTextChanged.connect(self.sync)
        self._links = Connections()
        for signal in (explorer.looking.changed, explorer.windows.changed, explorer.session.status_changed):
            self._links.add(signal, self.sync)
        self.sync()

    def shutdown(self) -> None:
        """Cut the connections. Idempotent."""
        self._links.close()

    def sync(self, *_: object) -> None:
        """Show what is known."""
        looking, lab = self._explorer.looking, self._explorer.windows
        looked = looking.looked
        done = looked is not None and looked.whole is not None
        self.look.setEnabled(looking.is_ready and not looking.is_busy and not done)
        self.look.setText('Look through all' if lab.layout is None else f'Look through {len(lab.layout):,}')
        self.stop.setVisible(looking.is_busy)
        kind = self._explorer.window_map.kind
        self.map.set_items(list(_MAPS), next(words for words, name in _MAPS.items() if name == kind))
        self.said.setText(self._words())
        profiles = [] if looked is None or looked.alone is None else [looked.alone, looked.stitched]
        self._plot(profiles)
        self.set_summary('' if looked is None else f'{looked.done:,} of {looked.total:,} windows')

    def _words(self) -> str:
        looking, lab = self._explorer.looking, self._explorer.windows
        words = [] if lab.layout is None else [coverage_words(lab.layout.plan)]
        looked = looking.looked
        if looking.message:
            words.append(looking.message)
        elif looking.is_busy:
            done = 0 if looked is None else looked.done
            words.append(f'{done:,} of {len(lab.layout):,} asked')
        elif looked is None and looking.is_ready:
            words += self._expected()
        if looked is not None:
            words.append(f'mean SD where windows overlap {three_digits(looked.mean)}')
        return '. '.join(words)

    def _expected(self) -> list[str]:
        """How long it will take, where that is worth a word: as long as the live loop took for the same windows."""
        volume = self._explorer.session.volume
        seconds = 0.0 if volume is None else volume.ms / 1000
        return [f'looking takes about {seconds:.0f} s'] if seconds >= _LONG else []

    def _plot(self, profiles: list[EdgeProfile]) -> None:
        which = _RATES[self.rate.currentText()]
        self.fold.set_folds([(name, profile.fold_plane(which)) for name, profile in zip(_OF, profiles, strict=False)])
        series = []
        for lane, (name, profile) in enumerate(zip(_OF, profiles, strict=False)):
            rates, (low, high) = profile.rate(which), profile.interval(which)
            known = np.isfinite(rates)
            x = profile.centres
            points = tuple((float(a), 100 * float(b)) for a, b in zip(x[known], rates[known], strict=True))
            spans = np.isfinite(low) & known
            band = tuple(
                (float(a), 100 * float(b), 100 * float(c))
                for a, b, c in zip(x[spans], low[spans], high[spans], strict=True)
            )
            series.append(Series(name, lane, points, None, band, band_title='95 %'))
        unit = profiles[0].unit if profiles else 'mm'
        far = float(profiles[0].edges[-1]) if profiles else 1.0
        along = XAxis(f'distance to the edge ({unit})', nice_axis([0.0, far]))
        empty = 'Errors by their distance to the edge of the window appear here once all windows were asked.'
        if profiles == [] and self._explorer.windows.found is not None and self._explorer.windows.found.table.is_proxy:
            empty = 'There is no reference, so no errors.'
        title = next(words for words, name in _RATES.items() if name == which)
        self.curve.set_series(series, title=title, unit='%', along=along, empty=empty)

    def _look(self) -> None:
        self._explorer.looking.start()

    def _show_map(self, words: str) -> None:
        self._explorer.window_map.show(_MAPS[words])


def coverage_words(plan: WindowPlan) -> str:
    """How many windows see a voxel; every one in the box is seen by at least one, which is asserted.

    Raises
    ------
    AssertionError
        A voxel of the context box has no window.
    """
    least = most = 1
    for axis, (lo, hi) in enumerate(plan.box):
        counts = coverage_along(plan, axis)[lo:hi]
        least, most = least * int(counts.min()), most * int(counts.max())
    if least == most:
        return f'every voxel is seen by {most} window{"s" if most > 1 else ""}'
    return f'every voxel is seen by {least} to {most} windows'
