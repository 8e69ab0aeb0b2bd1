"""One key for each answer, wherever the focus is, while the page is seen; fields that are typed in keep their keys."""

from __future__ import annotations

from typing import TYPE_CHECKING

from napari_segrobust.ui.keys import Key
from napari_segrobust.ui.review.page_keys import PageKeys

if TYPE_CHECKING:
    from collections.abc import Callable

    from qtpy.QtWidgets import QWidget

    from napari_segrobust.ui.review.disputes.work import Work

#: In the order in which they are listed. While a brush is in hand, napari has its keys again, but for the last two.
DISPUTE_KEYS = (
    Key('1 ... 9', 'follow rater A, B, C ...'),
    Key('0', 'consensus'),
    Key('E', 'edit by hand'),
    Key('U', 'undecidable'),
    Key('N', 'next dispute'),
    Key('Shift+N', 'previous dispute'),
    Key('Alt+1 ... Alt+5', 'how sure'),
    Key('Ctrl+Z', 'undo'),
    Key('Ctrl+Shift+Z', 'redo'),
    Key('Return', 'accept the edit'),
    Key('Escape', 'give the edit up'),
)


class DisputeKeys:
    """Binds `DISPUTE_KEYS`. GUI thread.

    Parameters
    ----------
    page : QWidget
        They work while it is seen.
    work : Work
    sure : callable
        ``sure(n)`` says how sure somebody is.
    """

    def __init__(self, page: QWidget, work: Work, sure: Callable[[int], None]) -> None:
        self._work = work
        stepping: dict[str, Callable[[], object]] = {
            'N': lambda: work.step(1),
            'Shift+N': lambda: work.step(-1),
        }
        deciding: dict[str, Callable[[], object]] = {
            '0': lambda: work.decide('consensus'),
            'E': work.begin_edit,
            'U': lambda: work.decide('undecidable'),
            'Ctrl+Z': work.undo,
            'Ctrl+Shift+Z': work.redo,
            **{str(n): lambda n=n: work.follow(n - 1) for n in range(1, 10)},
            **{f'Alt+{n}': lambda n=n: sure(n) for n in range(1, 6)},
        }
        drawing: dict[str, Callable[[], object]] = {'Return': work.accept_edit, 'Escape': work.give_up_edit}
        self._stepping = PageKeys(page, stepping, repeats=True)
        self._deciding, self._drawing = PageKeys(page, deciding), PageKeys(page, drawing)

    def sync(self) -> None:
        """Let the keys work that make sense now."""
        work = self._work
        drawing = work.edit is not None
        self._stepping.sync(not drawing and bool(work.disputes))
        self._deciding.sync(work.is_open and not drawing)
        # A polygon is completed and given up with the same keys.
        self._drawing.sync(drawing and work.edit.layer.mode != 'polygon')

    def close(self) -> None:
        """Give the keys back. Idempotent."""
        for keys in (self._stepping, self._deciding, self._drawing):
            keys.close()
