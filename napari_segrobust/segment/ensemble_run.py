"""The segmentations of an ensemble's members under way, as one."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from napari_segrobust.errors import SegrobustError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from napari_segrobust.context.plan import Block, Window
    from napari_segrobust.segment.ensemble import Ensemble
    from napari_segrobust.segment.grid import ModelGrid
    from napari_segrobust.segment.preprocess import Statistics
    from napari_segrobust.segment.protocols import InferenceRun


class EnsembleRun:
    """An `InferenceRun` over the windows of all members.

    Parameters
    ----------
    model : Ensemble
    runs : mapping of str to InferenceRun
        Of each present member, by name; they may be shared with whoever else shows that member alone.

    Attributes
    ----------
    shape : tuple of int
        Spatial shape of the image.

    Notes
    -----
    A member that fails is left out from then on, of this run and of the ensemble, and a message says so. A voxel is
    final where it is final for all the others.
    """

    statistics: Statistics | None = None
    #: Members may have grids of their own; what comes out lies on that of the case.
    grid: ModelGrid | None = None

    def __init__(self, model: Ensemble, runs: Mapping[str, InferenceRun]) -> None:
        self.model = model
        self.shape = next(iter(runs.values())).shape
        self._runs = dict(runs)
        self._messages: list[str] = []
        self._first: dict[str, int] = {}
        at = 0
        for name, run in runs.items():
            self._first[name] = at
            at += run.total

    @property
    def _there(self) -> dict[str, InferenceRun]:
        """Runs of the members that still take part: one may have failed in another run of the same ensemble."""
        return {m.name: self._runs[m.name] for m in self.model.present}

    @property
    def total(self) -> int:
        """Windows of all members."""
        return sum(run.total for run in self._there.values())

    @property
    def done(self) -> int:
        """Windows that were run."""
        return sum(run.done for run in self._there.values())

    @property
    def nbytes(self) -> int:
        """Memory that the members hold, in bytes."""
        return sum(run.nbytes for run in self._there.values())

    @property
    def batch(self) -> int:
        """Windows that the next member takes at once."""
        return next((run.batch for run in self._there.values() if run.done < run.total), 1)

    @property
    def messages(self) -> list[str]:
        """What a person must know of the run; those of the members go over into it."""
        for run in self._there.values():
            self._messages += run.messages
            run.messages.clear()
        return self._messages

    def pending(self, block: Block | None = None, centre: Sequence[float] | None = None) -> list[Window]:
        """Windows not done yet that touch `block`, one member's after the other's, nearest `centre` first."""
        return [
            replace(window, index=window.index + self._first[name])
            for name, run in self._there.items()
            for window in run.pending(block, centre)
        ]

    def advance(self, *windows: Window) -> None:
        """Have members run their windows.

        Raises
        ------
        ModelError
            No member is left, or an incomplete ensemble is to be refused.
        """
        for name, run in self._there.items():
            first = self._first[name]
            own = [replace(w, index=w.index - first) for w in windows if first <= w.index < first + run.total]
            try:
                run.advance(*own)
            except SegrobustError as error:  # an interruption is none
                self.model.lose(name, error.why)
                self._messages.append(self.model.incompleteness)
        self.model.follow_device()

    def final(self, block: Block | None = None) -> bool:
        """Whether every voxel of `block` inside the context box has all its windows of all members."""
        return all(run.final(block) for run in self._there.values())

    def probabilities(self, block: Block | None = None) -> NDArray[np.float32]:
        """(K, *block) float32, merged; zero where not every member has been."""
        merged = self.model.combine(self._answers(block))
        seen = self.valid(block)
        if not seen.all():
            merged[:, ~seen] = 0
        return merged

    def valid(self, block: Block | None = None) -> NDArray[np.bool_]:
        """(*block): inside the context box and final for all members."""
        found: NDArray[np.bool_] = np.logical_and.reduce([run.valid(block) for run in self._there.values()])
        return found

    def votes(self, block: Block | None = None) -> NDArray[np.uint8]:
        """How many members say each class, (K, *block); 0 where not every member has been."""
        votes = self.model.count_votes(self._answers(block))
        votes *= self.valid(block)
        return votes

    def ties(self, block: Block | None = None) -> NDArray[np.bool_]:
        """(*block): where the votes name no winner; see `Ensemble` for who gets these voxels."""
        return self.model.tied(self.votes(block)) & self.valid(block)

    def without(self, name: str) -> EnsembleRun:
        """The same run without a member; nothing is computed anew."""
        runs = {other: run for other, run in self._there.items() if other != name}
        return EnsembleRun(self.model.without(name), runs)

    def _answers(self, block: Block | None) -> list[NDArray[np.float32]]:
        return [run.probabilities(block) for run in self._there.values()]
