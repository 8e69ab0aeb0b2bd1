"""What settling disputes and a trial have in common: a log beside the image, opened in the file thread."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from psygnal import Signal

from napari_segrobust.errors import SegrobustError

if TYPE_CHECKING:
    from collections.abc import Callable

    from napari_segrobust.ui.app import Explorer


class LogWork:
    """Work that goes into a log. GUI thread.

    Parameters
    ----------
    explorer : Explorer

    Attributes
    ----------
    ending : str
        What stands behind the name of a case in the name of its log.
    said : str
        What became of the last thing that was asked for.
    """

    ending: ClassVar[str]
    changed: ClassVar[Signal] = Signal()

    def __init__(self, explorer: Explorer) -> None:
        self._explorer, self._session, self._review = explorer, explorer.session, explorer.review
        self.said = ''
        self._busy = False

    def path(self) -> Path:
        """Where the log of the open case lies unless somebody says otherwise: beside the image."""
        case = self._session.case
        path = None if case is None else case.provenance.get('path')
        folder = Path.home() if path is None else Path(path).resolve().parent
        name = 'case' if case is None else re.sub(r'[^\w.-]+', '-', case.name)
        return folder / f'{name}{self.ending}'

    def _ask(self, job: Callable[[], Any], done: Callable[[Any], None]) -> None:
        """Do something in the file thread; until it is done, nothing else is."""

        def attempt() -> Any:
            try:
                return job()
            except SegrobustError as error:
                return error
            finally:
                self._busy = False

        def take(found: Any) -> None:
            if isinstance(found, SegrobustError):
                self.said = str(found)
            else:
                done(found)
            self.changed.emit()

        if not self._busy:
            self._busy = True
            self._session.load(attempt, take, quiet=True)

    def _say(self, words: str) -> None:
        self.said = words
        self.changed.emit()
