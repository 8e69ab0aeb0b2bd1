"""A cache bounded in bytes: what was made is kept until room is needed, the least recently used goes first."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar('T')
DEFAULT_BUDGET = 2 * 1024**3


def default_budget() -> int:
    """Bytes for the cache: 2 GiB, or an eighth of the machine's memory if that is less."""
    import psutil

    return min(DEFAULT_BUDGET, int(psutil.virtual_memory().total) // 8)


class ByteCache:
    """Least-recently-used cache with a limit in bytes. Used by the compute thread alone.

    Parameters
    ----------
    budget : int, optional
        Largest sum of ``value.nbytes``; values may grow after they were put in.
    """

    def __init__(self, budget: int | None = None) -> None:
        self.budget = default_budget() if budget is None else budget
        self._values: OrderedDict[str, Any] = OrderedDict()

    def __len__(self) -> int:
        return len(self._values)

    def __contains__(self, key: str) -> bool:
        return key in self._values

    @property
    def nbytes(self) -> int:
        """Bytes held now."""
        return sum(int(value.nbytes) for value in self._values.values())

    def get(self, key: str) -> Any:
        """Value of `key`, or None; it becomes the most recently used."""
        if key not in self._values:
            return None
        self._values.move_to_end(key)
        return self._values[key]

    def get_or_make(self, key: str, make: Callable[[], T]) -> T:
        """Value of `key`, made and kept if it is not there."""
        if key not in self._values:
            self._values[key] = make()
        self._values.move_to_end(key)
        value: T = self._values[key]
        return value

    def small(self, key: str, make: Callable[[], T]) -> T:
        """Value of `key` as `get_or_make`, for values that do not tell their size because it is next to nothing."""
        held: _Small[T] = self.get_or_make(key, lambda: _Small(make()))
        return held.value

    def trim(self, keep: int = 0) -> None:
        """Drop the least recently used values until the budget holds, but never the `keep` newest."""
        total = self.nbytes
        while total > self.budget and len(self._values) > keep:
            _, value = self._values.popitem(last=False)
            total -= int(value.nbytes)

    def discard(self, beginning: str) -> None:
        """Drop the values whose key begins so."""
        for key in [key for key in self._values if key.startswith(beginning)]:
            del self._values[key]

    def clear(self) -> None:
        """Drop everything."""
        self._values.clear()


@dataclass(frozen=True)
class _Small(Generic[T]):
    value: T
    nbytes: int = 64
