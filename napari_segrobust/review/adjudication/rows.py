"""The worklist as a table to write out: what each dispute was, and what was decided."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from napari_segrobust.review.adjudication.decision import Decision
    from napari_segrobust.review.adjudication.worklist import Item


@dataclass(frozen=True, slots=True)
class Row:
    """One dispute.

    Attributes
    ----------
    id, kind : str
    volume : float
        In the unit of the list.
    voxels : int
    depth : float or None
    first_slice, last_slice : int
        Along axis 0, both included.
    inside, outside : tuple of str
        Raters, by name or letter.
    decision : str
        The answer; ``open``, or ``rule`` where nobody decided.
    rater : str or None
        Who was followed.
    adjudicator, time : str or None
    confidence : int or None
    reason : str
    seconds : float or None
    blinded : bool
    """

    id: str
    kind: str
    volume: float
    voxels: int
    depth: float | None
    first_slice: int
    last_slice: int
    inside: tuple[str, ...]
    outside: tuple[str, ...]
    decision: str
    rater: str | None
    adjudicator: str | None
    time: str | None
    confidence: int | None
    reason: str
    seconds: float | None
    blinded: bool

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready form, in the order of the columns."""
        return {**asdict(self), 'inside': list(self.inside), 'outside': list(self.outside)}


def row_of(item: Item, decision: Decision | None, shown: Callable[[str], str], blinded: bool) -> Row:
    """Make the row of an item; `shown` says what a rater is called."""
    dispute = item.dispute
    inside, outside = (tuple(sorted(map(shown, names))) for names in (dispute.inside, dispute.outside))
    about = (
        item.id, dispute.kind, dispute.volume, dispute.voxels, dispute.depth,
        dispute.slices[0], dispute.slices[1] - 1, inside, outside,
    )  # fmt: skip
    if decision is None:
        return Row(*about, 'rule' if item.by_rule else 'open', None, None, None, None, '', None, blinded)
    return Row(
        *about,
        decision.answer,
        None if decision.rater is None else shown(decision.rater),
        decision.adjudicator,
        decision.time,
        decision.confidence,
        decision.reason,
        decision.seconds,
        decision.blinded,
    )
