"""A slider with its value beside it, which can be typed; alone, or as a labelled row."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtCore import QPointF, QSignalBlocker, Qt, Signal
from qtpy.QtGui import QColor, QPainter, QPen
from qtpy.QtWidgets import QHBoxLayout, QSlider, QStyle, QStyleOptionSlider, QWidget

from napari_segrobust.ui.widgets.controls import LABEL_WIDTH, CalmWheel, FloatBox, buddy, named

if TYPE_CHECKING:
    from qtpy.QtGui import QMouseEvent, QPaintEvent

    from napari_segrobust.ui.widgets.palette import Palette


#: What a number's box has room for.
SHORT = {'voxels': 'vox'}
#: Width of the handle, as the style sheet has it.
_HANDLE = 12


class JumpSlider(CalmWheel, QSlider):
    """Horizontal slider whose handle jumps to the click and follows from there; a range may be marked below it."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(Qt.Orientation.Horizontal, parent)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self._mark: tuple[int, int] | None = None
        self._ink = ''

    def set_mark(self, mark: tuple[int, int] | None, ink: str) -> None:
        """Mark a range of ticks with a bracket below the groove; None for none."""
        self._mark, self._ink = mark, ink
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the slider over its mark."""
        if self._mark is not None:
            half = _HANDLE / 2
            left, right = (half + self._share(tick) * (self.width() - _HANDLE) for tick in self._mark)
            painter, y = QPainter(self), self.height() / 2 + 7.5
            painter.setPen(QPen(QColor(self._ink), 2))
            painter.drawLine(QPointF(left, y), QPointF(max(right, left + 2), y))
            for x in (left, max(right, left + 2)):
                painter.drawLine(QPointF(x, y - 4), QPointF(x, y))
            painter.end()
        super().paintEvent(event)

    def _share(self, tick: int) -> float:
        return (tick - self.minimum()) / max(1, self.maximum() - self.minimum())

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Put the handle under the mouse, then drag as usual."""
        if event.button() == Qt.MouseButton.LeftButton:
            option = QStyleOptionSlider()
            self.initStyleOption(option)
            part = QStyle.SubControl.SC_SliderHandle
            handle = self.style().subControlRect(QStyle.ComplexControl.CC_Slider, option, part, self)
            if not handle.contains(event.position().toPoint()):
                span = max(1, self.width() - handle.width())
                offset = round(event.position().x() - handle.width() / 2)
                self.setValue(QStyle.sliderValueFromPosition(self.minimum(), self.maximum(), offset, span))
        super().mousePressEvent(event)


class FloatSlider(QWidget):
    """Slider and number in one line; the number is the truth, the slider its nearest step.

    Parameters
    ----------
    minimum, maximum, step : float
        Range of the value, and the step of slider and arrow keys. Typed values may lie between steps.
    name, tooltip : str
        What a screen reader says, and the tooltip.
    unit : str
        Written after the number; "" where there is none.
    palette : Palette
    """

    #: New value, live while dragging; never emitted by `set_value`.
    value_changed = Signal(float)
    #: True when the hand takes the handle, False when it lets go.
    dragging_changed = Signal(bool)

    def __init__(
        self,
        minimum: float,
        maximum: float,
        step: float,
        *,
        name: str,
        tooltip: str,
        palette: Palette,
        unit: str = '',
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._minimum, self._maximum, self._step = minimum, maximum, step
        self.maximum = maximum
        self._value = minimum
        self._mark: tuple[int, int] | None = None
        self._tooltip = tooltip
        self.slider = named(JumpSlider(), name, tooltip)
        self.slider.setRange(0, round((maximum - minimum) / step))
        self.slider.setPageStep(max(1, self.slider.maximum() // 10))
        self.slider.setMinimumWidth(60)
        box = FloatBox(minimum, maximum, step, unit=unit)
        self.box = named(box, f'{name}, typed', f'{tooltip}\nType a value and press Enter.')
        self.setFocusProxy(self.slider)

        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(6)
        layout.addWidget(self.slider, 1)
        layout.addWidget(self.box)

        self.slider.valueChanged.connect(lambda tick: self._take(self._minimum + tick * self._step))
        self.slider.sliderPressed.connect(lambda: self.dragging_changed.emit(True))
        self.slider.sliderReleased.connect(lambda: self.dragging_changed.emit(False))
        self.box.valueChanged.connect(self._take)
        self.apply_palette(palette)

    def value(self) -> float:
        """Return the current value."""
        return self._value

    def set_value(self, value: float) -> None:
        """Show `value`, clipped to the range, without emitting."""
        self._value = min(max(value, self._minimum), self._maximum)
        with QSignalBlocker(self.slider):
            self.slider.setValue(round((self._value - self._minimum) / self._step))
        self.box.show_value(self._value)

    def set_unit(self, name: str, unit: str) -> None:
        """Measure in another unit; `name` is what a screen reader says from now on."""
        self.slider.setAccessibleName(name)
        self.box.setAccessibleName(f'{name}, typed')
        self.box.setSuffix(f' {SHORT.get(unit, unit)}' if unit else '')

    def set_mark(self, mark: tuple[float, float] | None, words: str = '') -> None:
        """Mark a range of values on the slider, such as what is seen in the clinic; `words` join the tooltip."""
        ticks = None if mark is None else tuple(round((value - self._minimum) / self._step) for value in mark)
        self._mark = None if ticks is None else (ticks[0], ticks[1])
        self.slider.set_mark(self._mark, self._palette.muted)
        self.slider.setToolTip('\n'.join(filter(None, (self._tooltip, words if mark is not None else ''))))

    def apply_palette(self, palette: Palette) -> None:
        """Take the colours of `palette`."""
        self._palette = palette
        self.slider.set_mark(self._mark, palette.muted)

    def _take(self, value: float) -> None:
        before = self._value
        self.set_value(round(value, 9))
        if self._value != before:
            self.value_changed.emit(self._value)


class SliderRow(QWidget):
    """Label, slider and number with its unit in one line: threshold, tolerance, opacity, overlap.

    Parameters
    ----------
    label : str
        At the left, ``&`` marks its key.
    minimum, maximum, step : float
    unit : str
        Written after the number; "" where there is none.
    tooltip : str
    palette : Palette
    """

    #: New value, live while dragging; never emitted by `set_value`.
    value_changed = Signal(float)
    dragging_changed = Signal(bool)

    def __init__(
        self,
        label: str,
        minimum: float,
        maximum: float,
        step: float,
        *,
        tooltip: str,
        palette: Palette,
        unit: str = '',
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._words = label.replace('&', '')
        self.control = FloatSlider(minimum, maximum, step, name=self._words, tooltip=tooltip, palette=palette)
        self.set_unit(unit)
        self.label = buddy(label, self.control.slider)
        self.label.setFixedWidth(LABEL_WIDTH)
        self.label.setToolTip(tooltip)
        self.setFocusProxy(self.control)

        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(6)
        layout.addWidget(self.label)
        layout.addWidget(self.control, 1)

        self.control.value_changed.connect(self.value_changed)
        self.control.dragging_changed.connect(self.dragging_changed)

    def value(self) -> float:
        """Return the current value."""
        return self.control.value()

    def set_value(self, value: float) -> None:
        """Show `value`, clipped to the range, without emitting."""
        self.control.set_value(value)

    def set_unit(self, unit: str) -> None:
        """Write another unit after the number; "" for none."""
        self.control.set_unit(f'{self._words} in {unit}' if unit else self._words, unit)
