"""What each input is: image, reference, prediction, rater, or nothing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from qtpy.QtCore import QSize, Qt, Signal
from qtpy.QtWidgets import QGridLayout, QPushButton, QVBoxLayout, QWidget
from superqt import QElidingLabel

from napari_segrobust.ui.widgets.controls import Combo, clear_grid, named

if TYPE_CHECKING:
    from collections.abc import Sequence


ROLES = ('image', 'reference', 'prediction', 'rater', 'ignore')
_MASKS = ('reference', 'prediction', 'rater')


@dataclass(frozen=True, slots=True)
class InputItem:
    """One input: its key, the name on screen, its role, and a detail for the tooltip."""

    key: str
    name: str
    role: str
    detail: str = ''


class RoleChips(QWidget):
    """Inputs with their roles, a button that swaps reference and prediction, and one that makes raters of all."""

    #: Mapping of key to role, of all inputs, after any change by hand.
    roles_changed = Signal(dict)

    def __init__(self, *, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._items: tuple[InputItem, ...] = ()
        self._roles: dict[str, str] = {}
        self.combos: dict[str, Combo] = {}
        self.swap = named(
            QPushButton('swap reference and prediction'),
            'Swap reference and prediction',
            'The first reference becomes the prediction, the first prediction the reference',
        )
        self.raters = named(
            QPushButton('all masks are raters'),
            'All masks are raters',
            'Every reference and prediction becomes a rater',
        )
        self._grid = QGridLayout()
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(6)
        self._grid.setVerticalSpacing(3)
        self._grid.setColumnStretch(0, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        layout.addLayout(self._grid)
        for button in (self.swap, self.raters):
            layout.addWidget(button, 0, Qt.AlignmentFlag.AlignRight)
        self.swap.clicked.connect(self._swap)
        self.raters.clicked.connect(self._all_are_raters)
        self.set_inputs(())

    def roles(self) -> dict[str, str]:
        """Return the role of each input by key."""
        return dict(self._roles)

    def set_inputs(self, items: Sequence[InputItem]) -> None:
        """Show `items` without emitting."""
        if [(i.key, i.name, i.detail) for i in items] != [(i.key, i.name, i.detail) for i in self._items]:
            self._rebuild(items)
        self._items = tuple(items)
        self._roles = {item.key: item.role for item in items}
        self._show()

    def sizeHint(self) -> QSize:
        """Return the height of the rows; names give way in width."""
        return QSize(280, super().sizeHint().height())

    def _rebuild(self, items: Sequence[InputItem]) -> None:
        clear_grid(self._grid)
        self.combos = {}
        for line, item in enumerate(items):
            name = QElidingLabel(item.name)
            name.setElideMode(Qt.TextElideMode.ElideMiddle)
            name.setMinimumWidth(60)
            name.setToolTip('\n'.join(filter(None, [item.name, item.detail])))
            combo = named(Combo(), f'Role of {item.name}', f'What {item.name} is')
            combo.setMinimumWidth(96)
            name.setBuddy(combo)
            self._grid.addWidget(name, line, 0)
            self._grid.addWidget(combo, line, 1)
            self.combos[item.key] = combo
            combo.currentTextChanged.connect(lambda role, key=item.key: self._take({key: role}))

    def _show(self) -> None:
        for key, role in self._roles.items():
            self.combos[key].set_items(ROLES, role)
        roles = list(self._roles.values())
        self.swap.setVisible({'reference', 'prediction'} <= set(roles))
        masks = sum(roles.count(role) for role in _MASKS)
        self.raters.setVisible(masks > 1 and roles.count('rater') < masks)

    def _take(self, changed: dict[str, str]) -> None:
        self._roles |= changed
        self._show()
        self.roles_changed.emit(self.roles())

    def _swap(self) -> None:
        first = {
            role: next(key for key, value in self._roles.items() if value == role)
            for role in ('reference', 'prediction')
        }
        self._take({first['reference']: 'prediction', first['prediction']: 'reference'})

    def _all_are_raters(self) -> None:
        self._take({key: 'rater' for key, role in self._roles.items() if role in _MASKS})
