"""One mask, or one soft label, from all raters: by which rule, how it looks, and where it is weak."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from napari.utils.notifications import show_info
from qtpy.QtCore import Qt
from qtpy.QtWidgets import QCheckBox, QFileDialog, QFrame, QHBoxLayout, QLabel, QScrollArea

from napari_segrobust.cases.save import save_image
from napari_segrobust.errors import SegrobustError
from napari_segrobust.review.consensus import RULES, ConsensusCode
from napari_segrobust.review.made import ALL_RULES, SOFT, Made, make_consensus
from napari_segrobust.review.marks import letter_of
from napari_segrobust.ui.canvas.colors import WHITE
from napari_segrobust.ui.outputs.export import IMAGES
from napari_segrobust.ui.review.consensus_canvas import ConsensusCanvas
from napari_segrobust.ui.review.consensus_maps import (
    alone_drawing,
    consensus_drawing,
    entropy_drawing,
    votes_drawing,
)
from napari_segrobust.ui.review.consensus_numbers import Rows, rater_rows, rule_rows
from napari_segrobust.ui.review.consensus_use import reference_name, with_consensus
from napari_segrobust.ui.review.contours import Outline, outlines_of
from napari_segrobust.ui.review.page import PageSpec, ReviewPage
from napari_segrobust.ui.review.plain_table import PlainTable
from napari_segrobust.ui.review.rule_words import RULE_WORDS, title_of
from napari_segrobust.ui.review.soft_model import SoftModel
from napari_segrobust.ui.review.soft_panel import SoftPanel
from napari_segrobust.ui.sections.base import button, column, line, quiet
from napari_segrobust.ui.widgets.controls import Combo, buddy, named
from napari_segrobust.ui.widgets.panes import Pane, Panes

if TYPE_CHECKING:
    from napari_segrobust.review import Agreement
    from napari_segrobust.ui.app import Explorer
    from napari_segrobust.ui.review.consensus_maps import Drawing
    from napari_segrobust.ui.widgets.palette import Palette

REGION, WHOLE = 'region', 'whole array'
CONSENSUS, VOTES, ENTROPY, ALONE, NO_MAP = 'consensus', 'votes', 'entropy, bits', 'one rater alone', 'no map'
#: With room for the words on STAPLE and two raters.
_LEAST_HEIGHT = 128
#: Of the column with the choices, in pixels.
_HAND_WIDTH = 256
MAPS = (CONSENSUS, VOTES, ENTROPY, ALONE, NO_MAP)


class ConsensusPage(ReviewPage):
    """Bound to the review of an explorer.

    Parameters
    ----------
    explorer : Explorer
    palette : Palette
    """

    def __init__(self, explorer: Explorer, palette: Palette) -> None:
        super().__init__(explorer, palette)
        self.canvas = ConsensusCanvas(explorer)
        self.model = SoftModel(explorer)
        self._rule = 'majority'
        self.rule = named(Combo(), 'Rule', 'How one mask is made of several; or choose a row of the table')
        words = (
            'The box of all raters grown by a margin, or everything: STAPLE depends on how much background takes part'
        )
        self.where = named(Combo(), 'Where', words)
        self.map = named(Combo(), 'Map', 'What is laid over the image; beside other maps the consensus is a white line')
        self.rater = named(Combo(), 'Rater', 'Where this rater alone is in, or alone is out')
        words = 'The border that each rater drew on the shown slice, with its letter, colour and dashes'
        self.contours = named(QCheckBox('contours of all raters'), 'Contours of all raters', words)
        self.meaning, self.weakness, self.said = quiet(), QLabel(), quiet()
        self.weakness.setWordWrap(True)
        words = 'Compare with this consensus from now on; raters stay raters, and ties are out'
        self.use = button('Use as reference', words, self._use)
        words = 'Write 0 out, 1 in, 2 tie, 3 nobody looked; the soft label as shares; all labels as they are'
        self.export = button('Export ...', words, self._ask_path)
        self.rules = PlainTable('Volumes of all rules', chooses=True)
        self.raters = PlainTable('Raters under this rule')
        self.soft = SoftPanel(palette=palette)
        self._lay_out()
        self.rule.set_items([RULE_WORDS[rule].title for rule in ALL_RULES], RULE_WORDS['majority'].title)
        self.where.set_items([REGION, WHOLE], REGION)
        self.map.set_items(MAPS, CONSENSUS)
        self.rule.currentTextChanged.connect(self._choose_title)
        self.rules.itemSelectionChanged.connect(self._choose_row)
        for combo in (self.where, self.map, self.rater):
            combo.currentTextChanged.connect(self.sync)
        self.contours.toggled.connect(self.sync)
        for signal in (self.session.volume_ready, self.session.requested, explorer.lane_changed, self.model.changed):
            self.links.add(signal, self._sync_model)

    def _lay_out(self) -> None:
        # Where the dock is low what is said scrolls: nothing of it makes the window higher than a screen.
        scroll = QScrollArea()
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        scroll.setWidgetResizable(True)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        chosen = column(
            line(buddy('map', self.map), (self.map, 1), (self.rater, 1)), self.contours, self.meaning, self.weakness
        )
        chosen.layout().addStretch(1)
        scroll.setWidget(chosen)
        rule = line(buddy('rule', self.rule), (self.rule, 3), buddy('in', self.where), (self.where, 2))
        hand = column(rule, scroll, line((self.use, 1), (self.export, 1)), spacing=3)
        hand.setFixedWidth(_HAND_WIDTH)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(2, 4, 2, 2)
        self.panes = Panes(
            (
                Pane('Rule', hand, _HAND_WIDTH, 0),
                Pane('Rules', self.rules, 345, 36),
                Pane('Raters', column(self.said, self.raters), 210, 25),
                Pane('Soft label', self.soft, 290, 36),
                Pane('Calibration', column(self.soft.plot), 110, 2),
            ),
            spacing=10,
        )
        layout.addWidget(self.panes)
        self.setMinimumHeight(_LEAST_HEIGHT)

    # -- showing ----------------------------------------------------------------------------------------------------

    def sync(self, *_: object) -> None:
        """Show the review as it is now."""
        agreement, words = self.review.agreement, RULE_WORDS[self._rule]
        self.rule.set_items([RULE_WORDS[rule].title for rule in ALL_RULES], words.title)
        self.meaning.setText(words.meaning)
        self.weakness.setText(f'Weak: {words.weakness}')
        titles = [self.review.title(name) for name in self._names(agreement)]
        self.rater.set_items(
            titles, self.rater.currentText() if self.rater.currentText() in titles else (titles or [''])[0]
        )
        self.rater.setVisible(self.map.currentText() == ALONE)
        made = self._made()
        for part in (self.use, self.export):
            part.setEnabled(isinstance(made, Made))
        self._show_tables(agreement, made)
        self._draw(agreement, made)
        self._sync_model()

    def hidden(self) -> None:
        """Draw nothing over the image while another page is seen."""
        self.canvas.hide()
        self.model.close()

    def shutdown(self) -> None:
        """Take away what is drawn, and cut the connections. Idempotent."""
        super().shutdown()
        self.model.close()
        self.canvas.close()

    def _sync_model(self, *_: object) -> None:
        if self.isVisible():
            self.soft.show_found(self.model.found())

    def _names(self, agreement: Agreement | None) -> list[str]:
        """Raters that vote, in the order of their titles where these stand for names."""
        names = [] if agreement is None else list(agreement.votes.names)
        return names if self.review.blinding is None else sorted(names, key=self.review.title)

    def _lettered(self, place: int, name: str) -> str:
        """A short name behind the letter that its contour has, unless it begins with that."""
        letter, short = letter_of(place), self.review.short(name)
        return short if short.split(' ')[0] == letter else f'{letter}  {short}'

    @property
    def _whole(self) -> bool:
        return self.where.currentText() == WHOLE

    def _made(self) -> Made | SegrobustError | None:
        case = self.review.case
        if case is None:
            return None
        rule, whole, masks = self._rule, self._whole, case.references
        found: Made | SegrobustError | None = self.review.ask(
            ('consensus', rule, whole), lambda agreement: make_consensus(agreement, rule, masks, whole=whole)
        )
        return found

    def _show_tables(self, agreement: Agreement | None, made: Made | SegrobustError | None) -> None:
        case, whole, rule = self.review.case, self._whole, self._rule
        masks = {} if case is None else case.references
        rules = self.review.ask(('rules', whole), lambda found: rule_rows(found, whole))
        raters = self.review.ask(('raters', rule, whole), lambda found: rater_rows(found, rule, whole, masks))
        self.said.setText('' if agreement is None else 'pending')
        for table, found in ((self.rules, rules), (self.raters, raters)):
            table.setVisible(isinstance(found, Rows))
        if isinstance(made, SegrobustError):
            self.said.setText(str(made))
            self.said.setVisible(True)
            return
        if isinstance(rules, Rows):
            cells = [(RULE_WORDS[key].title, *row) for key, row in zip(rules.keys, rules.cells, strict=True)]
            words = 'Change: against the strict majority.'
            self.rules.set_rows(rules.header, cells, [f'{RULE_WORDS[key].meaning}\n{words}' for key in rules.keys])
            self.rules.choose(rules.keys.index(rule) if rule in rules.keys else -1)
        if isinstance(raters, Rows):
            self.said.setText('\n'.join(raters.words))
            rows, names = dict(zip(raters.keys, raters.cells, strict=True)), self._names(agreement)
            cells = [(self._lettered(i, name), *rows[name]) for i, name in enumerate(names)]
            header = (self.review.common or raters.header[0], *raters.header[1:])
            self.raters.set_rows(header, cells, [self.review.title(name) for name in names])
        self.said.setVisible(bool(self.said.text()))

    # -- on the canvas ----------------------------------------------------------------------------------------------

    def _draw(self, agreement: Agreement | None, made: Made | SegrobustError | None) -> None:
        if agreement is None or not self.isVisible():
            self.canvas.hide()
            return
        outlines = self._outlines(agreement) if self.contours.isChecked() else []
        if self.map.currentText() not in (CONSENSUS, NO_MAP) and isinstance(made, Made) and made.rule in RULES:
            mask = self.review.ask(('mask', made.rule, self._whole), lambda _: made.array == ConsensusCode.IN)
            if mask is not None:
                outlines.append(Outline('consensus', mask, '=', WHITE))
        drawing = self._drawing(agreement, made)
        if drawing is not None or self.map.currentText() == NO_MAP:
            self.canvas.show(drawing, outlines)

    def _outlines(self, agreement: Agreement) -> list[Outline]:
        names, review = self._names(agreement), self.review
        masks = dict(zip(agreement.votes.names, agreement.votes.masks, strict=True))
        return outlines_of(names, [masks[name] for name in names], review.title)

    def _drawing(self, agreement: Agreement, made: Made | SegrobustError | None) -> Drawing | None:
        """The chosen map; None for none, and until it is there."""
        review, case, kind, votes = self.review, self.review.case, self.map.currentText(), agreement.votes
        makers: dict[str, Any] = {
            VOTES: lambda _agreement: votes_drawing(votes),
            ENTROPY: lambda _agreement: entropy_drawing(votes),
        }
        if kind in makers:
            return review.ask(('drawing', kind), makers[kind])
        if kind == ALONE:
            names, titles = self._names(agreement), [review.title(name) for name in self._names(agreement)]
            name = names[titles.index(self.rater.currentText())]
            place, title = votes.names.index(name), review.title(name)
            return review.ask(('alone', name, title), lambda _agreement: alone_drawing(votes, place, title))
        if kind == CONSENSUS and isinstance(made, Made) and case is not None:
            key = ('drawing', made.rule, self._whole)
            return review.ask(key, lambda _agreement: consensus_drawing(made, votes, case))
        return None

    # -- what a hand does -------------------------------------------------------------------------------------------

    def choose(self, rule: str) -> None:
        """Make the consensus by another rule."""
        if rule != self._rule:
            self._rule = rule
            self.sync()

    def _choose_title(self, title: str) -> None:
        self.choose(next(rule for rule, words in RULE_WORDS.items() if words.title == title))

    def _choose_row(self) -> None:
        row = self.rules.currentRow()
        rows = (*RULES, SOFT)
        if 0 <= row < len(rows):
            self.choose(rows[row])

    def _use(self) -> None:
        made, review = self._made(), self.review
        if isinstance(made, Made):
            make = partial(
                with_consensus, made=made, label=review.label, raters=review.candidates, where=self.where.currentText()
            )
            self.explorer.opener.add_reference(reference_name(made), make)

    def _ask_path(self) -> None:
        made = self._made()
        if not isinstance(made, Made):
            return
        proposed = f'consensus_{made.rule}.nii.gz'
        path, _ = QFileDialog.getSaveFileName(self, 'Export the consensus', proposed, IMAGES)
        if path:
            self.save(Path(path))

    def save(self, path: Path) -> None:
        """Write the consensus as the command line does; what cannot be written is said in the status."""
        made, case = self._made(), self.review.case
        if not isinstance(made, Made) or case is None:
            return
        description = title_of(made.rule, made.raters)
        job = partial(save_image, path, made.to_save, case.geometry, description=description)
        self.session.load(job, lambda done: show_info(f'Wrote {done.name}'), quiet=True)


PAGE = PageSpec(30, 'Consensus', 'One mask or soft label from all raters, with ties and weaknesses', ConsensusPage)
