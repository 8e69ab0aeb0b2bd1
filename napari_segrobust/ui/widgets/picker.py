"""A list to choose one of many things from: type to search, arrows to move, Enter to take."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from qtpy.QtCore import QEvent, QObject, QPoint, Qt, Signal
from qtpy.QtGui import QGuiApplication
from qtpy.QtWidgets import QDialog, QHBoxLayout, QLabel, QLineEdit, QListView, QVBoxLayout, QWidget

from napari_segrobust.ui.widgets.controls import IconButton, named
from napari_segrobust.ui.widgets.picker_rows import KEY, PickerDelegate, PickerModel
from napari_segrobust.ui.widgets.style import style_sheet

if TYPE_CHECKING:
    from collections.abc import Sequence

    from qtpy.QtCore import QModelIndex
    from qtpy.QtGui import QPixmap, QShowEvent

    from napari_segrobust.ui.widgets.palette import Palette

_SIZE = (440, 520)


@dataclass(frozen=True, slots=True)
class Choice:
    """One thing that can be chosen.

    Attributes
    ----------
    key, title : str
        What is emitted, and words on screen.
    words : str
        One sentence, below the title and as the tooltip.
    section, group : str
        Headings that it stands under; choices of one section and group stand together.
    more : str
        Further words that it is found by.
    why_not : str
        Why it cannot be chosen; "" where it can.
    """

    key: str
    title: str
    words: str = ''
    section: str = ''
    group: str = ''
    more: str = ''
    why_not: str = ''


class Picker(QDialog):
    """Small window with a search field and a list; Esc, or a click elsewhere, closes it.

    Parameters
    ----------
    title : str
        What is chosen, for screen readers.
    palette : Palette
    """

    #: Key of what was chosen; the window is closed by then.
    chosen = Signal(str)
    #: Other rows came into view: `wanted` may say something new.
    scrolled = Signal()

    def __init__(self, title: str, *, palette: Palette, parent: QWidget | None = None) -> None:
        super().__init__(parent, Qt.WindowType.Popup)
        self.setModal(False)
        self.setAccessibleName(title)
        self.setWindowTitle(title)
        self.search = named(QLineEdit(), f'Search: {title}', 'Type a few letters; arrows move, Enter takes, Esc closes')
        self.search.setPlaceholderText('type to search')
        self.search.setClearButtonEnabled(True)
        self.count = QLabel()
        self.count.setProperty('role', 'muted')
        self.model = PickerModel()
        self.view = named(QListView(), title, '')
        self.view.setModel(self.model)
        self.view.setUniformItemSizes(False)
        self.view.setMouseTracking(True)
        self.view.setVerticalScrollMode(QListView.ScrollMode.ScrollPerPixel)
        self.view.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.view.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # the search field keeps it: typing always searches
        self._delegate = PickerDelegate(palette, self.view)
        self.view.setItemDelegate(self._delegate)
        self.reason = QLabel()
        self.reason.setProperty('role', 'muted')
        self.reason.setWordWrap(True)
        self._close = IconButton('close', f'Close: {title}', 'Close (Esc)', palette=palette)
        self._close.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        top = QHBoxLayout()
        for part, stretch in ((self.search, 1), (self.count, 0), (self._close, 0)):
            top.addWidget(part, stretch)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(8, 8, 8, 8)
        layout.setSpacing(6)
        layout.addLayout(top)
        layout.addWidget(self.view, 1)
        layout.addWidget(self.reason)
        self._connect()
        self.apply_palette(palette)

    def _connect(self) -> None:
        self._close.clicked.connect(self.reject)
        self.search.textChanged.connect(self._filter)
        self.search.installEventFilter(self)
        self.view.clicked.connect(self._take)
        self.view.selectionModel().currentChanged.connect(self._tell)
        self.view.verticalScrollBar().valueChanged.connect(lambda _value: self.scrolled.emit())

    # -- what is shown ------------------------------------------------------------------------------------------

    def set_choices(self, choices: Sequence[Choice]) -> None:
        """Offer `choices`, in this order; the search begins anew."""
        self.model.set_choices(choices)
        self.search.clear()
        self._filter('')

    def set_pictures(self, key: str, pictures: Sequence[QPixmap]) -> None:
        """Show small pictures beside a choice; an empty sequence says that there are none."""
        self.model.set_pictures(key, tuple(pictures))

    def forget_pictures(self) -> None:
        """They are of something else from now on."""
        self.model.forget_pictures()

    def wanted(self) -> str | None:
        """Key of the first choice in view without pictures."""
        area = self.view.viewport().rect()
        for row in range(self.model.rowCount()):
            index = self.model.index(row)
            key = index.data(KEY)
            if key and not self.model.has_pictures(key) and self.view.visualRect(index).intersects(area):
                return str(key)
        return None

    def shown(self) -> list[str]:
        """Keys of the choices that the search has left, in order."""
        return self.model.keys()

    def open_at(self, corner: QPoint) -> None:
        """Show the window with its corner at a place of the screen, moved inside it, ready to type."""
        screen = QGuiApplication.screenAt(corner) or QGuiApplication.primaryScreen()
        free = screen.availableGeometry()
        width, height = min(_SIZE[0], free.width()), min(_SIZE[1], free.height())
        self.resize(width, height)
        x = max(free.left(), min(corner.x(), free.right() - width))
        y = max(free.top(), min(corner.y(), free.bottom() - height))
        self.move(x, y)
        self.search.clear()
        self.show()
        self.raise_()

    def showEvent(self, event: QShowEvent) -> None:
        """Take the keys."""
        super().showEvent(event)
        self.search.setFocus()
        self._select(self.model.first())
        self.scrolled.emit()

    def apply_palette(self, palette: Palette) -> None:
        """Take the colours of `palette`."""
        self._delegate.apply_palette(palette)
        self._close.apply_palette(palette)
        self.setStyleSheet(
            style_sheet(palette)
            + f"""
            QDialog {{ background: {palette.foreground}; border: 1px solid {palette.secondary}; }}
            QLineEdit {{ background: {palette.background}; border: 1px solid transparent; padding: 3px; }}
            QLineEdit:focus {{ border-color: {palette.accent}; }}
            QListView {{ background: {palette.foreground}; }}
            """
        )

    # -- hands --------------------------------------------------------------------------------------------------

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Arrows and Enter in the search field belong to the list."""
        if watched is self.search and event.type() == QEvent.Type.KeyPress:
            steps = {Qt.Key.Key_Down: 1, Qt.Key.Key_Up: -1, Qt.Key.Key_PageDown: 6, Qt.Key.Key_PageUp: -6}
            if event.key() in steps:
                self._select(self.model.step(self.view.currentIndex(), steps[event.key()]))
                return True
            if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
                self._take(self.view.currentIndex())
                return True
        return super().eventFilter(watched, event)

    def _filter(self, text: str) -> None:
        self.model.search(text)
        found = len(self.model.keys())
        self.count.setText(f'{found} of {self.model.total}' if text else str(found))
        self._select(self.model.first())
        self.scrolled.emit()

    def _select(self, index: QModelIndex) -> None:
        self.view.setCurrentIndex(index)
        if index.isValid():
            self.view.scrollTo(index)
            if index == self.model.first():
                self.view.scrollToTop()
        self._tell(index)

    def _tell(self, index: QModelIndex, _before: object = None) -> None:
        choice = self.model.choice(index)
        words = 'Nothing is called so.' if choice is None else choice.why_not or choice.words
        self.reason.setText(words)
        self.view.setAccessibleDescription('' if choice is None else f'{choice.title}. {words}')

    def _take(self, index: QModelIndex) -> None:
        choice = self.model.choice(index)
        if choice is not None and not choice.why_not:
            self.accept()
            self.chosen.emit(choice.key)
