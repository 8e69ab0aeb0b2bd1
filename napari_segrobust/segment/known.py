"""Windows that a network has seen before: what it answered comes from memory, to the bit."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


class KnownWindows(Protocol):
    """Keeps answers by what was asked. Used by the thread that runs networks."""

    def get(self, key: str) -> NDArray[np.float32] | None:
        """Logits (K, *window) under a key, or None where there are none."""

    def put(self, key: str, logits: NDArray[np.float32]) -> None:
        """Keep logits, as long as there is room; nobody may write into them afterwards."""


def window_key(
    model_key: str, computed_on: tuple[str, bool], mirror: tuple[int, ...], window: NDArray[np.float32]
) -> str:
    """Key of what a model answers: begins with the model, and holds every bit of what it is asked.

    Parameters
    ----------
    model_key : str
        Content hash of weights and spec.
    computed_on : (str, bool)
        Device, and whether in half precision.
    mirror : tuple of int
        Axes over whose mirror images it answers.
    window : ndarray, shape (C, *window), float32
    """
    digest = hashlib.blake2b(repr((computed_on, mirror, window.shape)).encode(), digest_size=16)
    digest.update(window.tobytes() if not window.flags.c_contiguous else window.data)
    return f'{model_key} {digest.hexdigest()}'
