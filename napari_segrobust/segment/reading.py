"""Model files in: each looked at before it is read, and read once."""

from __future__ import annotations

import zipfile
from typing import TYPE_CHECKING

from napari_segrobust.errors import ModelError
from napari_segrobust.segment.archive import open_archive

if TYPE_CHECKING:
    from pathlib import Path

#: How a network becomes a file that can be opened without running anything: said wherever one cannot be.
EXPORT = (
    "torch.export.save(torch.export.export(model.eval(), (example,)), 'model.pt2'), "
    "or torch.jit.trace(model.eval(), example).save('model.ts')"
)
#: A file and the tensors read from it are in memory together.
_COPIES = 2


def read_file(path: Path) -> bytes:
    """Content of a model file.

    Raises
    ------
    ModelError
        Empty, not readable, larger than the memory that is free, or an archive that unpacks to more than weights do.
    """
    check_file(path)
    try:
        return path.read_bytes()
    except OSError as error:
        raise _not_read(path, error) from error


def check_file(path: Path) -> None:
    """Refuse what must not be read: see `read_file`."""
    import psutil

    try:
        size = path.stat().st_size
    except OSError as error:
        raise _not_read(path, error) from error
    if not size:
        raise ModelError(f'{path.name} not loaded', 'the file is empty', 'Copy it again.')
    free = psutil.virtual_memory().available
    if _COPIES * size > free:
        raise ModelError(
            f'{path.name} not loaded',
            f'it has {in_words(size)}, takes {_COPIES} times that while it is read, and {in_words(free)} of memory '
            'are free',
            'Close other programs, or choose a smaller model.',
        )
    if zipfile.is_zipfile(path):
        with open_archive(path):
            pass


def in_words(size: int) -> str:
    """Words for a number of bytes: "3.2 GB"."""
    for power, unit in ((9, 'GB'), (6, 'MB'), (3, 'kB')):
        if size >= 10**power:
            return f'{size / 10**power:.3g} {unit}'
    return f'{size} bytes'


def one_line(error: BaseException, most: int = 200) -> str:
    """What an error of others says, cut to one line; its name where it says nothing."""
    return ' '.join(str(error).split())[:most] or type(error).__name__


def _not_read(path: Path, error: OSError) -> ModelError:
    return ModelError(
        f'{path.name} not read', error.strerror or str(error), 'Check the path, and that you may read it.'
    )
