"""Memory that one layer of a network frees and the next one needs stays with the process meanwhile."""

from __future__ import annotations

import ctypes
import os
import sys
from functools import cache

#: Parameters of glibc's ``mallopt``: free bytes that may stay at the end of the heap, and the largest array in it.
_SETTINGS = {-1: 128 * 2**20, -3: 32 * 2**20}
_OWN = ('GLIBC_TUNABLES', 'MALLOC_TRIM_THRESHOLD_', 'MALLOC_MMAP_THRESHOLD_')


@cache
def keep_freed_memory() -> bool:
    """Have glibc keep up to 128 MiB of free memory, once in a process.

    By itself it gives memory back whenever the end of its heap is free, which is after nearly every layer of a 3D
    network, and the system makes the same pages anew for the next one: a tenth of the time of a U-Net with windows of
    96 cubed. What has stayed is given back by `napari_segrobust.explore.memory.give_back`.

    Returns
    -------
    bool
        False where nothing was set: there is no glibc, or its environment variables say how it is to be.
    """
    if not sys.platform.startswith('linux') or any(name in os.environ for name in _OWN):
        return False
    mallopt = getattr(ctypes.CDLL(None), 'mallopt', None)
    return mallopt is not None and all(mallopt(name, value) for name, value in _SETTINGS.items())
