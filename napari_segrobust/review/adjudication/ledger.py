"""How an adjudication stands: what its log and the masks say together, without writing anything."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Self, TypeAlias

import numpy as np

from napari_segrobust.errors import ReviewError
from napari_segrobust.review.adjudication.blinding import Blinding
from napari_segrobust.review.adjudication.final import digest, final_map
from napari_segrobust.review.adjudication.history import History
from napari_segrobust.review.adjudication.inputs import inputs_of, refuse_others
from napari_segrobust.review.adjudication.log import Stored, broken, read
from napari_segrobust.review.adjudication.rows import Row, row_of
from napari_segrobust.review.adjudication.worklist import Item, worklist
from napari_segrobust.review.consensus import ConsensusCode

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from numpy.typing import NDArray

    from napari_segrobust.review.adjudication.decision import Decision
    from napari_segrobust.review.agreement import Agreement

#: What a log of disputes says it is about.
KIND = 'adjudication'
State: TypeAlias = Literal['open', 'settled', 'undecided', 'rule']


@dataclass(frozen=True, slots=True)
class Progress:
    """How far it has come; the rim, which a rule settles, counts on neither side.

    Attributes
    ----------
    settled, items : int
        Items with a decision, "undecidable" among them, and all.
    settled_volume, volume : float
    unit : str
    """

    settled: int
    items: int
    settled_volume: float
    volume: float
    unit: str


class Ledger:
    """An adjudication to look at. Made by `read`.

    Attributes
    ----------
    path : Path
        Of the log.
    agreement : Agreement
    items : tuple of Item
        The worklist, the rim last.
    blinding : Blinding
    rule : str
        For the rest.
    torn : int
        Bytes of a last line that were lost in a power cut; the decision they held was never shown as made.
    """

    def __init__(self, path: Path, agreement: Agreement, first: Mapping[str, Any]) -> None:
        self.path, self.agreement = path, agreement
        self.rule = str(first['rule'])
        self.blinding = Blinding(first['blinded'], first['seed'], tuple(first['order']))
        self.items = worklist(agreement.disputes, agreement.votes.shape)
        self._by_id = {item.id: item for item in self.items}
        self.torn = 0
        self._history = History(agreement.votes.shape, agreement.votes.names)

    @classmethod
    def read(cls, path: str | Path, agreement: Agreement) -> Self:
        """Read an adjudication, whoever works on it.

        Raises
        ------
        ReviewError
            No such log, a broken one, one of other masks, or one that does not give the mask it was closed with.
        """
        path = Path(path)
        stored = read(path, KIND)
        if not stored.first:
            raise ReviewError('Log empty', f'{path.name} holds no whole line', 'Begin the adjudication again.')
        return cls.of(stored, path, agreement)

    @classmethod
    def of(cls, stored: Stored, path: Path, agreement: Agreement) -> Self:
        """Add up the lines of a log; see `read`."""
        first, name = stored.first, path.name
        try:
            refuse_others(inputs_of(agreement, first['rule']), first['inputs'], name)
            if sorted(first['order']) != sorted(agreement.votes.names):
                raise broken(name, 1, 'orders other raters')
            found = cls(path, agreement, first)
            listed = list(first['items'])
        except (KeyError, TypeError, AttributeError):
            raise broken(name, 1, 'leaves something out') from None
        found.torn = stored.torn
        for number, line in enumerate(stored.lines, start=2):
            try:
                found._history.take(line)
            except ValueError as error:
                raise broken(name, number, str(error)) from None
        closed = found._history.closed
        if closed is not None and closed.get('final_sha256') != digest(found.final_map()):
            why = f'{name} was closed with another final mask'
            raise ReviewError('Final mask not rebuilt', why, f'Use version {first["version"]}, which wrote it.')
        if closed is None and listed != [item.id for item in found.items]:
            why = f'{name} lists other disputes of the same masks'
            raise ReviewError('Worklist has changed', why, f'Finish it with version {first["version"]}.')
        return found

    @property
    def closed(self) -> bool:
        """Whether it is at its end: names are shown, and nothing more can be decided."""
        return self._history.closed is not None

    @property
    def names_shown(self) -> bool:
        """Whether raters go by their names."""
        return self.closed or not self.blinding.blinded

    @property
    def model_was_shown(self) -> bool:
        """Whether somebody looked at the numbers of the model before the end."""
        return self._history.model_shown

    @property
    def decisions(self) -> dict[str, Decision]:
        """What stands, by id, in the order in which it was decided."""
        return dict(self._history.decisions)

    def shown(self, rater: str) -> str:
        """What a rater is called at present: a letter while blinded, else the name."""
        return rater if self.names_shown else self.blinding.letter(rater)

    def item(self, item: str) -> Item:
        """Give the item with that id.

        Raises
        ------
        ReviewError
            There is none.
        """
        if item not in self._by_id:
            raise ReviewError('No such dispute', item, 'Choose one of the worklist.')
        return self._by_id[item]

    def decision(self, item: str) -> Decision | None:
        """What was decided on an item, if anything was."""
        return self._history.decisions.get(item)

    def state(self, item: str) -> State:
        """``open``, ``settled``, ``undecided`` (looked at, and left to the rule), or ``rule``, as the rim is."""
        decision = self._history.decisions.get(item)
        if decision is None:
            return 'rule' if self.item(item).by_rule else 'open'
        return 'settled' if decision.settles else 'undecided'

    def next_open(self, after: str | None = None) -> Item | None:
        """Give the next item that nobody has decided, from behind `after` and round to the first; None when all are."""
        start = 0 if after is None else self.items.index(self.item(after)) + 1
        decided = self.decisions
        for item in (*self.items[start:], *self.items[:start]):
            if not item.by_rule and item.id not in decided:
                return item
        return None

    @property
    def progress(self) -> Progress:
        """How many items have a decision, and how much volume."""
        decided = self.decisions
        items = [item for item in self.items if not item.by_rule]
        settled = [item for item in items if item.id in decided]
        volume, settled_volume = (sum(item.dispute.volume for item in group) for group in (items, settled))
        return Progress(len(settled), len(items), settled_volume, volume, self.agreement.votes.volume_unit)

    def ties(self, item: str) -> int:
        """Voxels of an item on which the rule says neither in nor out."""
        where = self.item(item).dispute.where
        return int(np.count_nonzero(self._base.reshape(-1)[where] == ConsensusCode.TIE))

    def final_map(self) -> NDArray[np.uint8]:
        """`ConsensusCode` per voxel of the final mask, shape ([Z,] Y, X)."""
        return self._painted(self.decisions.values())

    def final_mask(self) -> NDArray[np.bool_]:
        """Voxels that are in; ties are not. Shape ([Z,] Y, X)."""
        return np.asarray(self.final_map() == ConsensusCode.IN)

    def table(self) -> tuple[Row, ...]:
        """One row per item, raters by what they are called at present."""
        decided = self.decisions
        return tuple(row_of(item, decided.get(item.id), self.shown, self.blinding.blinded) for item in self.items)

    @cached_property
    def _base(self) -> NDArray[np.uint8]:
        return self.agreement.consensus_map(self.rule)

    def _painted(self, decisions: Iterable[Decision]) -> NDArray[np.uint8]:
        return final_map(self.agreement.votes, self._base, decisions)
