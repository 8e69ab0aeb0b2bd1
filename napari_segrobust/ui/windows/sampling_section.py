"""What a training on this case would see: window size and positive-to-negative ratio against the foreground in it."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import numpy as np
from qtpy.QtCore import Signal

from napari_segrobust.digits import three_digits
from napari_segrobust.errors import SegrobustError
from napari_segrobust.ui.connections import Connections
from napari_segrobust.ui.sections.base import button, line, quiet
from napari_segrobust.ui.widgets.section import Section
from napari_segrobust.ui.widgets.slider import SliderRow
from napari_segrobust.ui.windows.bars import Bars
from napari_segrobust.windows import window_sampling

if TYPE_CHECKING:
    from napari_segrobust.ui.app import Explorer
    from napari_segrobust.ui.widgets.palette import Palette
    from napari_segrobust.windows import Sampling

_BINS = 24
#: Exact counts over every centre of a whole volume take seconds: a thread of its own would not make them quicker.
_LONGEST = 128


class SamplingSection(Section):
    """Simulates MONAI's ``RandCropByPosNegLabel`` on the reference of the open case, exactly.

    Parameters
    ----------
    explorer : Explorer
    palette : Palette
    """

    #: A `Sampling` that is to be the training band.
    band_asked = Signal(object)

    def __init__(self, explorer: Explorer, palette: Palette) -> None:
        super().__init__('Sampling for a training', palette=palette)
        self._explorer, self._session = explorer, explorer.session
        self._busy = self._again = False
        self._asked: tuple[object, ...] | None = None
        self.sampling: Sampling | None = None
        words = 'Edge of the random windows, in voxels; an axis that is shorter is taken whole'
        self.edge = SliderRow('window', 8, _LONGEST, 8, tooltip=words, palette=palette)
        self.edge.set_value(64)
        words = 'Share of the windows whose centre is drawn from the foreground: pos / (pos + neg)'
        self.share = SliderRow('positive', 0.0, 1.0, 0.05, tooltip=words, palette=palette)
        self.share.set_value(0.5)
        self.bars = Bars(palette=palette)
        self.said = quiet()
        words = 'Mark the middle 90 % of these fractions in the plot, and flag windows outside'
        self.use = button('Use as training band', words, self._use)
        self.body.addWidget(self.edge)
        self.body.addWidget(self.share)
        self.body.addWidget(self.bars)
        self.body.addWidget(line((self.said, 1), self.use))
        self.edge.value_changed.connect(self.sync)
        self.share.value_changed.connect(self.sync)
        self.unfolded_changed.connect(self.sync)
        self._links = Connections()
        for signal in (self._session.volume_ready, self._session.state.events.label, explorer.windows.changed):
            self._links.add(signal, self.sync)
        self._links.add(self._session.case_changed, self.sync)
        self.sync()

    def shutdown(self) -> None:
        """Cut the connections. Idempotent."""
        self._links.close()

    def sync(self, *_: object) -> None:
        """Count again where something else is asked for; while one count runs, only the newest waits."""
        asked = self._wanted()
        if asked == self._asked or not self.isVisible():
            return
        if self._busy:
            self._again = True
            return
        self._asked = asked
        self.use.setEnabled(False)
        self.sampling = None
        if asked is None:
            self.bars.set_words('A reference is needed: it says where the foreground is.')
            self.said.setText('')
            return
        _, name, label, window, share = asked
        mask = self._session.case.references[name]
        self._busy = True
        take = self._links.until_cut(partial(self._take, asked))
        self._session.load(lambda: _count(mask, window, share, label), take, quiet=True)

    def showEvent(self, event: object) -> None:
        """Catch up with what came while it was hidden."""
        super().showEvent(event)
        self.sync()

    def _wanted(self) -> tuple[object, ...] | None:
        case, state = self._session.case, self._session.state
        if case is None or not case.references:
            return None
        name = state.reference if state.reference in case.references else next(iter(case.references))
        edge, walk = round(self.edge.value()), self._explorer.windows.walk
        flat = None
        if case.ndim == 3 and walk is not None and walk.model is not None and walk.model.spec.dimensions == 2:
            flat = walk.model.spec.slice_axis or 0
        window = tuple(1 if axis == flat else min(edge, n) for axis, n in enumerate(case.shape))
        return case.mask_key(name), name, state.label, window, round(self.share.value(), 3)

    def _take(self, asked: tuple[object, ...], found: Sampling | SegrobustError) -> None:
        self._busy = False
        if self._again:
            self._again = False
            self.sync()
            return
        if asked != self._wanted():
            self._asked = None
            self.sync()
            return
        if isinstance(found, SegrobustError):
            self.bars.set_words(str(found))
            self.said.setText('')
            return
        self.sampling = found
        fractions = found.fractions[found.voxels > 0]
        top = float(fractions.max()) if len(fractions) else 1.0
        edges = np.linspace(0.0, top, _BINS + 1)
        filled = found.voxels > 0
        shares = np.histogram(found.fractions[filled], edges, weights=found.probability[filled])[0]
        self.bars.set_bars(edges, shares, found.empty_share)
        size = ' x '.join(str(n) for n in found.window)
        words = f'{size}: {three_digits(100 * found.empty_share)} % empty, mean {three_digits(100 * found.mean)} %'
        self.said.setText(words)
        self.set_summary(words)
        self.use.setEnabled(bool(filled.any()))

    def _use(self) -> None:
        if self.sampling is not None:
            self.band_asked.emit(self.sampling)


def _count(mask: object, window: tuple[int, ...], share: float, label: int | None) -> Sampling | SegrobustError:
    """Count over every centre. File thread."""
    try:
        return window_sampling(mask, window, (share, 1 - share), label)
    except SegrobustError as error:
        return error
