"""The cases of a table, measured one after the other in the file thread. GUI thread."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, TypeVar

from psygnal import Signal

from napari_segrobust.compare.interrupt import Interrupted, cancellable
from napari_segrobust.errors import SegrobustError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from napari_segrobust.explore.session import Session
    from napari_segrobust.review import CasesAgreement
    from napari_segrobust.review.case_numbers import CaseNumbers
    from napari_segrobust.review.table import TableCase

T = TypeVar('T')
#: What is measured of all cases together, once they are there.
_PARTS = ('icc', 'bland_altman', 'difficulties', 'means', 'model_williams', 'model_above_worst')


@dataclass(frozen=True, slots=True)
class HowMeasured:
    """Settings under which cases are measured."""

    label: int
    tolerance_mm: float
    margin: int | None

    @property
    def words(self) -> str:
        """How they stand beside the numbers."""
        margin = 'no margin' if self.margin is None else f'margin {self.margin} voxels'
        return f'label {self.label}, tolerance {self.tolerance_mm:g}, {margin}'


class CasesRun:
    """Measures the cases of one table; a case that is refused is named and left out.

    Parameters
    ----------
    session : Session

    Notes
    -----
    Each case is a job of its own: what else waits for the file thread comes between two cases.
    """

    changed: ClassVar[Signal] = Signal()

    def __init__(self, session: Session) -> None:
        self._session = session
        self._run = 0
        self.path: Path | None = None
        self.how: HowMeasured | None = None
        self.cases: dict[str, TableCase] = {}
        self.found: dict[str, CaseNumbers] = {}
        self.refused: dict[str, str] = {}
        #: All of them together; None until the last one is measured.
        self.result: CasesAgreement | None = None
        #: Why there is none.
        self.error = ''
        self.is_running = False

    @property
    def words(self) -> str:
        """How far it has come."""
        done = len(self.found) + len(self.refused)
        if self.is_running:
            waiting = [name for name in self.cases if name not in self.found and name not in self.refused]
            at = f', now {waiting[0]}' if waiting else ''
            return f'{done} of {len(self.cases)} cases{at}' if self.cases else 'reading the table'
        return self.error

    def start(self, path: Path, how: HowMeasured) -> None:
        """Measure the cases of a table; a run under way is given up."""
        self.cancel()
        run = self._run
        self.path, self.how, self.is_running = path, how, True
        self.cases, self.found, self.refused, self.result, self.error = {}, {}, {}, None, ''

        def read() -> tuple[TableCase, ...]:
            from napari_segrobust.review.table import read_table

            return read_table(path)

        self._do(run, read, self._take_table)
        self.changed.emit()

    def cancel(self) -> None:
        """Give the run up; what was measured goes with it."""
        self._run += 1
        if self.is_running:
            self.is_running, self.error = False, 'cancelled'
            self.changed.emit()

    def close(self) -> None:
        """Give everything up. Idempotent."""
        self._run += 1
        self.is_running = False

    # -- one job after the other ----------------------------------------------------------------------------------

    def _do(self, run: int, job: Callable[[], T], done: Callable[[T | SegrobustError], None]) -> None:
        def attempt() -> T | SegrobustError | None:
            try:
                with cancellable(lambda: run != self._run):
                    return job() if run == self._run else None
            except SegrobustError as error:
                return error
            except Interrupted:
                return None

        def take(found: T | SegrobustError | None) -> None:
            if run == self._run and found is not None:
                done(found)
                self.changed.emit()

        self._session.load(attempt, take, quiet=True)

    def _take_table(self, found: tuple[TableCase, ...] | SegrobustError) -> None:
        if isinstance(found, SegrobustError):
            self._end(str(found))
            return
        self.cases = {case.name: case for case in found}
        self._next()

    def _next(self) -> None:
        """Measure the next case, or put all together."""
        name = next((n for n in self.cases if n not in self.found and n not in self.refused), None)
        how = self.how
        if name is not None and how is not None:
            case = self.cases[name]
            self._do(self._run, lambda: _measure(case, how), lambda found: self._take_case(name, found))
        elif self.found:
            numbers = dict(self.found)
            self._do(self._run, lambda: _together(numbers), self._take_all)
        else:
            self._end(next(iter(self.refused.values())))

    def _take_case(self, name: str, found: CaseNumbers | SegrobustError) -> None:
        if isinstance(found, SegrobustError):
            self.refused[name] = str(found)
        else:
            self.found[name] = found
        self._next()

    def _take_all(self, found: CasesAgreement | SegrobustError) -> None:
        if isinstance(found, SegrobustError):
            self._end(str(found))
        else:
            self.result = found
            self._end()

    def _end(self, error: str = '') -> None:
        self.is_running, self.error = False, error


def _measure(case: TableCase, how: HowMeasured) -> CaseNumbers:
    from napari_segrobust.review.case_numbers import CaseNumbers

    agreement = case.agree(case.load(), label=how.label, tolerance_mm=how.tolerance_mm, margin=how.margin)
    return CaseNumbers.of(agreement)


def _together(numbers: dict[str, CaseNumbers]) -> CasesAgreement:
    from napari_segrobust.review import agree_cases

    result = agree_cases(numbers)
    for part in _PARTS:
        getattr(result, part)
    return result
