"""One perturbation of the stack: on or off, how much, which draw, where."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtCore import QSignalBlocker, Qt, Signal
from qtpy.QtWidgets import QCheckBox, QHBoxLayout, QVBoxLayout, QWidget
from superqt import QElidingLabel

from napari_segrobust.ui.widgets.controls import Combo, IconButton, IntBox, buddy, named
from napari_segrobust.ui.widgets.parameter_form import ParameterForm
from napari_segrobust.ui.widgets.slider import FloatSlider
from napari_segrobust.ui.widgets.style import style_sheet

if TYPE_CHECKING:
    from collections.abc import Sequence

    from napari_segrobust.ui.widgets.palette import Palette
    from napari_segrobust.ui.widgets.parameter_form import ParameterField

_MAX_SEED = 2**31 - 1


class SeverityRow(QWidget):
    """Row of one perturbation.

    Parameters
    ----------
    title : str
        Name on screen ("Gaussian noise").
    summary : str
        One sentence, for the tooltip.
    palette : Palette
    maximum, step : float
        Of severity.
    """

    #: Severity, live while dragging.
    severity_changed = Signal(float)
    dragging_changed = Signal(bool)
    enabled_changed = Signal(bool)
    seed_changed = Signal(int)
    region_changed = Signal(str)
    #: -1 when moved up, earlier in the stack; +1 when moved down.
    moved = Signal(int)
    removed = Signal()
    #: Name and fixed value, or None where the parameter follows severity again.
    parameter_changed = Signal(str, object)

    def __init__(
        self,
        title: str,
        summary: str = '',
        *,
        palette: Palette,
        maximum: float = 5.0,
        step: float = 0.05,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.enabled = named(QCheckBox(title), f'{title}, on', summary or f'Switch {title} on or off')
        self.amount = QElidingLabel()
        self.amount.setProperty('role', 'muted')
        self.amount.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self.amount.setMinimumWidth(60)
        tooltip = f'0 is the untouched image, {maximum:g} the strongest'
        self.severity = FloatSlider(0, maximum, step, name=f'{title} severity', tooltip=tooltip, palette=palette)

        self.seed = named(IntBox(0, _MAX_SEED, width=44), f'{title} seed', 'Decides the draw; severity never does')
        self.new_draw = IconButton('die', f'{title}, new draw', 'New draw: another seed', palette=palette)
        self.region = named(Combo(), f'{title} region', 'Where it acts')
        self.up = IconButton('up', f'Move {title} up', 'Apply earlier', palette=palette)
        self.down = IconButton('down', f'Move {title} down', 'Apply later', palette=palette)
        self.more = IconButton('more', f'{title} parameters', 'Physical parameters', palette=palette)
        self.more.setCheckable(True)
        self.remove = IconButton('close', f'Remove {title}', 'Remove from the stack', palette=palette)
        self.parameters = ParameterForm(palette=palette)
        self.parameters.setVisible(False)

        self._lay_out()
        self._connect()
        self.apply_palette(palette)

    def _lay_out(self) -> None:
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 2, 0, 4)
        layout.setSpacing(2)
        layout.addLayout(_line(self.enabled, (self.amount, 1)))
        layout.addWidget(self.severity)
        layout.addLayout(
            _line(
                buddy('seed', self.seed),
                self.seed,
                self.new_draw,
                (self.region, 1),
                self.up,
                self.down,
                self.more,
                self.remove,
            )
        )
        layout.addWidget(self.parameters)

    def _connect(self) -> None:
        self.enabled.toggled.connect(self._dim)
        self.enabled.toggled.connect(self.enabled_changed)
        self.severity.value_changed.connect(self.severity_changed)
        self.severity.dragging_changed.connect(self.dragging_changed)
        self.seed.valueChanged.connect(self.seed_changed)
        self.new_draw.clicked.connect(self._draw_anew)
        self.region.currentTextChanged.connect(self.region_changed)
        self.up.clicked.connect(lambda: self.moved.emit(-1))
        self.down.clicked.connect(lambda: self.moved.emit(1))
        self.remove.clicked.connect(self.removed)
        self.more.toggled.connect(self.parameters.setVisible)
        self.parameters.parameter_changed.connect(self.parameter_changed)

    def set_severity(self, severity: float) -> None:
        """Show `severity` without emitting."""
        self.severity.set_value(severity)

    def set_amount(self, text: str) -> None:
        """Say what the severity is physically, such as ``sigma 0.12``."""
        if text != self.amount.text():
            self.amount.setText(text)
            self.amount.setToolTip(text)

    def set_enabled(self, enabled: bool) -> None:
        """Show on or off without emitting."""
        with QSignalBlocker(self.enabled):
            self.enabled.setChecked(enabled)
        self._dim(enabled)

    def set_seed(self, seed: int) -> None:
        """Show `seed` without emitting."""
        self.seed.show_value(seed)

    def set_region(self, region: str, choices: Sequence[str]) -> None:
        """Offer `choices` and show `region` without emitting."""
        self.region.set_items(choices, region)

    def set_position(self, index: int, count: int) -> None:
        """Tell the row that it is number `index` of `count`, so that it moves no further than the ends."""
        self.up.setEnabled(index > 0)
        self.down.setEnabled(index < count - 1)

    def set_parameters(self, fields: Sequence[ParameterField]) -> None:
        """Show the physical parameters without emitting."""
        self.parameters.set_parameters(fields)
        self.more.setEnabled(bool(fields))

    def apply_palette(self, palette: Palette) -> None:
        """Take the colours of `palette`."""
        self.setStyleSheet(style_sheet(palette))
        for button in (self.new_draw, self.up, self.down, self.more, self.remove):
            button.apply_palette(palette)

    def _dim(self, enabled: bool) -> None:
        for control in (self.amount, self.severity, self.seed, self.new_draw, self.region, self.parameters):
            control.setEnabled(enabled)

    def _draw_anew(self) -> None:
        # draws of neighbouring seeds are independent (keys are hashed), and seed + 1 is easy to say and to replay
        self.seed.setValue((self.seed.value() + 1) % _MAX_SEED)


def _line(*parts: QWidget | tuple[QWidget, int]) -> QHBoxLayout:
    """Widgets side by side, each with an optional stretch."""
    line = QHBoxLayout()
    line.setContentsMargins(0, 0, 0, 0)
    line.setSpacing(3)
    for part in parts:
        widget, stretch = part if isinstance(part, tuple) else (part, 0)
        line.addWidget(widget, stretch)
    return line
