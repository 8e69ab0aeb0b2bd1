"""Memory: how much a model holds, and what is free but not given back."""

from __future__ import annotations

import ctypes
import gc
import sys
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from napari_segrobust.segment.protocols import WholeSegmenter, WindowSegmenter


def give_back() -> None:
    """Let the C library return free memory to the system; takes some milliseconds, where there is nothing to do none.

    glibc keeps the holes that arrays below 32 MiB leave in its heap: after a drag over a volume, hundreds of MiB that
    nobody uses. Other systems give them back by themselves.
    """
    trim = _trim()
    if trim is not None:
        trim(0)


def give_back_models() -> None:
    """Free models that nothing uses any more, and let the system and GPUs have their memory; up to a second.

    Modules with hooks stand in circles, which are looked for; also among what a collector of garbage has set aside.
    """
    gc.unfreeze()
    gc.collect()
    for empty in _device_caches():
        empty()
    give_back()


def give_back_devices() -> None:
    """Let torch return the memory of GPUs that no tensor uses; nothing where there is none, or torch was never loaded.

    The same as of models, where a GPU waits for it.
    """
    if _device_caches():
        give_back_models()


def held_bytes(model: WindowSegmenter | WholeSegmenter) -> int | None:
    """Memory of a model's weights, in bytes; None where it does not say."""
    module = getattr(model, 'module', None)
    if module is None:
        said = getattr(model, 'nbytes', None)
        return None if said is None else int(said)
    # Two layers may share one tensor.
    held = {tensor.data_ptr(): int(tensor.nbytes) for tensor in (*module.parameters(), *module.buffers())}
    return sum(held.values())


@cache
def _trim() -> Callable[[int], int] | None:
    if not sys.platform.startswith('linux'):
        return None
    return getattr(ctypes.CDLL(None), 'malloc_trim', None)


def _device_caches() -> list[Callable[[], None]]:
    """What empties the caches that torch keeps of the GPUs in use."""
    torch = sys.modules.get('torch')
    if torch is None:
        return []
    caches = [torch.cuda.empty_cache] if torch.cuda.is_initialized() else []
    return [*caches, torch.mps.empty_cache] if torch.backends.mps.is_available() else caches
