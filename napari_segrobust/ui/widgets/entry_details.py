"""What can be said of an entry of the stack beyond its amount: parameters, channels, region, what moves, whither."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtCore import QSignalBlocker, Signal
from qtpy.QtWidgets import QCheckBox, QHBoxLayout, QVBoxLayout, QWidget

from napari_segrobust.ui.widgets.controls import Combo, buddy, named
from napari_segrobust.ui.widgets.parameter_form import ParameterForm
from napari_segrobust.ui.widgets.range_row import RangeRow
from napari_segrobust.ui.widgets.slider import SliderRow
from napari_segrobust.ui.widgets.thumbnail import BeforeAfter

if TYPE_CHECKING:
    from collections.abc import Sequence

    from napari_segrobust.ui.widgets.palette import Palette

_MAX_FEATHER = 30.0


class EntryDetails(QWidget):
    """The part of a row that unfolds; what does not concern the entry is not shown.

    Parameters
    ----------
    title : str
        Of the entry, for screen readers.
    palette : Palette
    """

    #: Name and fixed value, or None where the parameter follows severity again.
    parameter_changed = Signal(str, object)
    #: Numbers of the channels that it acts on, None for all.
    channels_changed = Signal(object)
    feather_changed = Signal(float)
    #: True when the hand takes the handle of the feather, False when it lets go.
    dragging_changed = Signal(bool)
    #: First slice of the box, and the one after its last.
    slices_changed = Signal(int, int)
    moves_changed = Signal(bool)
    target_changed = Signal(str)

    def __init__(self, title: str, *, palette: Palette, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._title = title
        self.pictures = BeforeAfter(palette=palette)
        self.parameters = ParameterForm()
        self.channels: list[QCheckBox] = []
        self._channel_line = QWidget()
        self._channel_layout = QHBoxLayout(self._channel_line)
        self._channel_layout.setContentsMargins(0, 0, 0, 0)
        self.feather = SliderRow(
            'soft edge',
            0.0,
            _MAX_FEATHER,
            0.5,
            tooltip='Width over which it fades in, inside the region',
            palette=palette,
        )
        self.slices = RangeRow('slices', tooltip='How far the box reaches over slices', palette=palette)
        words = 'Warp the reference with the image, so that it still lies on what it outlines'
        self.moves = named(QCheckBox('reference moves along'), f'{title}, reference moves along', words)
        self.target = named(Combo(), f'{title}, target', 'The image layer that it leads towards')
        self._target_line = QWidget()
        line = QHBoxLayout(self._target_line)
        line.setContentsMargins(0, 0, 0, 0)
        line.addWidget(buddy('target', self.target))
        line.addWidget(self.target, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 2, 0, 2)
        layout.setSpacing(3)
        for part in (
            self.parameters,
            self._target_line,
            self._channel_line,
            self.feather,
            self.slices,
            self.moves,
            self.pictures,
        ):
            layout.addWidget(part)
        for part in (self._target_line, self._channel_line, self.feather, self.slices, self.moves):
            part.hide()
        self.parameters.parameter_changed.connect(self.parameter_changed)
        self.feather.value_changed.connect(self.feather_changed)
        self.feather.control.dragging_changed.connect(self.dragging_changed)
        self.slices.range_changed.connect(self.slices_changed)
        self.moves.toggled.connect(self.moves_changed)
        self.target.currentTextChanged.connect(self.target_changed)

    def set_channels(self, names: Sequence[str], chosen: Sequence[int] | None) -> None:
        """Offer channels by name; None chooses all. With one channel nothing is offered."""
        self._channel_line.setVisible(len(names) > 1)
        if [box.text() for box in self.channels] != list(names):
            for box in self.channels:
                self._channel_layout.removeWidget(box)
                box.deleteLater()
            self.channels = [
                named(QCheckBox(name), f'{self._title}, channel {name}', 'Whether it acts on this channel')
                for name in names
            ]
            for box in self.channels:
                self._channel_layout.addWidget(box)
                box.toggled.connect(self._tell_channels)
        for number, box in enumerate(self.channels):
            with QSignalBlocker(box):
                box.setChecked(chosen is None or number in chosen)

    def set_feather(self, width: float | None, unit: str) -> None:
        """Show the width of the soft edge; None where there is no edge."""
        self.feather.setVisible(width is not None)
        if width is not None:
            self.feather.set_unit(unit)
            self.feather.set_value(width)

    def set_slices(self, span: tuple[int, int] | None, depth: int) -> None:
        """Show the slices of the box; None where it has none."""
        self.slices.setVisible(span is not None and depth > 1)
        if span is not None:
            self.slices.set_range(*span, depth)

    def set_moves(self, moves: bool | None) -> None:
        """Show whether the reference moves along; None where nothing moves."""
        self.moves.setVisible(moves is not None)
        with QSignalBlocker(self.moves):
            self.moves.setChecked(bool(moves))

    def set_target(self, chosen: str | None, choices: Sequence[str]) -> None:
        """Offer other images by name; None where none is needed."""
        self._target_line.setVisible(chosen is not None)
        if chosen is not None:
            self.target.set_items(choices, chosen)

    def _tell_channels(self) -> None:
        chosen = tuple(number for number, box in enumerate(self.channels) if box.isChecked())
        if not chosen:  # an entry that acts on nothing is switched off, not emptied
            sender = next(box for box in self.channels)
            with QSignalBlocker(sender):
                sender.setChecked(True)
            chosen = (0,)
        self.channels_changed.emit(None if len(chosen) == len(self.channels) else chosen)
