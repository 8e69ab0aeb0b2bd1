"""Undo and redo of what was asked: snapshots of the scenario, one for each gesture."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from napari_segrobust.explore.state import ExploreState

Snapshot = dict[str, Any]


class History:
    """Snapshots of a state's scenario fields.

    Parameters
    ----------
    state : ExploreState
    limit : int
        How many gestures can be undone.

    Notes
    -----
    A drag makes many changes; `commit` ends a gesture, and what lies between two commits is undone at once.
    """

    def __init__(self, state: ExploreState, limit: int = 100) -> None:
        self._state = state
        self._limit = limit
        self._past: list[Snapshot] = []
        self._future: list[Snapshot] = []
        self._present = self._snapshot()

    @property
    def can_undo(self) -> bool:
        """Whether there is something to undo."""
        return bool(self._past) or self._snapshot() != self._present

    @property
    def can_redo(self) -> bool:
        """Whether there is something to redo."""
        return bool(self._future)

    def commit(self) -> None:
        """End a gesture: if anything changed since the last one, it can now be undone as one."""
        now = self._snapshot()
        if now == self._present:
            return
        self._past = [*self._past, self._present][-self._limit :]
        self._future.clear()
        self._present = now

    def undo(self) -> bool:
        """Go back one gesture; False when there is none."""
        self.commit()
        if not self._past:
            return False
        self._future.append(self._present)
        self._restore(self._past.pop())
        return True

    def redo(self) -> bool:
        """Go forward one gesture; False when there is none."""
        self.commit()
        if not self._future:
            return False
        self._past.append(self._present)
        self._restore(self._future.pop())
        return True

    def clear(self) -> None:
        """Forget everything: another case was opened."""
        self._past.clear()
        self._future.clear()
        self._present = self._snapshot()

    def past(self, name: str) -> list[Any]:
        """Every value of a field that the state has, or can be brought back to."""
        held = [*self._past, self._present, *self._future]
        return [getattr(self._state, name), *(snapshot[name] for snapshot in held)]

    def _snapshot(self) -> Snapshot:
        return {name: getattr(self._state, name) for name in self._state.SCENARIO_FIELDS}

    def _restore(self, snapshot: Snapshot) -> None:
        self._present = snapshot
        self._state.update(snapshot)
