"""The two lines above the rows: play, severity and slice; number, order, agreement and exports."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtCore import QSignalBlocker, Qt, Signal
from qtpy.QtWidgets import QCheckBox, QHBoxLayout, QLabel, QProgressBar, QVBoxLayout, QWidget

from napari_segrobust.grid.values import ORDERS, title_of
from napari_segrobust.ui.grid.player import MAXIMUM, SPEEDS
from napari_segrobust.ui.sections.base import line
from napari_segrobust.ui.widgets.controls import Combo, IconButton, buddy, named
from napari_segrobust.ui.widgets.slider import FloatSlider, JumpSlider

if TYPE_CHECKING:
    from collections.abc import Sequence

    from napari_segrobust.ui.widgets.palette import Palette


class GridControls(QWidget):
    """What can be chosen. It shows what it is told, and emits what a hand changed.

    Parameters
    ----------
    palette : Palette
    """

    play_toggled = Signal(bool)
    speed_chosen = Signal(str)
    severity_changed = Signal(float)
    dragging_changed = Signal(bool)
    slice_chosen = Signal(int)
    metric_chosen = Signal(str)
    order_chosen = Signal(str)
    agreement_toggled = Signal(bool)
    layer_toggled = Signal(bool)
    export_asked = Signal()
    cancel_asked = Signal()

    def __init__(self, *, palette: Palette, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        words = 'Play the severities forth and back; the pictures follow what is finished'
        self.play = IconButton('play', 'Play the severities', words, palette=palette)
        self.play.setCheckable(True)
        self.entry = QLabel()
        words = 'Severity of the focused perturbation'
        self.severity = FloatSlider(0, MAXIMUM, 0.05, name=words, tooltip='0 is the clean image', palette=palette)
        self.speed = named(Combo(), 'Speed', 'How many pictures a second, at most')
        self.speed.set_items(list(SPEEDS), 'normal')
        self.rate = QLabel()
        self.rate.setProperty('role', 'muted')
        self.rate.setMinimumWidth(58)
        self.slice = named(JumpSlider(), 'Slice', 'Slice of all cells and of the canvas; Shift and wheel over the rows')
        self.slice_words = QLabel()
        self.slice_words.setProperty('role', 'muted')
        self.number = named(Combo(), 'Number', 'The number beside each row')
        self.order = named(Combo(), 'Order', 'Order of the rows; it stays while the severities play')
        self.order.set_items(list(ORDERS), ORDERS[0])
        self.agreement = named(QCheckBox('agreement'), 'Agreement column', 'How many models see what, in a column')
        words = 'Entropy of the votes in bits, as a layer on the canvas: light where models disagree'
        self.layer = named(QCheckBox('on canvas'), 'Disagreement on the canvas', words)
        self.export = IconButton('export', 'Export the grid', 'Write a figure or a film', palette=palette)
        self.progress = QProgressBar()
        self.progress.setFixedHeight(14)
        self.progress.setMaximumWidth(220)
        self.cancel = IconButton('close', 'Cancel the export', 'Cancel the export', palette=palette)
        self._metrics: dict[str, str] = {}
        self._lay_out()
        self._connect()
        self.set_progress('', 0, 0)

    def _lay_out(self) -> None:
        layout = QVBoxLayout(self)
        layout.setContentsMargins(4, 2, 4, 2)
        layout.setSpacing(2)
        self.speed.setMaximumWidth(86)
        self.slices = line(buddy('slice', self.slice), (self.slice, 1), self.slice_words)
        layout.addWidget(line(self.play, self.entry, (self.severity, 3), self.speed, self.rate, (self.slices, 2)))
        self.number.setMaximumWidth(220)
        self.order.setMaximumWidth(170)
        second = QHBoxLayout()
        second.setContentsMargins(0, 0, 0, 0)
        second.setSpacing(6)
        for part in (buddy('number', self.number), self.number, buddy('order', self.order), self.order):
            second.addWidget(part, 1 if isinstance(part, Combo) else 0)
        second.addSpacing(6)
        for part in (self.agreement, self.layer):
            second.addWidget(part)
        second.addStretch(1)
        for part in (self.progress, self.cancel, self.export):
            second.addWidget(part)
        layout.addLayout(second)

    def _connect(self) -> None:
        self.play.toggled.connect(self.play_toggled)
        self.speed.textActivated.connect(self.speed_chosen)
        self.severity.value_changed.connect(self.severity_changed)
        self.severity.dragging_changed.connect(self.dragging_changed)
        self.slice.valueChanged.connect(self.slice_chosen)
        self.number.textActivated.connect(lambda words: self.metric_chosen.emit(self._metrics.get(words, words)))
        self.order.textActivated.connect(self.order_chosen)
        self.agreement.toggled.connect(self.agreement_toggled)
        self.layer.toggled.connect(self.layer_toggled)
        self.export.clicked.connect(self.export_asked)
        self.cancel.clicked.connect(self.cancel_asked)

    def set_playing(self, on: bool) -> None:
        """Show whether it plays."""
        with QSignalBlocker(self.play):
            self.play.setChecked(on)
        self.play.set_icon('pause' if on else 'play')
        if not on:
            self.rate.setText('')

    def set_rate(self, rate: float) -> None:
        """Say how many pictures a second are reached."""
        self.rate.setText(f'{rate:.1f} a second')

    def set_entry(self, title: str, severity: float) -> None:
        """Show the focused entry of the stack; without a title there is none."""
        self.entry.setText(title or 'no perturbation')
        for part in (self.severity, self.play):
            part.setEnabled(bool(title))
        self.severity.set_value(severity)

    def set_slice(self, index: int, count: int) -> None:
        """Show which slice it is; nothing where there is one alone."""
        self.slices.setVisible(count > 1)
        with QSignalBlocker(self.slice):
            self.slice.setRange(0, max(0, count - 1))
            self.slice.setValue(index)
        self.slice_words.setText(f'{index + 1} / {count}')

    def set_metrics(self, keys: Sequence[str], chosen: str) -> None:
        """Offer numbers."""
        self._metrics = {title_of(key): key for key in keys}
        self.number.set_items(list(self._metrics), title_of(chosen))

    def set_layer(self, on: bool) -> None:
        """Show whether the layer is there."""
        with QSignalBlocker(self.layer):
            self.layer.setChecked(on)

    def set_progress(self, words: str, done: int, total: int) -> None:
        """Show what an export does; nothing without words."""
        for part in (self.progress, self.cancel):
            part.setVisible(bool(words))
        self.export.setEnabled(not words)
        self.progress.setRange(0, total)
        self.progress.setValue(done)
        self.progress.setFormat(words)
        self.progress.setAlignment(Qt.AlignmentFlag.AlignCenter)
