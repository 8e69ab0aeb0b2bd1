"""A model among the raters: where it stands now, and up to which severity it stays in their range."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtCore import Qt
from qtpy.QtWidgets import QHBoxLayout, QLabel, QSplitter, QStackedLayout, QVBoxLayout, QWidget

from napari_segrobust.compare import metric_specs
from napari_segrobust.digits import three_digits
from napari_segrobust.explore.titles import lane_titles
from napari_segrobust.perturb import get_spec
from napari_segrobust.review.drawn import Drawn
from napari_segrobust.review.leaving import leaving
from napari_segrobust.review.references import CEILING_KEYS, called
from napari_segrobust.review.standing import Standing, references_of, stand
from napari_segrobust.ui.review.model_points import ModelPoints
from napari_segrobust.ui.review.page import PageSpec, ReviewPage
from napari_segrobust.ui.review.rater_dots import DotRow, RaterDots
from napari_segrobust.ui.review.readers import Readers
from napari_segrobust.ui.sections.base import line, quiet
from napari_segrobust.ui.table_rows import title_of
from napari_segrobust.ui.widgets.controls import Combo, buddy, named
from napari_segrobust.ui.widgets.curve import Curve
from napari_segrobust.ui.widgets.curve_data import Series
from napari_segrobust.ui.widgets.one_line import OneLine

if TYPE_CHECKING:
    from napari_segrobust.review import Agreement
    from napari_segrobust.review.leaving import Leaving
    from napari_segrobust.review.references import References
    from napari_segrobust.review.under_noise import HumanCurve
    from napari_segrobust.ui.app import Explorer
    from napari_segrobust.ui.widgets.palette import Palette

HIDDEN = 'Hidden until adjudication closes: who settles disputes does not know what the model says.'
VERDICT = 'One case gives no verdict.'
_WHY = 'One more rater who draws as these do falls outside their range in a third to a half of all cases.'
TWO = 'Two raters: the model against each of them, and no range.'
_WHY_TWO = 'The others of two are one, and no consensus.'
MOVE = 'Move a severity slider: each volume that is final is a point.'
NO_MODEL = 'No model: choose one under Model of the Explorer, or open a mask as a prediction.'
GIVEN = 'A mask that was given does not change with the image: it has no curve.'
_GIVEN = ' (given)'
_BETTER = {'higher': 'more is better', 'lower': 'less is better'}


class ModelPage(ReviewPage):
    """Dots at the left, the curve over severity at the right."""

    def __init__(self, explorer: Explorer, palette: Palette) -> None:
        super().__init__(explorer, palette)
        self.points = ModelPoints(explorer)
        self.model = named(Combo(), 'Model among the raters', 'A lane as it answers now, or a mask that was given')
        self.dots = RaterDots(palette=palette)
        self.said = OneLine()
        self.curve_metric = named(
            Combo(), 'Metric of the curve among raters', 'Against the same references as the raters'
        )
        self._titles = {title_of(key, ''): key for key in CEILING_KEYS}
        self.curve_metric.set_items(list(self._titles), title_of('dice', ''))
        self.readers = Readers(explorer)
        self.curve = Curve(palette=palette)
        self.words = quiet()
        self.hidden_note = QLabel(HIDDEN)
        self.hidden_note.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.hidden_note.setWordWrap(True)
        self._lay()
        self.model.currentTextChanged.connect(self._choose)
        self.curve_metric.currentTextChanged.connect(lambda _title: self.sync())
        self.curve.clicked.connect(self._go_to)
        self.readers.changed.connect(self.sync)
        for signal in (self.points.changed, self.session.requested, self.session.volume_ready, explorer.lane_changed):
            self.links.add(signal, self._on_change)
        #: Name of a given mask that is shown in place of a lane; None for the lane.
        self.given: str | None = None

    def _lay(self) -> None:
        left = QWidget()
        column = QVBoxLayout(left)
        column.setContentsMargins(0, 0, 4, 0)
        column.setSpacing(2)
        column.addWidget(line(buddy('\u25c6 model', self.model), (self.model, 1)))
        column.addWidget(self.dots)
        column.addWidget(self.said)
        column.addStretch(1)
        right = QWidget()
        column = QVBoxLayout(right)
        column.setContentsMargins(4, 0, 0, 0)
        column.setSpacing(2)
        column.addWidget(line(buddy('curve', self.curve_metric), (self.curve_metric, 1), self.readers))
        column.addWidget(self.curve, 1)
        column.addWidget(self.words)
        halves = QSplitter(Qt.Orientation.Horizontal)
        halves.setChildrenCollapsible(False)
        for half in (left, right):
            halves.addWidget(half)
        halves.setStretchFactor(0, 2)
        halves.setStretchFactor(1, 3)
        shown = QWidget()
        row = QHBoxLayout(shown)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(halves)
        self._stack = QStackedLayout(self)
        self._stack.addWidget(shown)
        self._stack.addWidget(self.hidden_note)

    def shutdown(self) -> None:
        """Cut every connection. Idempotent."""
        super().shutdown()
        self.points.close()
        self.readers.shutdown()

    # -- what is shown --------------------------------------------------------------------------------------------

    @property
    def key(self) -> str:
        """Metric of the curve."""
        return self._titles[self.curve_metric.currentText()]

    def sync(self) -> None:
        """Show the model among the raters, unless it is hidden."""
        self._stack.setCurrentIndex(1 if self.review.model_hidden else 0)
        if self.review.model_hidden:
            return
        self._show_models()
        references: References | None = self.review.ask('measured references', _measured)
        standing = self._standing()
        self._show_dots(references, standing)
        self._show_curve(references)

    def _on_change(self, *_: object) -> None:
        if self.isVisible():
            self.sync()

    def _show_models(self) -> None:
        case = self.review.case
        given = () if case is None else tuple(case.predictions)
        if self.given not in given:
            self.given = None
        lanes = self._lanes()
        names = [*lanes.values(), *(f'{name}{_GIVEN}' for name in given if name not in lanes.values())]
        current = f'{self.given}{_GIVEN}' if self.given is not None else lanes.get(self.explorer.lane, '')
        self.model.set_items(names, current)

    def _lanes(self) -> dict[int, str]:
        """Names of the lanes, no two alike."""
        found: dict[int, str] = {}
        for lane, title in enumerate(lane_titles(self.session)):
            found[lane] = title if title not in found.values() else f'{title} ({lane + 1})'
        return found

    def _choose(self, name: str) -> None:
        lane = next((lane for lane, title in self._lanes().items() if title == name), None)
        self.given = name.removesuffix(_GIVEN) if lane is None else None
        if lane is not None:
            self.explorer.set_lane(lane)
        self.sync()

    def _standing(self) -> Standing | None:
        """Where the chosen model stands now."""
        if self.given is None:
            return self.points.now(self.explorer.lane)
        case, label = self.review.case, self.review.label
        if case is None:
            return None
        mask = case.predictions[self.given]
        key = ('given', case.mask_key(self.given, given=True))
        found = self.review.ask(key, lambda agreement: stand(agreement, Drawn('model', mask == label)))
        return found if isinstance(found, Standing) else None

    def _show_dots(self, references: References | None, standing: Standing | None) -> None:
        agreement = self.review.agreement
        if references is None or agreement is None:
            self.dots.set_rows((), ())
            self.said.say('pending' if self.review.is_pending or agreement is not None else '')
            return
        names = agreement.votes.names
        top = None if standing is None else standing.ceiling
        rows = []
        for key in CEILING_KEYS:
            place = None if top is None else top.place(key)
            rows.append(
                DotRow(
                    title_of(key, ''),
                    _unit(agreement, key),
                    references.raters.get(key, ()),
                    () if standing is None else standing.values[key],
                    None if standing is None else standing.means[key],
                    place or '',
                    _BETTER.get(metric_specs()[key].better or '', ''),
                    self._pair(key),
                )
            )
        if standing is not None:
            index = standing.williams
            model = () if index.model is None else (index.model,)
            rows.append(DotRow('Williams', '', index.raters, model, index.model, '', '1 is as the others agree'))
        self.dots.set_rows(rows, [self.review.title(name) for name in names])
        words = ' '.join(filter(None, (self._words(references, standing), self.readers.said)))
        self.said.say(words, '\n'.join(self._more(references)))

    def _words(self, references: References, standing: Standing | None) -> str:
        why = self.points.why(self.explorer.lane) if self.given is None else ''
        if why:
            return why
        if self.given is None and not self.session.state.lanes:
            return NO_MODEL
        if not references.drawn:
            return TWO
        if standing is None:
            return 'The model is pending.'
        return VERDICT

    def _more(self, references: References) -> list[str]:
        """What the tooltip adds."""
        people = self.readers.curve()
        told = () if people is None else (*people.again(self.key), *people.problems, *people.suspicions)
        return [_WHY if references.drawn else _WHY_TWO, *told]

    def _pair(self, key: str) -> str:
        """What two raters have with each other; "" where they are more."""
        agreement, pairs = self.review.agreement, self.review.part('pairwise')
        if agreement is None or pairs is None or len(agreement.votes.names) != 2:
            return ''
        value = pairs.matrices[key][0][1].value
        said = f'raters {three_digits(value)} {_unit(agreement, key)}' if isinstance(value, int | float) else ''
        return f'{said.rstrip()} together' if said else ''

    def _show_curve(self, references: References | None) -> None:
        key, lane = self.key, self.explorer.lane
        agreement = self.review.agreement
        lanes = self.session.state.lanes
        given = self.given is not None or (lane < len(lanes) and lanes[lane].given)
        if given or references is None or agreement is None:
            self.curve.set_series((), empty=GIVEN if given else 'pending')
            self.words.setText('')
            return
        points = tuple((severity, one.means[key]) for severity, one in self.points.points(lane).items())
        limits = references.ranges.get(key)
        series = [Series(self._lanes().get(lane, 'model'), lane, points)]
        people = self._people()
        if people is not None:
            several = len(people.readers) > 1
            title = f'mean of {len(people.readers)} readers' if several else next(iter(people.readers))
            band = tuple(people.band(key)) if several else ()
            series.append(Series(title, lane + 1, tuple(people.points(key)), None, band, True, 'readers'))
        left = None if limits is None else leaving(points, limits, key)
        self.curve.set_series(
            series,
            title=title_of(key, ''),
            unit=_unit(agreement, key),
            band=limits,
            mark=left.at if left is not None and left.fate == 'leaves' else None,
            empty=MOVE if self.session.state.lanes else NO_MODEL,
        )
        request = self.session.current
        self.curve.set_current(None if request is None else request.severity)
        self.curve.setToolTip(f'Against {references.words}')
        self.words.setText(' '.join(filter(None, self._lines(references, left, people))))

    def _people(self) -> HumanCurve | None:
        return None if self.readers.why_not(self.points.fixed) else self.readers.curve()

    def _lines(self, references: References, left: Leaving | None, people: HumanCurve | None) -> list[str]:
        whom, lines = called(references.names), []
        focused = self.session.state.focused
        along = '' if focused is None else get_spec(focused.name).title
        if left is not None:
            lines.append(f'{"Model: " if people is not None else ""}{left.words(whom, along)}.')
        if people is not None:
            human = people.leaving(self.key)
            outside = human is not None and human.fate == 'outside'
            lines += [] if human is None else [f'Readers: {"outside " if outside else ""}{human.brief()}.']
            lines += people.suspicions[:1]
        return [*lines, self.readers.why_not(self.points.fixed)]

    def _go_to(self, severity: float) -> None:
        state = self.session.state
        if state.focused is not None:
            state.set_perturbation(state.focus, severity=severity)
            self.session.history.commit()


def _unit(agreement: Agreement, key: str) -> str:
    return agreement.votes.length_unit if metric_specs()[key].unit == 'mm' else ''


def _measured(agreement: Agreement) -> References:
    """References with the raters' own values, which the page would else compute when it is painted. File thread."""
    references = references_of(agreement)
    _ = references.ranges
    return references


PAGE = PageSpec(50, 'Model', 'A model among the raters, now and over severity; people under the same noise', ModelPage)
