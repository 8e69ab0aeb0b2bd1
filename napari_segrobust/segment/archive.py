"""Zip archives from strangers: looked through before a byte is unpacked, and unpacked nowhere but where they belong."""

from __future__ import annotations

import shutil
import stat
import zipfile
import zlib
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from napari_segrobust.errors import ModelError

if TYPE_CHECKING:
    from collections.abc import Iterator

#: What a damaged archive raises, wherever the damage is met; zipfile says of a compression or version that it does not
#: know that it is not implemented.
_DAMAGE = (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError)
#: What a name may not hold: Windows' separators and drives, and the end of a string in C.
_FORBIDDEN = ('\\', ':', '\0')
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_CHUNK = 1 << 20


@dataclass(frozen=True)
class Limits:
    """How much an archive may hold; weights hardly compress, so a model is far from each of these.

    Attributes
    ----------
    files : int
    total : int
        Bytes of all files, unpacked.
    ratio : float
        Bytes unpacked for each byte of the archive.
    free_ratio : int
        Bytes unpacked below which no ratio is asked for: text and zeros compress well.
    """

    files: int = 20_000
    total: int = 16 << 30
    ratio: float = 50.0
    free_ratio: int = 64 << 20


class Archive:
    """An archive that was looked through: every name in it is plain and relative, and its sizes are within limits.

    `open_archive` makes it.

    Attributes
    ----------
    names : tuple of str
        Its files (no folders), with ``/`` between the parts, in the order of the archive.
    total : int
        Bytes of all files, unpacked.
    """

    def __init__(self, path: Path, archive: zipfile.ZipFile, limits: Limits) -> None:
        self._path = path
        self._archive = archive
        infos = archive.infolist()
        if len(infos) > limits.files:
            raise _refused(path, f'it holds {len(infos)} files, and {limits.files} are allowed')
        for info in infos:
            _check_member(path, info)
        self._files = {info.filename: info for info in infos if not info.is_dir()}
        self.names = tuple(self._files)
        _check_places(path, [info.filename for info in infos if not info.is_dir()])
        self.total = sum(info.file_size for info in self._files.values())
        _check_size(path, self.total, limits)

    def __contains__(self, name: str) -> bool:
        return name in self._files

    def size(self, name: str) -> int:
        """Bytes of a file, unpacked."""
        return self._files[name].file_size

    def read(self, name: str, most: int = 64 << 20) -> bytes:
        """Content of one file.

        Parameters
        ----------
        name : str
            One of `names`.
        most : int
            Bytes that it may have.

        Raises
        ------
        ModelError
            No such file, larger than `most`, or damaged.
        """
        if name not in self._files:
            raise ModelError(f'{self._path.name} not loaded', f'it holds no {name}', 'Choose another file.')
        if self.size(name) > most:
            raise _refused(self._path, f'{name} has {self.size(name)} bytes, and {most} are allowed')
        return b''.join(self._chunks(name))

    def extract(self, folder: Path) -> None:
        """Write every file below a folder that is new or empty.

        Raises
        ------
        ModelError
            The folder holds something, the disk has no room, or the archive is damaged; nothing is left behind.
        """
        folder.mkdir(parents=True, exist_ok=True)
        if any(folder.iterdir()):
            raise ModelError(f'{self._path.name} not unpacked', f'{folder.name} is not empty', 'Choose a new folder.')
        free = shutil.disk_usage(folder).free
        if self.total > free:
            raise ModelError(
                f'{self._path.name} not unpacked', f'it needs {self.total} bytes, and {free} are free', 'Make room.'
            )
        try:
            for name in self.names:
                target = folder.joinpath(*PurePosixPath(name).parts)
                target.parent.mkdir(parents=True, exist_ok=True)
                with target.open('xb') as out:
                    for chunk in self._chunks(name):
                        out.write(chunk)
        except BaseException:  # also when it is cancelled: nothing is left half-unpacked
            for made in folder.iterdir():
                shutil.rmtree(made) if made.is_dir() else made.unlink()
            raise

    def _chunks(self, name: str) -> Iterator[bytes]:
        """Parts of a file; zipfile gives no more bytes than were declared and checks the CRC at their end."""
        info = self._files[name]
        read = 0
        try:
            with self._archive.open(info) as stream:
                while chunk := stream.read(_CHUNK):
                    read += len(chunk)
                    yield chunk
        except _DAMAGE as error:
            raise _damaged(self._path) from error
        if read != info.file_size:
            raise _damaged(self._path)


