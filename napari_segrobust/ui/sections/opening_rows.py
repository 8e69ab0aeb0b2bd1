"""Models on their way to a lane: being read, asked about, or refused; and the form of a spec that is open."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from qtpy.QtWidgets import QLabel, QPushButton, QVBoxLayout, QWidget

from napari_segrobust.errors import ModelError
from napari_segrobust.explore.spec_draft import SpecDraft
from napari_segrobust.segment.spec_file import write_spec
from napari_segrobust.ui.connections import Connections
from napari_segrobust.ui.sections.base import button, line, quiet
from napari_segrobust.ui.sections.spec_form import SpecForm
from napari_segrobust.ui.widgets.controls import IconButton
from napari_segrobust.ui.widgets.palette import theme_tree

if TYPE_CHECKING:
    from napari_segrobust.explore.opening import Opening
    from napari_segrobust.segment.spec import ModelSpec
    from napari_segrobust.ui.app import Explorer
    from napari_segrobust.ui.widgets.palette import Palette

#: So many expressions are shown; the others are counted.
_SHOWN = 6


class OpeningRows(QWidget):
    """One block for each of `ModelLoader.openings`.

    Parameters
    ----------
    explorer : Explorer
    palette : Palette
    """

    def __init__(self, explorer: Explorer, palette: Palette) -> None:
        super().__init__()
        self.session = explorer.session
        self.loader = explorer.session.loader
        self.palette_ = palette
        self.blocks: dict[int, QWidget] = {}
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(4)
        self._shown: list[tuple[int, str]] = []
        self.links = Connections()
        self.links.add(self.loader.changed, self.sync)
        self.links.add(self.session.state.events.lanes, self._follow)
        self.sync()

    @property
    def forms(self) -> list[SpecForm]:
        """The forms that are open."""
        return [block for block in self.blocks.values() if isinstance(block, SpecForm)]

    def form_of(self, index: int) -> SpecForm | None:
        """The open form of a lane's spec."""
        found = next((o for o in self.loader.openings if o.place == index and o.stage == 'editing'), None)
        return None if found is None else self.blocks.get(id(found))

    def sync(self) -> None:
        """Show every opening as it stands; a form that is open stays, with what was typed into it."""
        openings = self.loader.openings
        shown = {id(opening): _block_kind(opening) for opening in openings}
        for key in [key for key, block in self.blocks.items() if shown.get(key) != block.kind]:
            block = self.blocks.pop(key)
            self._column.removeWidget(block)
            block.hide()
            block.deleteLater()
        for place, opening in enumerate(openings):
            if id(opening) not in self.blocks:
                block = self._make(opening)
                block.kind = shown[id(opening)]
                self.blocks[id(opening)] = block
                self._column.insertWidget(place, block)
                theme_tree(block, self.palette_)
            if isinstance(form := self.blocks[id(opening)], SpecForm):
                reading = opening.stage == 'reading'
                form.show_message('reading ...' if reading else _said(opening), busy=reading)
        self.setVisible(bool(openings))

    def apply_palette(self, palette: Palette) -> None:
        """Take the colours of `palette`, and keep them for what is made later."""
        self.palette_ = palette

    def _make(self, opening: Opening) -> QWidget:
        if _block_kind(opening) == 'form':
            return self._form(opening)
        block = QWidget()
        column = QVBoxLayout(block)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(2)
        title = QLabel(f'{opening.title}: reading ...' if opening.stage == 'reading' else opening.title)
        away = IconButton('close', f'Forget {opening.title}', 'Forget it; the lanes stay', palette=self.palette_)
        away.clicked.connect(partial(self._dismiss, opening))
        column.addWidget(line((title, 1), away))
        if opening.stage == 'consent' and opening.question is not None:
            block.yes = self._ask_consent(opening, opening.question.expressions, column)
        elif opening.stage == 'failed':
            words = quiet(opening.message)
            words.setStyleSheet(f'color: {self.palette_.ink(self.palette_.error)};')
            column.addWidget(words)
        return block

    def _ask_consent(self, opening: Opening, expressions: tuple[str, ...], column: QVBoxLayout) -> QPushButton:
        """Show the code, and ask; gives back the button that allows it."""
        column.addWidget(quiet('It brings code of its own, which could do anything on this computer:'))
        more = [f'and {len(expressions) - _SHOWN} more'] if len(expressions) > _SHOWN else []
        code = QLabel('\n'.join([*expressions[:_SHOWN], *more]))
        code.setObjectName('code')
        code.setStyleSheet('font-family: monospace;')
        code.setWordWrap(True)
        code.setToolTip('\n'.join(expressions))
        column.addWidget(code)
        yes = button('Run this code', 'Only where you trust who made it', lambda: self.loader.trust(opening))
        no = button('Leave it', 'Do not open this model', partial(self.loader.dismiss, opening))
        column.addWidget(line((yes, 1), (no, 1)))
        return yes

    def _form(self, opening: Opening) -> SpecForm:
        asked = opening.question
        facts = () if asked is None else asked.facts
        if opening.stage == 'editing' and opening.spec is not None:
            form = SpecForm(SpecDraft.of(opening.spec, facts), opening.title, self.palette_, live=True)
        else:
            known = {} if asked is None else asked.known
            missing = () if asked is None else asked.missing
            draft = SpecDraft.asking(Path(opening.source).stem, missing, known, facts)
            form = SpecForm(draft, opening.title, self.palette_)
        form.used.connect(partial(self.loader.answer, opening))
        form.kept.connect(partial(self._keep, opening))
        form.closed.connect(partial(self.loader.dismiss, opening))
        return form

    def _keep(self, opening: Opening, spec: ModelSpec) -> None:
        """Write the spec beside the model, and run with it; a folder that takes none stops only the writing."""
        form = self.blocks.get(id(opening))
        if opening.stage == 'asking':
            self.loader.answer(opening, spec)

        def told(words: str) -> None:
            if isinstance(form, SpecForm) and form in self.forms:
                form.show_message(words)
            self.loader.tell(opening, words)

        def write() -> str:
            try:
                return f'Saved as {write_spec(Path(opening.source), spec).name}.'
            except ModelError as error:
                return str(error)

        self.session.load(write, told, quiet=True)

    def _dismiss(self, opening: Opening, _checked: bool = False) -> None:
        self.loader.dismiss(opening)

    def _follow(self, *_: object) -> None:
        """Undo and redo change the spec of a lane: its form says what is in force."""
        lanes = self.session.state.lanes
        for opening in self.loader.openings:
            form = self.blocks.get(id(opening))
            if opening.stage != 'editing' or not isinstance(form, SpecForm) or opening.place is None:
                continue
            spec = lanes[opening.place].spec if opening.place < len(lanes) else None
            if spec is not None and spec != opening.spec:
                opening.spec = spec
                form.show_draft(SpecDraft.of(spec, form.draft.facts))


def _block_kind(opening: Opening) -> str:
    """What is shown of an opening: a form stays while its answers are being read."""
    asked = opening.question is not None and bool(opening.question.missing)
    if opening.stage in ('asking', 'editing') or (opening.stage == 'reading' and asked):
        return 'form'
    return opening.stage


def _said(opening: Opening) -> str:
    """The last failure, but for the one that the form itself is the answer to."""
    first = opening.question.message if opening.question is not None else ''
    return '' if opening.message == first else opening.message
