"""The dock of the lab: which scene, who has guessed, what is changed, and what else there is to see."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtCore import QPoint, QSignalBlocker, Signal
from qtpy.QtWidgets import QVBoxLayout, QWidget

from napari_segrobust.ui.connections import Connections
from napari_segrobust.ui.lab.edits import EditSection
from napari_segrobust.ui.lab.extras import ExtrasSection
from napari_segrobust.ui.lab.guess import GuessSection
from napari_segrobust.ui.lab.keys import LAB_KEYS
from napari_segrobust.ui.sections.base import button, line, quiet
from napari_segrobust.ui.widgets.card import Definition, DefinitionCard
from napari_segrobust.ui.widgets.controls import Combo, IconButton, named
from napari_segrobust.ui.widgets.scroll import Column

if TYPE_CHECKING:
    from qtpy.QtGui import QHideEvent

    from napari_segrobust.ui.lab.state import Lab
    from napari_segrobust.ui.widgets.palette import Palette


class LabPanel(QWidget):
    """Everything that is done in the lab by hand.

    Parameters
    ----------
    lab : Lab
    palette : Palette
    """

    close_asked = Signal()
    present_asked = Signal(bool)
    #: The dock was hidden by a person, not with its window.
    hidden = Signal()

    def __init__(self, lab: Lab, palette: Palette) -> None:
        super().__init__()
        self.lab = lab
        self._links = Connections()
        self.scene = named(Combo(), 'Scene', 'Which pitfall is on stage')
        self.back = IconButton('left', 'Previous scene', 'Previous scene (key PageUp)', palette=palette)
        self.forth = IconButton('right', 'Next scene', 'Next scene (key PageDown)', palette=palette)
        self.help = IconButton('help', 'Keys of the lab', 'Which keys do what', palette=palette)
        self.source = quiet()
        self.guess = GuessSection(lab, palette)
        self.edits = EditSection(lab, palette)
        self.extras = ExtrasSection(lab, palette)
        self.sections = (self.guess, self.edits, self.extras)
        self.present = button('Present', 'Large type, no docks (key P)', lambda: self.present_asked.emit(True))
        self.leave = button('Close the lab', 'Back to the explorer', self.close_asked.emit)
        self.card = DefinitionCard(palette=palette, parent=self)
        column = Column()
        for section in self.sections:
            column.add(section)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(4, 4, 4, 4)
        layout.setSpacing(4)
        layout.addWidget(line(self.back, (self.scene, 1), self.forth, self.help))
        layout.addWidget(self.source)
        layout.addWidget(column, 1)
        layout.addWidget(line((self.present, 1), (self.leave, 1)))
        self.titles = [scene.title for scene in lab.game.scenes]
        self.scene.addItems(self.titles)
        self.scene.currentIndexChanged.connect(lab.game.go_to)
        self.back.clicked.connect(lambda _checked=False: lab.game.previous_scene())
        self.forth.clicked.connect(lambda _checked=False: lab.game.next_scene())
        self.help.clicked.connect(self.show_keys)
        self._links.add(lab.game.events.index, self.sync)
        self.sync()

    def shutdown(self) -> None:
        """Cut the connections. Idempotent."""
        self._links.close()
        for section in self.sections:
            section.shutdown()

    def sync(self, *_: object) -> None:
        """Show which scene is on stage."""
        with QSignalBlocker(self.scene):
            self.scene.setCurrentIndex(self.lab.game.index)
        self.source.setText(self.lab.game.scene.source)
        self.source.setVisible(bool(self.lab.game.scene.source))

    def show_keys(self, _checked: bool = False) -> None:
        """List the keys beside the button."""
        keys = tuple((key.key, key.words) for key in LAB_KEYS)
        corner = self.help.mapToGlobal(QPoint(0, self.help.height()))
        words = 'They work while the stage has the focus: click on it.'
        self.card.show_definition(Definition('Keys of the lab', words, lines=keys), corner)

    def hideEvent(self, event: QHideEvent) -> None:
        """Tell that the dock was closed; a window that is minimised hides it too, and is meant to come back."""
        super().hideEvent(event)
        if not event.spontaneous() and not self.window().isHidden():
            self.hidden.emit()
