"""Disputes of one case, settled one by one by a person, each decision on disk before the next is shown."""

from __future__ import annotations

from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from pydantic import ValidationError

from napari_segrobust.errors import ReviewError, first_fault
from napari_segrobust.review.adjudication.blinding import Blinding
from napari_segrobust.review.adjudication.decision import Decision, now
from napari_segrobust.review.adjudication.final import digest
from napari_segrobust.review.adjudication.inputs import inputs_of
from napari_segrobust.review.adjudication.ledger import KIND, Ledger
from napari_segrobust.review.adjudication.log import Log
from napari_segrobust.review.adjudication.logged_work import LoggedWork
from napari_segrobust.review.adjudication.voxels import VoxelSet
from napari_segrobust.review.adjudication.worklist import worklist
from napari_segrobust.review.consensus import ConsensusCode

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from napari_segrobust.review.adjudication.decision import Answer
    from napari_segrobust.review.agreement import Agreement


class Adjudication(Ledger, LoggedWork):
    """An adjudication in progress, or one that is closed.

    Made by `open`; let go by `release`, or at the end of a ``with`` block. Nothing here asks which thread calls, but
    one thread at a time may.

    Attributes
    ----------
    adjudicator : str
        Who decides now.
    """

    _called = 'Adjudication'

    def __init__(self, path: Path, agreement: Agreement, first: Mapping[str, Any]) -> None:
        super().__init__(path, agreement, first)
        self.adjudicator = str(first['adjudicator'])

    @classmethod
    def open(
        cls,
        path: str | Path,
        agreement: Agreement,
        *,
        adjudicator: str,
        blinded: bool = True,
        rule: str = 'majority',
        seed: int | None = None,
    ) -> Self:
        """Begin an adjudication, or go on with the one in that file.

        Parameters
        ----------
        path : path-like
            Of the log. Where there is one, its own order of raters, blinding and rule hold.
        agreement : Agreement
        adjudicator : str
            Who decides from now on.
        blinded : bool
            Whether raters are letters until it is closed.
        rule : str
            For whatever nobody decides; see `consensus`.
        seed : int, optional
            Of the order of the letters; drawn when None.

        Returns
        -------
        Adjudication

        Raises
        ------
        ReviewError
            No name, an unknown rule, a log of other masks, a broken log, or one that another process works on.
        """
        adjudicator = ' '.join(adjudicator.split())
        if not adjudicator:
            raise ReviewError('Nobody adjudicates', 'the name is empty', 'Say who decides.')
        agreement.consensus(rule)
        drawn = Blinding.drawn(agreement.votes.names, blinded=blinded, seed=seed)
        first = {
            'version': version('napari-segrobust'),
            'time': now(),
            'adjudicator': adjudicator,
            'blinded': drawn.blinded,
            'seed': drawn.seed,
            'order': list(drawn.order),
            'model_shown': False,
            'rule': rule,
            'inputs': inputs_of(agreement, rule),
            'items': [item.id for item in worklist(agreement.disputes, agreement.votes.shape)],
        }
        log = Log.open(Path(path), first, KIND)
        try:
            found = cls.of(log.stored, log.path, agreement)
            found._go_on(log, adjudicator)
        except BaseException:
            log.release()
            raise
        return found

    def _go_on(self, log: Log, adjudicator: str) -> None:
        self.adjudicator = adjudicator
        self._resume(log)

    def decide(
        self,
        item: str,
        answer: Answer,
        *,
        rater: str | None = None,
        inside: NDArray[np.bool_] | None = None,
        unlocked: bool = False,
        reason: str = '',
        confidence: int | None = None,
        seconds: float | None = None,
    ) -> Decision:
        """Decide one item. When this returns, the decision is on disk.

        Parameters
        ----------
        item : str
            Its id.
        answer : str
            See `Decision`.
        rater : str, optional
            Whom to follow, by name.
        inside : ndarray of bool, shape ([Z,] Y, X), optional
            Of an edit: the mask as it shall be. Only the voxels of the region count, unless `unlocked`.
        unlocked : bool
            Whether an edit may also change what lies outside its region: where `inside` is not what the final mask
            says so far.
        reason : str
        confidence : int, optional
            From 1 to 5.
        seconds : float, optional
            How long the person looked at it.

        Returns
        -------
        Decision

        Raises
        ------
        ReviewError
            It is closed, the answer makes no sense, the consensus is nothing but a tie there, or the disk is full.
        """
        self._open_only()
        dispute, shape = self.item(item).dispute, self.agreement.votes.shape
        if rater is not None and rater not in self.agreement.votes.names:
            raise ReviewError('Unknown rater', rater, f'Choose from {", ".join(map(self.shown, self.blinding.order))}.')
        if answer == 'consensus' and self.ties(item) == dispute.voxels:
            why = f'raters are at a tie on all {dispute.voxels} voxels'
            raise ReviewError('No consensus here', why, 'Follow a rater, edit, or say undecidable.')
        within = beyond = None
        if inside is not None:
            within, beyond = self._edit(item, inside, unlocked)
        try:
            decision = Decision(
                item=item,
                region=VoxelSet.of(dispute.where, shape),
                answer=answer,
                rater=rater,
                inside=within,
                beyond=beyond,
                reason=' '.join(reason.split()),
                confidence=confidence,
                seconds=None if seconds is None else round(seconds, 3),
                blinded=self.blinding.blinded,
                **self._who(),
            )
        except ValidationError as error:
            raise ReviewError('Not a decision', first_fault(error), 'Decide it again.') from None
        self._write({'event': 'decide', **decision.model_dump(mode='json', exclude_none=True)})
        return decision

    def _edit(self, item: str, inside: NDArray[np.bool_], unlocked: bool) -> tuple[VoxelSet, VoxelSet | None]:
        region, shape = self.item(item).dispute.where, self.agreement.votes.shape
        wanted = np.asarray(inside, bool)
        if wanted.shape != shape:
            raise ReviewError('Edit does not fit', f'{wanted.shape} for masks of {shape}', 'Edit a mask of the image.')
        flat = wanted.reshape(-1)
        if not unlocked:
            return VoxelSet.of(region[flat[region]], shape), None
        # Held against the mask without this item: what an earlier edit of it reached for must be covered again.
        others = (decision for decision in self.decisions.values() if decision.item != item)
        changed = flat != (self._painted(others).reshape(-1) == ConsensusCode.IN)
        changed[region] = False
        beyond = np.flatnonzero(changed)
        covered = np.union1d(region, beyond)
        return VoxelSet.of(covered[flat[covered]], shape), VoxelSet.of(beyond, shape) if len(beyond) else None

    def undo(self) -> Decision | None:
        """Take the last decision back, and say which; None when there is none."""
        return self._move('undo', self._history.done)

    def redo(self) -> Decision | None:
        """Make the decision again that was taken back last, and say which; None when there is none."""
        return self._move('redo', self._history.undone)

    def _move(self, event: str, source: list[Decision]) -> Decision | None:
        self._open_only()
        if not source:
            return None
        decision = source[-1]
        self._write({'event': event, 'item': decision.item, **self._who()})
        return decision

    def show_model(self) -> None:
        """Say that the numbers of the model are shown from now on: the log keeps it."""
        if not self.closed and not self.model_was_shown:
            self._write({'event': 'model_shown', **self._who()})

    def close(self) -> None:
        """End it: names are shown from now on, nothing more is accepted, and the log holds a hash of the final mask.

        Raises
        ------
        ReviewError
            It is closed already.
        """
        self._open_only()
        self._write({'event': 'close', 'final_sha256': digest(self.final_map()), **self._who()})

    def _who(self) -> dict[str, str]:
        return {'adjudicator': self.adjudicator, 'time': now()}

    def _take(self, line: Mapping[str, Any]) -> None:
        self._history.take(line)
