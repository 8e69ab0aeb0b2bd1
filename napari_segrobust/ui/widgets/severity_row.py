"""One perturbation of the stack: on or off, alone or not, how much, which draw, where."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

from qtpy.QtCore import QSignalBlocker, Qt, Signal
from qtpy.QtWidgets import QCheckBox, QHBoxLayout, QLabel, QVBoxLayout, QWidget
from superqt import QElidingLabel

from napari_segrobust.ui.widgets.controls import Combo, IconButton, IntBox, buddy, named
from napari_segrobust.ui.widgets.entry_details import EntryDetails
from napari_segrobust.ui.widgets.row_column import Grip
from napari_segrobust.ui.widgets.slider import FloatSlider

if TYPE_CHECKING:
    from collections.abc import Sequence

    from napari_segrobust.ui.widgets.palette import Palette

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
    #: -1 for one place earlier in the stack, +1 for one later.
    moved = Signal(int)
    removed = Signal()
    #: Whether it alone acts.
    solo_changed = Signal(bool)
    #: Whether the details were unfolded.
    unfolded_changed = Signal(bool)

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
        self.amount.setMinimumWidth(20)
        self.value = QLabel()
        self.value.setProperty('role', 'muted')
        tooltip = f'0 is the untouched image, {maximum:g} the strongest'
        self.severity = FloatSlider(0, maximum, step, name=f'{title} severity', tooltip=tooltip, palette=palette)

        self.grip = Grip(f'Place of {title}', palette=palette)
        self.seed = named(IntBox(0, _MAX_SEED, width=44), f'{title} seed', 'Decides the draw; severity never does')
        self.new_draw = IconButton('die', f'{title}, new draw', 'New draw: another seed', palette=palette)
        self.region = named(Combo(), f'{title} region', 'Where it acts')
        self.solo = IconButton('solo', f'{title}, solo', 'Solo: this one alone acts', palette=palette)
        self.solo.setCheckable(True)
        self.more = IconButton('more', f'{title} details', 'Physical parameters, and more', palette=palette)
        self.more.setCheckable(True)
        self.remove = IconButton('close', f'Remove {title}', 'Remove from the stack', palette=palette)
        self.details = EntryDetails(title, palette=palette)
        self.details.setVisible(False)
        self._on, self._heard, self._own_seed = True, True, True

        self._lay_out()
        self._connect()
        self.apply_palette(palette)

    def _lay_out(self) -> None:
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 2, 0, 4)
        layout.setSpacing(2)
        layout.addLayout(_line(self.enabled, (self.amount, 1), self.value, self.solo, self.more, self.remove))
        layout.addWidget(self.severity)
        layout.addLayout(_line(self.grip, buddy('seed', self.seed), self.seed, self.new_draw, (self.region, 1)))
        layout.addWidget(self.details)
        for one, other in itertools.pairwise(
            (
                self.enabled,
                self.solo,
                self.more,
                self.remove,
                self.severity.slider,
                self.severity.box,
                self.grip,
                self.seed,
                self.new_draw,
                self.region,
            )
        ):
            QWidget.setTabOrder(one, other)

    def _connect(self) -> None:
        self.enabled.toggled.connect(self.set_enabled)
        self.enabled.toggled.connect(self.enabled_changed)
        self.severity.value_changed.connect(self.severity_changed)
        self.severity.dragging_changed.connect(self.dragging_changed)
        self.details.dragging_changed.connect(self.dragging_changed)
        self.seed.valueChanged.connect(self.seed_changed)
        self.new_draw.clicked.connect(self._draw_anew)
        self.region.textActivated.connect(self.region_changed)
        self.grip.stepped.connect(self.moved)
        self.solo.clicked.connect(self.solo_changed)
        self.remove.clicked.connect(self.removed)
        self.more.toggled.connect(self.details.setVisible)
        self.more.toggled.connect(self.unfolded_changed)

    def set_severity(self, severity: float) -> None:
        """Show `severity` without emitting."""
        self.severity.set_value(severity)

    def set_amount(self, words: str, value: str) -> None:
        """Say what the severity is physically, such as ``sigma`` and ``0.12``; a narrow row cuts the words alone."""
        if (words, value) != (self.amount.text(), self.value.text()):
            self.amount.setText(words)
            self.value.setText(value)
            for part in (self.amount, self.value):
                part.setToolTip(f'{words} {value}')

    def set_enabled(self, enabled: bool) -> None:
        """Show on or off without emitting."""
        with QSignalBlocker(self.enabled):
            self.enabled.setChecked(enabled)
        self._on = enabled
        self._dim()

    def set_solo(self, solo: bool, heard: bool = True) -> None:
        """Show without emitting whether it alone acts, or (not `heard`) is silent because another one does."""
        with QSignalBlocker(self.solo):
            self.solo.setChecked(solo)
        self._heard = heard
        self.setProperty('silent', not heard)
        self._dim()

    def set_own_seed(self, own: bool) -> None:
        """Say whether it has a seed of its own; else it shows the one of all."""
        self._own_seed = own
        self._dim()

    def set_random(self, random: bool) -> None:
        """Say whether anything about it is drawn."""
        words = 'Decides the draw; severity never does' if random else 'Nothing of it is random'
        self.seed.setToolTip(words)
        self.seed.setVisible(random)
        self.new_draw.setVisible(random)
        self._seed_label().setVisible(random)

    def set_mark(self, mark: tuple[float, float] | None, words: str) -> None:
        """Mark severities on the slider, and say what they are."""
        self.severity.set_mark(mark, words)

    def set_seed(self, seed: int) -> None:
        """Show `seed` without emitting."""
        self.seed.show_value(seed)

    def set_region(self, region: str, choices: Sequence[str]) -> None:
        """Offer `choices` and show `region` without emitting."""
        self.region.set_items(choices, region)

    def apply_palette(self, palette: Palette) -> None:
        """Take the colours of `palette`."""
        for button in (self.grip, self.new_draw, self.solo, self.more, self.remove):
            button.apply_palette(palette)

    def _seed_label(self) -> QLabel:
        return next(label for label in self.findChildren(QLabel) if label.buddy() is self.seed)

    def _dim(self) -> None:
        acts = self._on and self._heard
        for control in (self.amount, self.value, self.severity, self.region, self.details):
            control.setEnabled(acts)
        for control in (self.seed, self.new_draw):
            control.setEnabled(acts and self._own_seed)

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
