"""What the chosen window alone predicts, against what all windows say together."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from napari.layers import Labels
from psygnal import Signal

from napari_segrobust.digits import three_digits
from napari_segrobust.explore.picture import change_picture
from napari_segrobust.ui.canvas.colors import BLUE, CHANGE_COLORS, DRIFT_COLORS, ORANGE, Chip, code_colormap
from napari_segrobust.ui.canvas.layer_set import IMAGE, PREFIX, Placement
from napari_segrobust.ui.connections import Connections
from napari_segrobust.ui.windows.jobs import AloneFound, AloneJob

if TYPE_CHECKING:
    from napari_segrobust.compare import MetricValue
    from napari_segrobust.ui.app import Explorer

NAME = f'{PREFIX}window alone against all'
_AGAINST_REFERENCE = (Chip(ORANGE, 'alone: newly wrong', '▨'), Chip(BLUE, 'alone: newly right', '▣'))
_WITHOUT = (Chip(BLUE, 'alone: gained', '▣'), Chip(ORANGE, 'alone: lost', '▨'))


class AloneLayer:
    """Runs the network on the chosen window and paints how it differs from the stitched prediction. GUI thread.

    Parameters
    ----------
    explorer : Explorer
        With its `windows`.

    Notes
    -----
    What belongs to another window, lane or state is taken away at once.
    """

    #: What is painted: an `AloneFound`; words where there is nothing, "" while nothing is asked.
    changed: ClassVar[Signal] = Signal()

    def __init__(self, explorer: Explorer) -> None:
        self._explorer, self._viewer, self._session = explorer, explorer.viewer, explorer.session
        self._lab = explorer.windows
        self._layer: Labels | None = None
        self._job: AloneJob | None = None
        self._key: tuple[object, ...] | None = None
        self.found: AloneFound | None = None
        self.message = ''
        self._links = Connections()
        self._links.add(self._lab.selected_changed, self._follow)
        self._links.add(self._lab.changed, self._follow)
        self._links.add(self._session.jobs.changed, self._on_jobs)
        self._links.add(self._session.case_changed, self._take_away, priority=1)
        self._links.add(self._viewer.layers.events.removed, self._on_removed)

    def close(self) -> None:
        """Take the layer away and cut the connections. Idempotent."""
        self._links.close()
        self._take_away()

    @property
    def is_busy(self) -> bool:
        """Whether the network is being asked."""
        return self._job is not None

    def _follow(self, *_: object) -> None:
        lab = self._lab
        known = lab.selected is not None and lab.found is not None and not lab.is_pending
        key = (lab.selected, lab.found.key) if known else None
        if key == self._key:
            return
        self._take_away()
        self._key = key
        if key is not None:
            _, view = lab.final()
            if view is None:
                self._key = None
                return
            window = lab.found.layout.window(lab.selected)
            label = self._session.state.label
            self._job = AloneJob(
                self._session, lab.walk, view, window, label, lambda found, said: self._take(key, found, said)
            )
            self._session.jobs.submit(self._job)
        self.changed.emit()

    def _take(self, key: tuple[object, ...], found: AloneFound | None, message: str) -> None:
        if key != self._key:
            return
        self._job, self.found, self.message = None, found, message
        if found is not None:
            self._paint(found)
        self.changed.emit()

    def _on_jobs(self) -> None:
        """Who cancels all jobs cancels this one."""
        if self._job is not None and self._job not in self._session.jobs:
            self._job, self.message = None, 'Cancelled.'
            self.changed.emit()

    def _paint(self, found: AloneFound) -> None:
        against = found.comparison.alone is not None
        image = self._explorer.painter.layers.get(IMAGE, 0, IMAGE)
        colors = CHANGE_COLORS if against else DRIFT_COLORS
        self._layer = Labels(
            change_picture(found.change, against),
            name=NAME,
            opacity=0.85,
            colormap=code_colormap(colors),
            **Placement.of_layer(image).transforms,
        )
        self._layer.editable = False
        active = self._viewer.layers.selection.active
        self._viewer.layers.append(self._layer)
        self._viewer.layers.selection.active = active
        self._explorer.overlays.add_chips(NAME, _AGAINST_REFERENCE if against else _WITHOUT)

    def _take_away(self, *_: object) -> None:
        job, self._job = self._job, None
        if job is not None:
            self._session.jobs.withdraw(job)
        layer, self._layer = self._layer, None
        self.found, self.message, self._key = None, '', None
        if layer is not None and layer in self._viewer.layers:
            self._viewer.layers.remove(layer)
        self._explorer.overlays.add_chips(NAME, ())

    def _on_removed(self, event: Any) -> None:
        """Who deletes the layer wants it no more: the window is left."""
        if event.value is self._layer and self._layer is not None:
            self._layer = None
            self._lab.select(None)


def alone_words(found: AloneFound) -> str:
    """One line: how far the window alone differs, and which of the two is nearer to the reference."""
    comparison = found.comparison
    share = three_digits(100 * comparison.changed / max(comparison.voxels, 1))
    between = _dice(comparison.between)
    if comparison.alone is None or comparison.stitched is None:
        return f'Alone {share} % of its voxels change, Dice between the two {between}'
    alone, stitched = _dice(comparison.alone['dice']), _dice(comparison.stitched['dice'])
    return f'Alone {share} % of its voxels change: Dice {alone}, all together {stitched}, between the two {between}'


def _dice(value: MetricValue) -> str:
    return 'undefined' if value.value is None else three_digits(value.value)
