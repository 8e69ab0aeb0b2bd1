"""A row of small pictures with a name and a number under each, that plays forth and back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtCore import QRectF, QSize, Qt, QTimer, Signal
from qtpy.QtGui import QColor, QPainter, QPen
from qtpy.QtWidgets import QSizePolicy, QToolTip, QVBoxLayout, QWidget

from napari_segrobust.digits import three_digits
from napari_segrobust.ui.widgets.controls import IconButton
from napari_segrobust.ui.widgets.painted import Painted
from napari_segrobust.ui.widgets.thumbnail import paint_picture

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from qtpy.QtGui import QKeyEvent, QMouseEvent, QPaintEvent, QPixmap

    from napari_segrobust.ui.widgets.palette import Palette

#: From one frame to the next, at least.
FRAME_MS = 700
_GAP = 4
_MAX_SIDE = 84


class Frames(Painted):
    """The pictures. Left and right choose another one, Enter and a click go there."""

    #: Number of the frame that was clicked.
    chosen = Signal(int)
    smaller = 1

    def __init__(self, *, palette: Palette, parent: QWidget | None = None) -> None:
        super().__init__(palette, parent)
        self._titles: tuple[str, ...] = ()
        self._pictures: dict[int, QPixmap] = {}
        self._values: dict[int, float | None] = {}
        self.current: int | None = None
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName('Film strip')
        self.setMouseTracking(True)
        self.apply_palette(palette)

    def set_titles(self, titles: Sequence[str]) -> None:
        """Show empty frames of these names."""
        self._titles = tuple(titles)
        self._pictures, self._values = {}, {}
        self._describe()

    def set_frame(self, number: int, picture: QPixmap, value: float | None) -> None:
        """Fill one frame."""
        self._pictures[number], self._values[number] = picture, value
        self._describe()

    def set_current(self, number: int | None) -> None:
        """Frame the one that the canvas shows; None for none of them."""
        if number != self.current:
            self.current = number
            self.update()

    def is_empty(self, number: int) -> bool:
        """Whether a frame has no picture yet."""
        return number not in self._pictures

    def values(self) -> list[float | None]:
        """Numbers under the frames, None where there is none yet."""
        return [self._values.get(number) for number in range(len(self._titles))]

    def count(self) -> int:
        """How many frames there are."""
        return len(self._titles)

    def box(self, number: int) -> QRectF:
        """Return where a frame lies, its words included."""
        width = (self.width() - _GAP * (len(self._titles) - 1)) / max(1, len(self._titles))
        return QRectF(number * (width + _GAP), 0, width, self.height())

    def sizeHint(self) -> QSize:
        """Return room for a picture over two lines."""
        return QSize(280, self._side() + 2 * self.fontMetrics().height() + 4)

    def minimumSizeHint(self) -> QSize:
        """Return the smallest size at which five pictures are seen."""
        return QSize(200, self.sizeHint().height())

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint all frames."""
        painter, palette = QPainter(self), self._palette
        line = self.fontMetrics().height()
        for number, title in enumerate(self._titles):
            box = self.box(number)
            side = min(box.width(), self.height() - 2 * line - 4)
            frame = QRectF(box.left() + (box.width() - side) / 2, 0, side, side)
            paint_picture(painter, self._pictures.get(number), frame, palette)
            here = number == self.current
            if here:
                painter.setPen(QPen(QColor(palette.accent), 2))
                painter.drawRect(frame.adjusted(1, 1, -1, -1))
            painter.setPen(QColor(palette.text if here else palette.muted))
            words = QRectF(box.left(), side + 2, box.width(), line)
            painter.drawText(words, Qt.AlignmentFlag.AlignHCenter, self._elided(title, box.width()))
            value = self._values.get(number)
            number_words = '' if number not in self._values else 'undefined' if value is None else three_digits(value)
            painter.drawText(words.translated(0, line), Qt.AlignmentFlag.AlignHCenter, number_words)
        if self.hasFocus():
            painter.setPen(QColor(palette.accent))
            painter.drawRect(self.rect().adjusted(0, 0, -1, -1))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Go to the frame that was clicked."""
        number = self._at(event.position().x())
        if event.button() == Qt.MouseButton.LeftButton and number is not None:
            self.chosen.emit(number)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Say the whole name of the frame under the mouse."""
        number = self._at(event.position().x())
        words = '' if number is None else f'{self._titles[number]}: click to go there'
        QToolTip.showText(event.globalPosition().toPoint(), words, self)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Step to the next frame, or to the one before."""
        steps = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}
        if event.key() in steps and self._titles:
            start = self.current if self.current is not None else -1
            self.chosen.emit(min(max(start + steps[event.key()], 0), len(self._titles) - 1))
        else:
            super().keyPressEvent(event)

    def _at(self, x: float) -> int | None:
        return next((n for n in range(len(self._titles)) if self.box(n).left() <= x < self.box(n).right()), None)

    def _side(self) -> int:
        count = max(5, len(self._titles))
        return int(min(_MAX_SIDE, (max(self.width(), 280) - _GAP * (count - 1)) / count))

    def _elided(self, words: str, width: float) -> str:
        return self.fontMetrics().elidedText(words, Qt.TextElideMode.ElideRight, int(width))

    def _describe(self) -> None:
        words = [
            f'{title} {three_digits(self._values[n]) if self._values.get(n) is not None else ""}'.rstrip()
            for n, title in enumerate(self._titles)
        ]
        self.setAccessibleDescription(', '.join(words))
        self.updateGeometry()
        self.update()


class FilmStrip(QWidget):
    """Frames, and a button that plays them forth and back, to be laid out beside their title.

    Parameters
    ----------
    palette : Palette
    ready : callable
        Asked before each step: whether the frame at hand is seen by now.
    """

    chosen = Signal(int)
    #: True when it begins to play, False when it pauses.
    playing_changed = Signal(bool)

    def __init__(self, *, palette: Palette, ready: Callable[[], bool], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._ready = ready
        self._step = 1
        self.frames = Frames(palette=palette)
        self.play = IconButton('play', 'Play the film strip', 'Play the levels forth and back', palette=palette)
        self.play.setCheckable(True)
        self.timer = QTimer(self)
        self.timer.setInterval(FRAME_MS)
        self.timer.timeout.connect(self._advance)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.frames)
        self.frames.chosen.connect(self._choose)
        self.play.toggled.connect(self._toggle)

    def pause(self) -> None:
        """Stop playing."""
        self.play.setChecked(False)

    def is_playing(self) -> bool:
        """Whether it plays."""
        return self.timer.isActive()

    def apply_palette(self, palette: Palette) -> None:
        """Take the colours of `palette`."""
        self.play.apply_palette(palette)
        self.frames.apply_palette(palette)

    def _choose(self, number: int) -> None:
        self.pause()
        self.chosen.emit(number)

    def _toggle(self, on: bool) -> None:
        self.play.set_icon('pause' if on else 'play')
        words = 'Pause' if on else 'Play the levels forth and back'
        self.play.setToolTip(words)
        if on:
            self.timer.start()
        else:
            self.timer.stop()
        self.playing_changed.emit(on)

    def _advance(self) -> None:
        """Go one frame on, and turn round at the ends; wait while the last one is not seen yet."""
        count = self.frames.count()
        if count < 2 or not self._ready():
            return
        here = self.frames.current
        if here is None:
            self.chosen.emit(0)
            return
        if not 0 <= here + self._step < count:
            self._step = -self._step
        self.chosen.emit(here + self._step)
