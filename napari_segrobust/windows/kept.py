"""What windows have answered, for who looks at the same windows several times."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

#: Bytes that answers may take.
BUDGET = 512 * 1024**2


class FirstWindows:
    """Keeps the answers that come first, until there is no more room; a `napari_segrobust.segment.known.KnownWindows`.

    Whoever goes over all windows again and again gains nothing from keeping the newest ones: each would be gone before
    its turn comes.

    Parameters
    ----------
    budget : int
        In bytes.
    """

    def __init__(self, budget: int = BUDGET) -> None:
        self.nbytes = 0
        self._budget = budget
        self._kept: dict[str, NDArray[np.float32]] = {}

    def get(self, key: str) -> NDArray[np.float32] | None:
        """Logits (K, *window), or None."""
        return self._kept.get(key)

    def put(self, key: str, logits: NDArray[np.float32]) -> None:
        """Keep logits where there is room."""
        if key not in self._kept and self.nbytes + logits.nbytes <= self._budget:
            self._kept[key] = logits
            self.nbytes += logits.nbytes
