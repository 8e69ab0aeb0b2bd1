"""Small controls that the other widgets are made of."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from qtpy.QtCore import QLocale, QRectF, QSignalBlocker, QSize, Qt
from qtpy.QtGui import QColor, QPainter
from qtpy.QtWidgets import (
    QAbstractSpinBox,
    QCheckBox,
    QComboBox,
    QDoubleSpinBox,
    QLabel,
    QSizePolicy,
    QSpinBox,
    QStyle,
    QToolButton,
    QWidget,
)

from napari_segrobust.digits import decimals_for, trimmed
from napari_segrobust.ui.widgets.marks import paint_icon

if TYPE_CHECKING:
    from collections.abc import Sequence

    from qtpy.QtGui import QPaintEvent, QResizeEvent, QWheelEvent
    from qtpy.QtWidgets import QGridLayout

    from napari_segrobust.ui.widgets.palette import Palette

W = TypeVar('W', bound=QWidget)

#: Width in pixels of the label column and of the numbers of all rows, so that a panel has straight edges.
LABEL_WIDTH = 58
NUMBER_WIDTH = 52


def named(widget: W, name: str, tooltip: str) -> W:
    """Give `widget` the name that a screen reader says and a tooltip, and return it."""
    widget.setAccessibleName(name)
    widget.setToolTip(tooltip)
    return widget


def buddy(text: str, widget: QWidget, role: str = 'muted') -> QLabel:
    """Label of `widget`; ``&`` marks the letter that moves the focus there."""
    label = QLabel(text)
    label.setProperty('role', role)
    label.setBuddy(widget)
    return label


def clear_grid(grid: QGridLayout) -> None:
    """Take all widgets out of `grid` and delete them, unseen from now on."""
    while grid.count():
        widget = grid.takeAt(0).widget()
        widget.hide()
        widget.setParent(None)
        widget.deleteLater()


class ElidingCheckBox(QCheckBox):
    """Check box whose words give way where there is no room for them; the tooltip says them in full."""

    def __init__(self, words: str, parent: QWidget | None = None) -> None:
        super().__init__(words, parent)
        self._words = words
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def minimumSizeHint(self) -> QSize:
        """Return room for a short word."""
        return QSize(64, super().minimumSizeHint().height())

    def sizeHint(self) -> QSize:
        """Return room for all words."""
        hint = super().sizeHint()
        return QSize(self.fontMetrics().horizontalAdvance(self._words) + self._box() + 8, hint.height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Write as much as there is room for."""
        super().resizeEvent(event)
        room = self.width() - self._box() - 2
        self.setText(self.fontMetrics().elidedText(self._words, Qt.TextElideMode.ElideRight, room))

    def _box(self) -> int:
        style = self.style()
        metrics = (QStyle.PixelMetric.PM_IndicatorWidth, QStyle.PixelMetric.PM_CheckBoxLabelSpacing)
        return sum(style.pixelMetric(metric, None, self) for metric in metrics)


class CalmWheel:
    """Mix-in: the wheel scrolls the panel and changes a value only where the focus is."""

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Leave the event to the panel unless the control has the focus."""
        if self.hasFocus():
            super().wheelEvent(event)
        else:
            event.ignore()


class Combo(CalmWheel, QComboBox):
    """Combo box that shrinks below its longest entry, so that a panel 300 px wide is enough."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def minimumSizeHint(self) -> QSize:
        """Return room for a short word; the list that opens is as wide as it needs to be."""
        return QSize(64, super().minimumSizeHint().height())

    def set_items(self, items: Sequence[str], current: str) -> None:
        """Offer `items` with `current` chosen, silently; `current` is added where it is missing."""
        wanted = list(items) if current in items else [*items, current]
        with QSignalBlocker(self):
            if wanted != [self.itemText(i) for i in range(self.count())]:
                self.clear()
                self.addItems(wanted)
            self.setCurrentText(current)


class IntBox(CalmWheel, QSpinBox):
    """Whole number to type, without buttons; arrow keys step."""

    def __init__(self, minimum: int, maximum: int, *, width: int = NUMBER_WIDTH, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        _as_number_box(self, width)
        self.setRange(minimum, maximum)

    def show_value(self, value: int) -> None:
        """Set the value silently."""
        with QSignalBlocker(self):
            self.setValue(value)


class FloatBox(CalmWheel, QDoubleSpinBox):
    """Number to type, without buttons and without trailing zeros; arrow keys step."""

    def __init__(
        self,
        minimum: float,
        maximum: float,
        step: float | None = None,
        *,
        unit: str = '',
        width: int = NUMBER_WIDTH,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        _as_number_box(self, width)
        self.setSuffix(f' {unit}' if unit else '')
        self.setDecimals(decimals_for(max(abs(minimum), abs(maximum))))
        self.setRange(minimum, maximum)
        if step is None:
            self.setStepType(QAbstractSpinBox.StepType.AdaptiveDecimalStepType)
        else:
            self.setSingleStep(step)

    def textFromValue(self, value: float) -> str:
        """Write the value without trailing zeros."""
        return trimmed(value, self.decimals())

    def show_value(self, value: float) -> None:
        """Set the value silently."""
        with QSignalBlocker(self):
            self.setValue(value)


def _as_number_box(box: QAbstractSpinBox, width: int) -> None:
    # napari's sheet sets a minimum that wins over setFixedWidth; the border makes the other 2 px. Buttons are hidden by
    # our sheet: with the symbols NoButtons, napari's sheet leaves no room for the text.
    box.setStyleSheet(f'QAbstractSpinBox {{ min-width: {width - 2}px; max-width: {width - 2}px; }}')
    box.setLocale(QLocale.c())
    box.setKeyboardTracking(False)
    box.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
    box.setAlignment(Qt.AlignmentFlag.AlignRight)


class IconButton(QToolButton):
    """Flat button with a painted icon.

    Parameters
    ----------
    icon : str
        Name in `marks.ICONS`.
    name, tooltip : str
        What a screen reader says, and the tooltip.
    palette : Palette
    """

    def __init__(self, icon: str, name: str, tooltip: str, *, palette: Palette, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._icon = icon
        self._palette = palette
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        named(self, name, tooltip)

    def set_icon(self, icon: str) -> None:
        """Show another icon."""
        self._icon = icon
        self.update()

    def apply_palette(self, palette: Palette) -> None:
        """Take the colours of `palette`."""
        self._palette = palette
        self.update()

    def sizeHint(self) -> QSize:
        """Return the size of the icon with a margin that a finger finds."""
        return QSize(20, 20)

    minimumSizeHint = sizeHint

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint surface, icon and focus ring."""
        painter = QPainter(self)
        palette = self._palette
        if self.isEnabled() and (self.underMouse() or self.isDown() or self.isChecked()):
            painter.fillRect(self.rect(), QColor(palette.highlight if self.isDown() else palette.primary))
        if self.hasFocus():
            painter.setPen(QColor(palette.accent))
            painter.drawRect(self.rect().adjusted(0, 0, -1, -1))
        ink = palette.text if self.isEnabled() else palette.secondary
        paint_icon(painter, QRectF(self.rect()).adjusted(4, 4, -4, -4), self._icon, ink)