@contextmanager
def open_archive(path: Path, limits: Limits | None = None) -> Iterator[Archive]:
    """Open a zip archive that nobody vouches for.

    Parameters
    ----------
    path : Path
    limits : Limits, optional

    Yields
    ------
    Archive

    Raises
    ------
    ModelError
        No archive or a damaged one; encrypted; a name that is absolute, climbs out with ``..`` or means two places;
        a link or another special file; more files or bytes than `limits` allow.

    Examples
    --------
    >>> with open_archive(Path('bundle.zip')) as archive:  # doctest: +SKIP
    ...     archive.read('bundle/configs/metadata.json')
    """
    try:
        opened = zipfile.ZipFile(path)
    except (*_DAMAGE, ValueError) as error:
        raise _damaged(path) from error
    with opened:
        yield Archive(path, opened, limits or Limits())


def _check_member(path: Path, info: zipfile.ZipInfo) -> None:
    name = info.filename
    # zipfile cuts a name at a zero byte and turns Windows' separators round: the name as it stands is looked at.
    written = info.orig_filename
    parts = written.rstrip('/').split('/')
    if any(sign in written for sign in _FORBIDDEN) or any(part in ('', '.', '..') for part in parts):
        raise _refused(path, f'{written[:80]!r} leads out of the folder that it is unpacked in')
    if stat.S_IFMT(info.external_attr >> 16) not in (0, stat.S_IFREG, stat.S_IFDIR):
        raise _refused(path, f'{name} is a link or a special file')
    if info.flag_bits & 0x1:
        raise ModelError(f'{path.name} not loaded', 'it is encrypted', 'Unpack it with its password first.')
    if info.compress_type not in _METHODS:
        raise _refused(path, f'{name} is compressed by method {info.compress_type}, and only deflate is known here')


def _check_places(path: Path, names: list[str]) -> None:
    """Refuse two files in one place, also where a file system does not tell small letters from capitals."""
    seen: set[str] = set()
    for name in names:
        if name.casefold() in seen:
            raise _refused(path, f'{name} is there twice')
        seen.add(name.casefold())
    for name in names:
        for parent in PurePosixPath(name.casefold()).parents:
            if str(parent) in seen:
                raise _refused(path, f'{parent} is a file and a folder')


def _check_size(path: Path, total: int, limits: Limits) -> None:
    if total > limits.total:
        raise _refused(path, f'it unpacks to {total} bytes, and {limits.total} are allowed')
    ratio = total / max(path.stat().st_size, 1)
    if total > limits.free_ratio and ratio > limits.ratio:
        raise _refused(path, f'it unpacks to {ratio:.0f} times its size, as no weights do')


def _refused(path: Path, why: str) -> ModelError:
    return ModelError(f'{path.name} not loaded', why, 'Get it from a source that you trust.')


def _damaged(path: Path) -> ModelError:
    return ModelError(f'{path.name} not loaded', 'it is no zip archive or a damaged one', 'Copy it again.')


def names_in(path: Path) -> tuple[str, ...]:
    """Names of an archive as they stand, to tell what it is; nothing where it is none or damaged."""
    try:
        with zipfile.ZipFile(path) as archive:
            return tuple(archive.namelist())
    except (*_DAMAGE, ValueError):
        return ()
