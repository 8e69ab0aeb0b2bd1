"""A change of a part of the image: only the windows that it touches are asked again.

Which windows those are is not worked out: each is looked up by its content. What changes everything, such as noise
on the whole image or a z-score of it, finds nothing; so nothing is kept unless a part of the image alone is changed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from napari_segrobust.explore.cache import ByteCache
from napari_segrobust.perturb.catalogue import get_spec

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from napari_segrobust.perturb import Perturbation
    from napari_segrobust.walk import Walk

#: Share of the memory for intermediate results that windows may take beside it.
SHARE = 0.25


def is_local(entry: Perturbation) -> bool:
    """Whether an entry leaves most of an image as it is."""
    return entry.region.kind != 'whole' or get_spec(entry.name).stage == 'content'


class KeptWindows:
    """Answers of networks to single windows, the least recently used go first.

    Parameters
    ----------
    budget : int
        Bytes of the intermediate results, of which `SHARE` is for windows.
    """

    def __init__(self, budget: int) -> None:
        self._kept = ByteCache(int(budget * SHARE))

    @property
    def nbytes(self) -> int:
        """Bytes held now."""
        return self._kept.nbytes

    def for_walk(self, walk: Walk) -> KeptWindows | None:
        """Itself, where a part of the image alone is changed; None where looking up would find nothing."""
        return self if any(map(is_local, walk.image_stack)) else None

    def get(self, key: str) -> NDArray[np.float32] | None:
        """Logits (K, *window), or None."""
        found: NDArray[np.float32] | None = self._kept.get(key)
        return found

    def put(self, key: str, logits: NDArray[np.float32]) -> None:
        """Keep logits; the oldest go where there is no room."""
        self._kept.get_or_make(key, lambda: logits)
        self._kept.trim()

    def forget(self, model_key: str = '') -> None:
        """Let go of what a model answered; of everything when empty."""
        self._kept.discard(f'{model_key} ' if model_key else '')
