"""What leaves a review by hand: a page, tables, the final mask; what is not there says why."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from napari.utils.notifications import show_info, show_warning
from qtpy.QtCore import QPoint
from qtpy.QtWidgets import QFileDialog, QMenu

from napari_segrobust.errors import SegrobustError
from napari_segrobust.ui.outputs.export import IMAGES, TABLES
from napari_segrobust.ui.review.models import model_of
from napari_segrobust.ui.widgets.controls import IconButton

if TYPE_CHECKING:
    from collections.abc import Callable

    from napari_segrobust.cases import Case
    from napari_segrobust.report import Source
    from napari_segrobust.review.adjudication import Ledger
    from napari_segrobust.ui.app import Explorer
    from napari_segrobust.ui.widgets.palette import Palette

_PAGES = 'Pages (*.html)'


@dataclass(frozen=True, slots=True)
class Kind:
    """Something that can be exported: its words, types and ending of its file, and how it is written."""

    words: str
    types: str
    ending: str
    write: Callable[[Path, Source, Case], tuple[str, ...]]


def _report(path: Path, source: Source, _case: Case) -> tuple[str, ...]:
    from napari_segrobust.report import save_report

    save_report(path, source, date=f'{datetime.now(UTC):%Y-%m-%d}')
    return ()


def _agreement(path: Path, source: Source, _case: Case) -> tuple[str, ...]:
    from napari_segrobust.report import agreement_csv, save_table

    save_table(path, agreement_csv(source))
    return ()


def _disputes(path: Path, source: Source, _case: Case) -> tuple[str, ...]:
    from napari_segrobust.report import dispute_csv, save_table

    save_table(path, dispute_csv(source))
    return ()


def _mask(path: Path, source: Source, case: Case) -> tuple[str, ...]:
    from napari_segrobust.report import save_final_mask

    assert source.standing is not None
    return save_final_mask(path, source.standing, case.geometry)


KINDS = {
    'report': Kind('Report, one page', _PAGES, '.html', _report),
    'agreement': Kind('Agreement table', TABLES, '.csv', _agreement),
    'disputes': Kind('Dispute table', TABLES, '.csv', _disputes),
    'mask': Kind('Final mask', IMAGES, '.nii.gz', _mask),
}


class ReviewExport(IconButton):
    """Button with a menu of `KINDS`; files are made in the file thread. GUI thread.

    Parameters
    ----------
    explorer : Explorer
    palette : Palette
    """

    def __init__(self, explorer: Explorer, palette: Palette) -> None:
        words = 'Save a report, the tables, or the final mask'
        super().__init__('export', 'Export the review', words, palette=palette)
        self._explorer, self._session, self._review = explorer, explorer.session, explorer.review
        self.menu_of_kinds = QMenu(self)
        self.menu_of_kinds.setToolTipsVisible(True)
        self.actions_of_kinds: dict[str, Any] = {}
        for name, kind in KINDS.items():
            action = self.actions_of_kinds[name] = self.menu_of_kinds.addAction(f'{kind.words} ...')
            action.triggered.connect(partial(self._ask, name))
        self.menu_of_kinds.aboutToShow.connect(self.sync)
        self.clicked.connect(self.open_menu)

    def open_menu(self, _checked: bool = False) -> None:
        """Open the menu below the button."""
        self.menu_of_kinds.popup(self.mapToGlobal(QPoint(0, self.height())))

    def sync(self) -> None:
        """Offer what is there, and say why the rest is not."""
        for name, action in self.actions_of_kinds.items():
            why = self.why_not(name)
            action.setEnabled(not why)
            action.setText(f'{KINDS[name].words}: {why}' if why else f'{KINDS[name].words} ...')

    def why_not(self, name: str) -> str:
        """Why something cannot be exported now; empty where it can."""
        review = self._review
        adjudication = review.adjudication
        if review.model_hidden and (adjudication is None or adjudication.closed):
            return 'a blinded trial is open'
        if adjudication is None and name == 'mask':
            return 'nothing is adjudicated'
        if adjudication is None and review.agreement is None:
            return 'nothing to review' if review.refusal is not None else 'pending'
        return ''

    def save(self, name: str, path: str | Path) -> bool:
        """Write one thing; where that cannot be begun, one line says why. True when it was begun."""
        path, why, review = Path(path), self.why_not(name), self._review
        case = review.case
        if why or case is None:
            show_warning(f'Not exported: {why or "no case is open"}')
            return False
        adjudication = review.adjudication
        agreement = review.agreement if adjudication is None else adjudication.agreement
        log = None if adjudication is None else adjudication.path
        # While it is open the model stays hidden: what is not there cannot be told.
        hidden = adjudication is not None and not adjudication.closed
        model = None if hidden else model_of(self._explorer)
        label = review.label
        assert agreement is not None  # why_not has seen to it

        def write() -> tuple[str, ...] | SegrobustError:
            from napari_segrobust.report import Source
            from napari_segrobust.review.adjudication import Ledger
            from napari_segrobust.review.drawn import Drawn

            try:
                # Read anew: the one in hand belongs to another thread.
                standing: Ledger | None = None if log is None else Ledger.read(log, agreement)
                judged = agreement
                if model is not None and name in ('report', 'agreement'):
                    drawn = Drawn('model', model[0] == label)
                    judged = replace(agreement, model=drawn, samples=(drawn,))
                source = Source.of_case(case, judged, standing, label)
                return KINDS[name].write(path, replace(source, model_words='' if model is None else model[1]), case)
            except SegrobustError as error:
                return error

        def done(found: tuple[str, ...] | SegrobustError) -> None:
            if isinstance(found, SegrobustError):
                show_warning(str(found))
            else:
                show_info('. '.join((f'Wrote {path.name}', *found)))

        self._session.load(write, done, quiet=True)
        return True

    def _ask(self, name: str, _checked: bool = False) -> None:
        kind, case = KINDS[name], self._review.case
        proposed = f'{"review" if case is None else case.name}_{name}{kind.ending}'
        path, _ = QFileDialog.getSaveFileName(self, f'Export: {kind.words.lower()}', proposed, kind.types)
        if path:
            self.save(name, path if Path(path).suffix else path + kind.ending)
