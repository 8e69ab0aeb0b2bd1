"""A file that one process at a time may write; the system lets go when the process ends, however it ends."""

from __future__ import annotations

import sys

if sys.platform == 'win32':
    import msvcrt
    import os

    #: Far behind the last byte of any log: Windows forbids reading what is locked.
    _FAR = 1 << 40

    def lock(handle: int) -> bool:
        """Take the file, and say whether it was free."""
        os.lseek(handle, _FAR, os.SEEK_SET)
        try:
            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True

else:
    import fcntl

    def lock(handle: int) -> bool:
        """Take the file, and say whether it was free."""
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True
