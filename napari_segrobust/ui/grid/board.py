"""The rows and cells of the grid as one painted widget: only what changed is drawn anew."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from qtpy.QtCore import QPointF, QRect, QRectF, QSize, Qt, Signal
from qtpy.QtGui import QColor, QFont, QPainter, QPen, QPixmap
from qtpy.QtWidgets import QSizePolicy, QWidget

from napari_segrobust.digits import on_screen
from napari_segrobust.grid.cells import CLEAN, change_words, number_words
from napari_segrobust.grid.values import title_of
from napari_segrobust.ui.canvas.colors import REFERENCE_COLOR
from napari_segrobust.ui.grid.course import paint_course
from napari_segrobust.ui.grid.images import error_image, outline_path, plane_image, votes_image
from napari_segrobust.ui.grid.view import LinkedView
from napari_segrobust.ui.widgets.marks import lane_colour, marker
from napari_segrobust.ui.widgets.painted import Painted

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable

    from qtpy.QtGui import QKeyEvent, QMouseEvent, QPaintEvent, QResizeEvent, QWheelEvent

    from napari_segrobust.grid import Grid, GridRow
    from napari_segrobust.ui.grid.course import Courses
    from napari_segrobust.ui.widgets.palette import Palette

TITLES = {
    'clean': 'clean',
    'reference': 'reference',
    'perturbed': 'perturbed',
    'prediction': 'prediction',
    'agreement': 'agreement',
}
_NAMES, _GAP, _HEAD = 138, 4, 18
#: Rows are never lower than this: where there is no room, they scroll.
_LOWEST = 84
_NARROWEST_COURSE, _WIDEST_COURSE = 130.0, 600.0
_DIM = QColor(0, 0, 0, 90)
_STEP = 1.2


class Board(Painted):
    """Paints a grid. The wheel zooms and a drag moves all cells at once; a double click shows everything again.

    Parameters
    ----------
    palette : Palette
    """

    #: +1 or -1: the next or the last slice, by the wheel with Shift or Ctrl, and by Page Up and Page Down.
    slice_stepped = Signal(int)
    #: A row was clicked: its lane.
    chosen = Signal(int)

    def __init__(self, *, palette: Palette, parent: QWidget | None = None) -> None:
        super().__init__(palette, parent)
        self.grid: Grid | None = None
        self.number = 'dice'
        self.agreement = False
        self.pending = False
        self.courses: Courses | None = None
        self.view: LinkedView | None = None
        #: Pictures with the arrays that they show, which they keep alive: another array cannot take their place.
        self._kept: dict[Hashable, tuple[tuple[Any, ...], object, QPixmap]] = {}
        self._drag: QPointF | None = None
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAccessibleName('Architecture grid')
        self.setCursor(Qt.CursorShape.OpenHandCursor)
        self.apply_palette(palette)

    # -- what is shown --------------------------------------------------------------------------------------

    def show_grid(self, grid: Grid | None, pending: bool = False, courses: Courses | None = None) -> None:
        """Show another grid; cells whose arrays are the same are not painted anew.

        Parameters
        ----------
        grid : Grid or None
        pending : bool
            Whether its numbers are still to come.
        courses : Courses, optional
            Numbers over severities, shown where there is room beside the cells.
        """
        old, self.grid, self.courses = self.grid, grid, courses
        changed = {'perturbed', 'prediction', 'agreement'}
        if grid is None or old is None or self._looks(grid) != self._looks(old) or pending != self.pending:
            changed = set(TITLES)
        self.pending = pending
        if grid is None:
            self.view = None
        elif self.view is None or (grid.shape, grid.steps) != (self.view.shape, self.view.steps):
            self.view = LinkedView.fitting(grid.shape, grid.steps, grid.content())
        if grid is None or old is None or len(grid.rows) != len(old.rows):
            self._kept.clear()
            self.updateGeometry()
        self._describe()
        if changed == set(TITLES):
            self.update()
            return
        self.update(QRect(0, 0, _NAMES, self.height()))
        self.update(self.course(0).toAlignedRect().adjusted(0, 0, 0, self.height()))
        for number, column in enumerate(self.columns):
            if column in changed:
                cell = self.cell(0, number)
                self.update(QRect(round(cell.left()), 0, round(cell.width()) + 1, self.height()))

    def show_metric(self, metric: str) -> None:
        """Write another number beside each row."""
        if metric != self.number:
            self.number = metric
            self._describe()
            self.update()

    def show_agreement(self, on: bool) -> None:
        """Show the column with the agreement of the models, or no longer."""
        if on != self.agreement:
            self.agreement = on
            self._kept.clear()
            self.update()

    @property
    def columns(self) -> tuple[str, ...]:
        """Columns from left to right."""
        grid = self.grid
        hidden = set() if grid is None or grid.has_reference else {'reference'}
        if not self.agreement or grid is None or len(grid.rows) < 2:
            hidden.add('agreement')
        return tuple(column for column in TITLES if column not in hidden)

    def cell(self, row: int, column: int) -> QRectF:
        """Where a cell lies."""
        rows, columns = max(1, 0 if self.grid is None else len(self.grid.rows)), len(self.columns)
        width = (self.width() - _NAMES - _GAP * columns) / columns
        height = (self.height() - _HEAD - _GAP * rows) / rows
        if self.view is not None:  # narrower than their room: then cells stand close together
            width = min(width, max(height * self.view.aspect, 60.0))
        return QRectF(
            round(_NAMES + column * (width + _GAP)), round(_HEAD + row * (height + _GAP)), round(width), round(height)
        )

    def course(self, row: int) -> QRectF:
        """Where the course of a row lies: beside its cells; empty where there is too little room."""
        last = self.cell(row, len(self.columns) - 1)
        room = min(self.width() - last.right() - 2 * _GAP, _WIDEST_COURSE)
        return QRectF(last.right() + 2 * _GAP, last.top(), room if room >= _NARROWEST_COURSE else 0.0, last.height())

    def sizeHint(self) -> QSize:
        """Return room for all rows at a size at which they can be compared."""
        rows = 1 if self.grid is None else max(1, len(self.grid.rows))
        return QSize(760, _HEAD + rows * (130 + _GAP))

    def minimumSizeHint(self) -> QSize:
        """Return the smallest size at which rows can be read."""
        rows = 1 if self.grid is None else max(1, len(self.grid.rows))
        return QSize(_NAMES + 4 * 70, _HEAD + rows * (_LOWEST + _GAP))

    @staticmethod
    def _looks(grid: Grid) -> tuple[object, ...]:
        """What decides the columns that stand still while a severity moves."""
        rows = tuple((row.lane, id(row.clean_prediction)) for row in grid.rows)
        return id(grid.clean_reference), grid.clean.shape, grid.place, grid.label, grid.limits, rows

    # -- painting -------------------------------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint what is asked for."""
        painter = QPainter(self)
        grid = self.grid
        if grid is None or self.view is None or not grid.rows:
            painter.setPen(QColor(self._palette.muted))
            words = 'Open a case and choose models: each becomes a row.'
            painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter, words)
            return
        painter.setPen(QColor(self._palette.muted))
        for number, column in enumerate(self.columns):
            box = self.cell(0, number)
            head = QRectF(box.left(), 0, box.width(), _HEAD)
            words = painter.fontMetrics().elidedText(TITLES[column], Qt.TextElideMode.ElideRight, int(box.width()))
            painter.drawText(head, Qt.AlignmentFlag.AlignCenter, words)
        for place, row in enumerate(grid.rows):
            for number, column in enumerate(self.columns):
                box = self.cell(place, number)
                if event.region().intersects(box.toAlignedRect()):
                    self._paint_cell(painter, box, column, row, grid)
            self._paint_name(painter, self.cell(place, 0), row)
            beside = self.course(place)
            if self.courses is not None and beside.width() and event.region().intersects(beside.toAlignedRect()):
                paint_course(painter, beside, self.courses, row.lane, self._palette)
                if not place:
                    painter.setPen(QColor(self._palette.muted))
                    words = f'{title_of(self.number)} over severity'
                    painter.drawText(beside.adjusted(0, -_HEAD, 0, 0), Qt.AlignmentFlag.AlignHCenter, words)

    def _paint_cell(self, painter: QPainter, box: QRectF, column: str, row: GridRow, grid: Grid) -> None:
        behind, what = (grid.clean, 'clean') if column in ('clean', 'reference') else (grid.perturbed, 'perturbed')
        corner = box.topLeft()
        painter.drawPixmap(corner, self._layer(what, (behind,), grid.limits, box, self._plain, behind))
        if column in ('prediction', 'agreement'):
            painter.fillRect(box, _DIM)
        coded = {'prediction': error_image, 'agreement': votes_image}.get(column)
        if coded is not None:
            votes = [one.prediction for one in grid.rows] if column == 'agreement' else [row.prediction, row.error]
            layer = self._layer((column, row.lane), tuple(votes), grid.label, box, self._coded, coded, row)
            painter.drawPixmap(corner, layer)
        if column == 'clean' or (column == 'prediction' and row.error is None):
            self._outlined(painter, box, ('clean of', row.lane), row.clean_prediction, CLEAN)
        elif column == 'reference':
            self._outlined(painter, box, 'reference', grid.clean_reference, REFERENCE_COLOR)
        elif column == 'prediction':
            self._outlined(painter, box, 'moved reference', row.reference, REFERENCE_COLOR)

    def _outlined(self, painter: QPainter, box: QRectF, key: Hashable, labels: Any, colour: str) -> None:
        label = None if self.grid is None else self.grid.label
        width = min(max(box.height() / 170, 0.8), 1.4)
        layer = self._layer(key, (labels,), (label, width), box, self._outline, labels, label, colour, width)
        painter.drawPixmap(box.topLeft(), layer)

    def _layer(
        self, key: Hashable, arrays: tuple[Any, ...], also: object, box: QRectF, make: Callable[..., None], *given: Any
    ) -> QPixmap:
        """A picture of the size of a cell, painted anew only where its arrays, its size or the view are others."""
        ratio = self.devicePixelRatioF()
        wanted = (also, box.width(), box.height(), self.view, ratio)
        kept = self._kept.get(key)
        if kept is not None and kept[1] == wanted and all(a is b for a, b in zip(kept[0], arrays, strict=True)):
            return kept[2]
        made = QPixmap(round(box.width() * ratio), round(box.height() * ratio))
        made.setDevicePixelRatio(ratio)
        made.fill(QColor(0, 0, 0, 255 if make == self._plain else 0))
        pen = QPainter(made)
        assert self.view is not None
        pen.setTransform(self.view.transform(QRectF(0, 0, box.width(), box.height())), True)
        make(pen, *given)
        pen.end()
        self._kept[key] = (arrays, wanted, made)
        return made

    def _plain(self, pen: QPainter, image: Any) -> None:
        pen.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        pen.drawImage(QPointF(0, 0), plane_image(image, self.grid))

    def _coded(self, pen: QPainter, make: Callable[[GridRow, Grid], Any], row: GridRow) -> None:
        pen.drawImage(QPointF(0, 0), make(row, self.grid))

    @staticmethod
    def _outline(pen: QPainter, labels: Any, label: int | None, colour: str, width: float) -> None:
        path = outline_path(labels, label)
        pen.setRenderHint(QPainter.RenderHint.Antialiasing)
        for ink, across in ((QColor(0, 0, 0, 110), width + 0.9), (QColor(colour), width)):
            line = QPen(ink, across)
            line.setCosmetic(True)
            pen.setPen(line)
            pen.drawPath(path)

    def _paint_name(self, painter: QPainter, box: QRectF, row: GridRow) -> None:
        """Marker and name of a lane, its number, and what became of it."""
        palette, room = self._palette, QRectF(6, box.top(), _NAMES - 12, box.height())
        line = painter.fontMetrics().height()
        top = room.top() + max(0.0, (room.height() - 4.6 * line) / 2)
        colour = QColor(lane_colour(row.lane, palette))
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.translate(12, top + line / 2)
        painter.fillPath(marker(row.lane, 4.0), colour)
        painter.restore()

        def write(number: float, words: str, ink: str, left: float = 6.0) -> None:
            place = QRectF(left, top + number * line, _NAMES - left - 4, line * 1.5)
            painter.setPen(QColor(ink))
            shown = painter.fontMetrics().elidedText(words, Qt.TextElideMode.ElideMiddle, int(place.width()))
            painter.drawText(place, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop, shown)

        write(0, row.name, palette.text, 20.0)
        value = row.now.get(self.number)
        unit = None if value is None else value.unit
        number = 'pending' if self.pending else number_words(row.value(self.number), unit)
        font = QFont(painter.font())
        large = QFont(font)
        large.setPointSizeF(font.pointSizeF() * 1.45)
        large.setBold(True)
        painter.setFont(large)
        write(1.15, on_screen(number), palette.muted if self.pending else palette.text)
        painter.setFont(font)
        if self.pending:
            return
        change = change_words(row, self.number)
        if change is not None:
            loud = palette.ink(palette.warning)
            arrow = {'up': '\u25b2 ', 'down': '\u25bc ', '': ''}[change[0]]
            write(2.75, on_screen(arrow + change[1]), loud if change[1].endswith('worse') else palette.text)
            write(3.7, on_screen(f'clean {number_words(row.clean_value(self.number), unit)}'), palette.muted)
        elif value is not None and value.reason:
            write(2.75, value.reason, palette.muted)

    def _describe(self) -> None:
        """Say the numbers for those who hear them."""
        rows = () if self.grid is None else self.grid.rows
        said = (f'{row.name} {title_of(self.number)} {number_words(row.value(self.number))}' for row in rows)
        self.setAccessibleDescription(', '.join(said))

    # -- hands ----------------------------------------------------------------------------------------------

    def _under(self, place: QPointF) -> QRectF | None:
        rows = 0 if self.grid is None else len(self.grid.rows)
        cells = (self.cell(row, column) for row in range(rows) for column in range(len(self.columns)))
        return next((cell for cell in cells if cell.contains(place)), None)

    def set_view(self, view: LinkedView | None) -> None:
        """Show another part of the slice in every cell."""
        if view is not None and view != self.view:
            self.view = view
            self.update()

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Zoom; with Shift or Ctrl go through the slices. Beside the cells the wheel scrolls."""
        turned = event.angleDelta().y() or event.angleDelta().x()
        cell = self._under(event.position())
        if cell is None or self.view is None or not turned:
            event.ignore()
            return
        event.accept()
        if event.modifiers() & (Qt.KeyboardModifier.ShiftModifier | Qt.KeyboardModifier.ControlModifier):
            self.slice_stepped.emit(1 if turned > 0 else -1)
            return
        self.set_view(self.view.zoomed(_STEP ** (turned / 120), event.position(), cell))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Take hold of the pictures; beside them a click chooses the row."""
        if event.button() != Qt.MouseButton.LeftButton or self.grid is None:
            return
        place = event.position()
        if self._under(place) is not None:
            self._drag = place
            self.setCursor(Qt.CursorShape.ClosedHandCursor)
            return
        for number, row in enumerate(self.grid.rows):
            cell = self.cell(number, 0)
            if place.x() < _NAMES and cell.top() <= place.y() <= cell.bottom():
                self.chosen.emit(row.lane)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Move the pictures with the hand."""
        if self._drag is not None and self.view is not None:
            self.set_view(self.view.moved(event.position() - self._drag, self.cell(0, 0)))
            self._drag = event.position()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Let go."""
        self._drag = None
        self.setCursor(Qt.CursorShape.OpenHandCursor)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Show everything again."""
        if self.view is not None:
            self.set_view(LinkedView.fitting(self.view.shape, self.view.steps, self.view.shown))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Zoom with + and -, show everything with 0, go through the slices with Page Up and Page Down."""
        key, cell = event.key(), self.cell(0, 0)
        if key in (Qt.Key.Key_PageUp, Qt.Key.Key_PageDown):
            self.slice_stepped.emit(1 if key == Qt.Key.Key_PageUp else -1)
        elif key in (Qt.Key.Key_Plus, Qt.Key.Key_Minus) and self.view is not None:
            self.set_view(self.view.zoomed(_STEP if key == Qt.Key.Key_Plus else 1 / _STEP, cell.center(), cell))
        elif key == Qt.Key.Key_0 and self.view is not None:
            self.set_view(LinkedView.fitting(self.view.shape, self.view.steps, self.view.shown))
        else:
            super().keyPressEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Paint for the new size."""
        self._kept.clear()
        super().resizeEvent(event)
