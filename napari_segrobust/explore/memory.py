"""Memory that is free but not given back."""

from __future__ import annotations

import ctypes
import sys
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


def give_back() -> None:
    """Let the C library return free memory to the system; takes some milliseconds, where there is nothing to do none.

    glibc keeps the holes that arrays below 32 MiB leave in its heap: after a drag over a volume, hundreds of MiB that
    nobody uses. Other systems give them back by themselves.
    """
    trim = _trim()
    if trim is not None:
        trim(0)


@cache
def _trim() -> Callable[[int], int] | None:
    if not sys.platform.startswith('linux'):
        return None
    return getattr(ctypes.CDLL(None), 'malloc_trim', None)
