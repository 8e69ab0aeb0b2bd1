"""How an experiment was done in the paper and how it is done here, line by line: what is equal, and what is not."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from napari_segrobust.papers.page import Page


@dataclass(frozen=True, slots=True)
class Step:
    """One line of a protocol.

    Attributes
    ----------
    what : str
    paper, here : str
        Equal words mean that it is done alike.
    """

    what: str
    paper: str
    here: str

    @property
    def alike(self) -> bool:
        """Whether it is done as in the paper."""
        return self.paper == self.here


def tell(page: Page, steps: Sequence[Step]) -> None:
    """Write both lists onto a page."""
    page.heading('What was done alike')
    page.table(('what', 'as in the paper'), [(step.what, step.here) for step in steps if step.alike])
    page.heading('What was done differently')
    different = [(step.what, step.paper, step.here) for step in steps if not step.alike]
    page.table(('what', 'in the paper', 'here'), different)
