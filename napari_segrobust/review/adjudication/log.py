"""A log that is only ever added to: JSON lines, each on disk before the next thing happens.

The first line says what the log is about. Each later line carries a hash of the line before it, so that a line that was
changed or taken out is noticed. What a power cut leaves of the last line was never acknowledged: it is dropped, and
told. Anything else that cannot be read is refused.
"""

from __future__ import annotations

import hashlib
import json
import os
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from napari_segrobust.errors import ReviewError
from napari_segrobust.review.adjudication.lock import lock

if TYPE_CHECKING:
    from collections.abc import Mapping
    from types import TracebackType

SCHEMA = 1
#: Every log begins so: what does not is never written to.
_MAGIC = b'{"log":"napari-segrobust'
_CHAIN = 'after'


@dataclass(frozen=True)
class Stored:
    """What a log holds.

    Attributes
    ----------
    first : dict
        The line that says what it is about; empty for a log without a whole line.
    lines : tuple of dict
        All others, the second line of the file first.
    torn : int
        Bytes of a last line that was never finished.
    size : int
        Bytes of whole lines.
    last : str
        Hash that the next line carries.
    """

    first: dict[str, Any]
    lines: tuple[dict[str, Any], ...]
    torn: int
    size: int
    last: str


def read(path: Path, kind: str) -> Stored:
    """Read a log without taking it.

    Parameters
    ----------
    path : Path
    kind : str
        What it must be about.

    Returns
    -------
    Stored

    Raises
    ------
    ReviewError
        No such file, a file that is no log of that kind, or a broken line.
    """
    try:
        data = Path(path).read_bytes()
    except OSError as error:
        raise _unusable(path, error) from None
    return parse(data, Path(path).name, kind)


def parse(data: bytes, name: str, kind: str) -> Stored:
    """Take the bytes of a log apart; see `read`."""
    if not data[: len(_MAGIC)] == _MAGIC[: len(data)]:
        raise ReviewError('Not a log', f'{name} holds something else', 'Choose another file.')
    found: list[dict[str, Any]] = []
    size, last, chunks = 0, '', data.split(b'\n')
    for number, chunk in enumerate(chunks, start=1):
        # A last line may be torn even where its end is on disk: blocks need not arrive in their order.
        final = number >= len(chunks) - 1 and not chunks[-1]
        line = _line(chunk)
        if number == len(chunks) or (line is None and final):
            break
        if line is None or (number > 1 and line.pop(_CHAIN, None) != last):
            why = 'is no line of a log' if line is None else 'does not follow the line before it'
            raise broken(name, number, why)
        found.append(line)
        size, last = size + len(chunk) + 1, _hash(chunk)
    first = found[0] if found else {}
    _check(first, name, kind)
    return Stored(first, tuple(found[1:]), len(data) - size, size, last)


class Log:
    """A log held open by this process alone.

    Attributes
    ----------
    path : Path
    stored : Stored
        What it held when it was opened.
    begun : bool
        Whether it began with this opening.
    """

    def __init__(self, path: Path, handle: int, stored: Stored) -> None:
        self.path, self.stored, self.begun = path, stored, not stored.first
        self._handle: int | None = handle
        self._size, self._last = stored.size, stored.last

    @classmethod
    def open(cls, path: Path, first: Mapping[str, Any], kind: str) -> Self:
        """Take a log, or begin it with the line `first`.

        Raises
        ------
        ReviewError
            Another process has it, or it cannot be read or written.
        """
        path = Path(path)
        try:
            handle = os.open(path, os.O_RDWR | os.O_CREAT | getattr(os, 'O_BINARY', 0), 0o666)
        except OSError as error:
            raise _unusable(path, error) from None
        try:
            _lock(handle, path.name)
            log = cls(path, handle, parse(_all(handle), path.name, kind))
            if log.stored.torn:
                os.ftruncate(handle, log._size)
            if log.begun:
                log._add({'log': f'napari-segrobust {kind}', 'schema': SCHEMA, **first})
                _sync_folder(path.parent)
                log.stored = parse(_all(handle), path.name, kind)
        except OSError as error:
            os.close(handle)
            raise _unusable(path, error) from None
        except BaseException:
            os.close(handle)
            raise
        return log

    def add(self, line: Mapping[str, Any]) -> None:
        """Add a line; when this returns, it is on disk.

        Raises
        ------
        ReviewError
            It could not be written. The log is then as it was.
        """
        try:
            self._add({**line, _CHAIN: self._last})
        except OSError as error:
            raise _unusable(self.path, error) from None

    def _add(self, line: Mapping[str, Any]) -> None:
        assert self._handle is not None, 'the log was let go'
        chunk = json.dumps(line, ensure_ascii=False, allow_nan=False, separators=(',', ':')).encode()
        data = memoryview(chunk + b'\n')
        try:
            os.lseek(self._handle, self._size, os.SEEK_SET)
            while data:
                data = data[os.write(self._handle, data) :]
            os.fsync(self._handle)
        except OSError:
            # Half a line must not stand before the next one.
            with suppress(OSError):
                os.ftruncate(self._handle, self._size)
            raise
        self._size, self._last = self._size + len(chunk) + 1, _hash(chunk)

    def release(self) -> None:
        """Let the file go; what was added stays."""
        if self._handle is not None:
            os.close(self._handle)
            self._handle = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()


def broken(name: str, number: int, why: str) -> ReviewError:
    """Error that names the line of a log that cannot be used."""
    return ReviewError('Log broken', f'line {number} of {name} {why}', 'Restore the file from a copy.')


def _unusable(path: Path, error: OSError) -> ReviewError:
    return ReviewError(
        'Log not usable', f'{Path(path).name}: {error.strerror or error}', 'Choose another file, or make room.'
    )


def _lock(handle: int, name: str) -> None:
    if not lock(handle):
        why = f'another window or process works on {name}'
        raise ReviewError('Log in use', why, 'Close it there, or choose another file.')


def _line(chunk: bytes) -> dict[str, Any] | None:
    try:
        line = json.loads(chunk)
    except ValueError:
        return None
    return line if isinstance(line, dict) else None


def _hash(chunk: bytes) -> str:
    return hashlib.sha256(chunk).hexdigest()[:16]


def _check(first: Mapping[str, Any], name: str, kind: str) -> None:
    if not first:
        return
    if first.get('log') != f'napari-segrobust {kind}':
        raise ReviewError('Another kind of log', f'{name} says {first.get("log")!r}', 'Choose another file.')
    if first.get('schema') != SCHEMA:
        why = f'{name} has schema {first.get("schema")}, this version reads {SCHEMA}'
        raise ReviewError('Log of another version', why, 'Use the version that wrote it.')


def _all(handle: int) -> bytes:
    os.lseek(handle, 0, os.SEEK_SET)
    with os.fdopen(os.dup(handle), 'rb') as file:
        return file.read()


def _sync_folder(folder: Path) -> None:
    """Put the name of a new file on disk as well; where folders cannot be opened, the system sees to it."""
    if os.name == 'nt':
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
