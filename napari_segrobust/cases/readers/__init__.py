"""Files in: one module per family of formats, each defining ``FORMAT``."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from napari_segrobust.cases.stored import not_readable
from napari_segrobust.errors import CaseError
from napari_segrobust.registry import discover

if TYPE_CHECKING:
    from napari_segrobust.cases.stored import Format, StoredImage


@cache
def formats() -> tuple[Format, ...]:
    """Every format that can be read."""
    return tuple(discover(__name__, 'FORMAT'))


def find_format(path: Path) -> Format | None:
    """Return the format of a file or folder, None where no reader accepts it."""
    return next((entry for entry in formats() if entry.accepts(path)), None)


def read_stored(path: str | Path) -> StoredImage:
    """Read a file, or a folder with one DICOM series, without deciding what it is for.

    Raises
    ------
    CaseError
        One line that names the file and what is wrong with it.
    """
    path = Path(path).expanduser()
    if not path.exists():
        raise CaseError(f'{path.name} not found', f'there is no {str(path)!r}', 'Check the spelling and the folder.')
    if path.is_file() and path.stat().st_size == 0:
        raise not_readable(path, 'the file is empty (0 bytes)')
    entry = find_format(path)
    if entry is None and path.is_dir():
        raise not_readable(path, 'the folder itself holds no DICOM files', 'Choose the folder with the slices.')
    if entry is None:
        names = ', '.join(sorted(entry.name for entry in formats()))
        raise not_readable(path, 'it is not an image of a known format', f'Use one of: {names}.')
    stored = entry.read(path)
    return replace(stored, facts={**stored.facts, 'path': str(path.resolve()), 'sha256': _digest(path)})


def _digest(path: Path) -> str:
    """SHA-256 of a file, or of the files of a folder in the order of their names."""
    digest = hashlib.sha256()
    for part in sorted(path.iterdir()) if path.is_dir() else [path]:
        if part.is_file():
            with part.open('rb') as file:
                while block := file.read(2**20):
                    digest.update(block)
    return digest.hexdigest()
