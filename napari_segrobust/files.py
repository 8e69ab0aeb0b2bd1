"""Files and folders out: each one whole, or not at all."""

from __future__ import annotations

import errno
import os
import shutil
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from napari_segrobust.errors import SegrobustError

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Yield a temporary path beside `path` and move it there when the block succeeds: all or nothing is written."""
    handle, name = tempfile.mkstemp(prefix='.', suffix=path.name, dir=path.parent)
    os.close(handle)
    temporary = Path(name)
    try:
        yield temporary
        # mkstemp makes private files; the result gets the permissions of any new file.
        temporary.chmod(0o666 & ~_umask())
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


@contextmanager
def saving(path: Path) -> Iterator[Path]:
    """`replacing` for a file that a person asked for.

    Raises
    ------
    SegrobustError
        Nothing can be written there.
    """
    try:
        with replacing(path) as temporary:
            yield temporary
    except OSError as error:
        why = error.strerror or str(error)
        raise SegrobustError(f'{path.name} cannot be saved', why, 'Choose another folder.') from error


@contextmanager
def new_folder(path: Path) -> Iterator[Path]:
    """Yield a temporary folder beside `path` and move it there when the block succeeds; `path` is empty or not there.

    Raises
    ------
    FileExistsError
        There is something in it.
    """
    if path.exists() and (not path.is_dir() or any(path.iterdir())):
        raise FileExistsError(errno.EEXIST, 'it is not empty', str(path))
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = Path(tempfile.mkdtemp(prefix='.', suffix=path.name, dir=path.parent))
    try:
        yield temporary
        temporary.chmod(0o777 & ~_umask())
        if path.exists():
            path.rmdir()
        temporary.replace(path)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
