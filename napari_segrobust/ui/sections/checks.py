"""The pre-flight list as quiet lines, what is wrong first."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtCore import QPointF, QRectF, Qt
from qtpy.QtGui import QColor, QPainter, QPen, QPolygonF
from qtpy.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget
from superqt import QElidingLabel

from napari_segrobust.ui.widgets.controls import named

if TYPE_CHECKING:
    from collections.abc import Sequence

    from qtpy.QtGui import QPaintEvent

    from napari_segrobust.cases.preflight import Finding
    from napari_segrobust.ui.widgets.palette import Palette

_ORDER = ('problem', 'warning', 'note', 'ok')


class Sign(QWidget):
    """Sign of a finding: cross for a problem, triangle for a warning, dot for a note, tick for what is well."""

    def __init__(self, level: str, palette: Palette) -> None:
        super().__init__()
        self.level = level
        self._palette = palette
        self.setFixedSize(14, 14)

    def apply_palette(self, palette: Palette) -> None:
        """Take the colours of `palette`."""
        self._palette = palette
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the sign."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        palette = self._palette
        inks = {'problem': palette.ink(palette.error), 'warning': palette.ink(palette.warning)}
        ink = QColor(inks.get(self.level, palette.muted))
        painter.setPen(QPen(ink, 1.6, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap))
        box = QRectF(3.5, 3.5, 7, 7)
        if self.level == 'problem':
            painter.drawLine(box.topLeft(), box.bottomRight())
            painter.drawLine(box.topRight(), box.bottomLeft())
        elif self.level == 'warning':
            painter.drawPolygon(QPolygonF([QPointF(7, 2.5), QPointF(12, 11.5), QPointF(2, 11.5)]))
        elif self.level == 'note':
            painter.setBrush(ink)
            painter.drawEllipse(QRectF(5.5, 5.5, 3, 3))
        else:
            painter.drawPolyline(QPolygonF([QPointF(3, 7.5), QPointF(6, 10.5), QPointF(11.5, 3.5)]))


class Checks(QWidget):
    """One line per finding: sign and title; numbers and remedy in the tooltip.

    Parameters
    ----------
    palette : Palette
    """

    def __init__(self, *, palette: Palette, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._palette = palette
        self.findings: tuple[Finding, ...] = ()
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(0)

    def set_findings(self, findings: Sequence[Finding]) -> None:
        """Show `findings`, problems first; of one level in the order given."""
        ordered = tuple(sorted(findings, key=lambda finding: _ORDER.index(finding.level)))
        if ordered == self.findings:
            return
        self.findings = ordered
        while (item := self._column.takeAt(0)) is not None:
            item.widget().hide()
            item.widget().deleteLater()
        for finding in ordered:
            self._column.addWidget(self._line(finding))

    def summary(self) -> str:
        """How many are wrong, in words."""
        count = {level: sum(finding.level == level for finding in self.findings) for level in _ORDER}
        words = [f'{n} {level}{"s" if n > 1 else ""}' for level, n in count.items() if n and level in _ORDER[:2]]
        return ', '.join(words) or ('all well' if self.findings else '')

    def _line(self, finding: Finding) -> QWidget:
        row = QWidget()
        layout = QHBoxLayout(row)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        said = finding.detail if finding.title == NOTE_TITLE else finding.title
        words = QElidingLabel(said)
        words.setMinimumWidth(60)
        words.setProperty('role', '' if finding.level in _ORDER[:2] else 'muted')
        told = '\n'.join(filter(None, [finding.title, finding.detail, finding.remedy]))
        named(row, f'{finding.level}: {finding.title}. {finding.detail}', told)
        layout.addWidget(Sign(finding.level, self._palette))
        layout.addWidget(words, 1)
        return row


#: Title of what was noted on reading; its detail is what a person wants to see.
NOTE_TITLE = 'On reading'
