"""Which files are raters' masks, and what the raters are called: proposals for a person to confirm."""

from __future__ import annotations

import glob
import os
import re
from pathlib import Path
from typing import TYPE_CHECKING

from napari_segrobust.cases.readers import find_format
from napari_segrobust.cases.readers.dicom import is_slice
from napari_segrobust.cases.stored import stem
from napari_segrobust.errors import CaseError

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

#: What separates the words of a file name.
_BETWEEN = re.compile(r'[\s._-]+')
#: A further reading, behind the rater's name.
_AGAIN = re.compile(
    r'(?P<rater>.+?)[\s._-]+(?P<which>(?:r|read|reading|session|round|time|t)?[\s._-]*(?P<number>\d{1,2})'
    r'|first|second|third|again|repeat|repeated|reread)',
    re.IGNORECASE,
)
#: Words that count raters.
_COUNTED = frozenset({'rater', 'reader', 'observer', 'expert', 'r', 'mask', 'seg', 'label', 'model', 'case'})
_ORDER = {'first': 1, 'second': 2, 'again': 2, 'repeat': 2, 'repeated': 2, 'reread': 2, 'third': 3}


def find_raters(
    source: str | os.PathLike[str] | Sequence[str | os.PathLike[str]], *, without: Collection[Path] = ()
) -> dict[str, Path]:
    """Files of raters' masks with the raters' names.

    Parameters
    ----------
    source : path or sequence of paths
        Files, patterns such as ``"readers/*.nii.gz"``, and folders: a folder with one DICOM series is one mask, of
        another one every file of a known format is a mask.
    without : collection of Path
        What is no mask, such as the image in the same folder.

    Returns
    -------
    dict of str to Path
        As `rater_names` calls them, folders and patterns in the order of their names.

    Raises
    ------
    CaseError
        A pattern or a folder without files.

    Examples
    --------
    >>> import tempfile
    >>> folder = Path(tempfile.mkdtemp())
    >>> for name in ('ct', 'case07_anna', 'case07_ben'):
    ...     (folder / f'{name}.nii.gz').touch()
    >>> list(find_raters(folder, without=[folder / 'ct.nii.gz']))
    ['anna', 'ben']
    """
    listed = [source] if isinstance(source, str | os.PathLike) else list(source)
    left_out = {Path(path).resolve() for path in without}
    paths = [path for one in listed for path in files_of(Path(one)) if path.resolve() not in left_out]
    if not paths:
        raise CaseError('No raters', 'there is no file', 'Give the masks of two or more raters.')
    return dict(zip(rater_names(paths), paths, strict=True))


def files_of(path: Path) -> list[Path]:
    """Files that a path, a pattern or a folder stands for; a DICOM series in a folder is the folder itself.

    Raises
    ------
    CaseError
        A pattern or a folder without files.
    """
    path = path.expanduser()
    if not path.exists() and glob.has_magic(str(path)):
        found = [Path(one) for one in sorted(glob.glob(str(path)))]
        if not found:
            raise CaseError('No raters', f'{path} fits no file', 'Check the pattern.')
        return found
    if not path.is_dir():
        return [path]
    files = [part for part in sorted(path.iterdir()) if part.is_file() and not part.name.startswith('.')]
    known = [part for part in files if find_format(part) is not None]
    if not known:
        raise CaseError('No raters', f'{path.name} holds no file of a known format', 'Choose the folder of the masks.')
    masks = [part for part in known if not is_slice(part)]
    return masks if len(masks) == len(known) else [path, *masks]


def rater_names(paths: Sequence[Path]) -> list[str]:
    """Names of raters: file names without the words that all of them begin or end with.

    Parameters
    ----------
    paths : sequence of Path
        Files of one name in different folders are called after their folders.

    Returns
    -------
    list of str
        Each occurs once; a number is put behind what does not.

    Examples
    --------
    >>> rater_names([Path('case07_anna.nii.gz'), Path('case07_ben.nii.gz')])
    ['anna', 'ben']
    >>> rater_names([Path('anna/mask.nii.gz'), Path('ben/mask.nii.gz')])
    ['anna', 'ben']
    """
    stems = [stem(path) for path in paths]
    folders = [path.parent.name for path in paths]
    if len(set(stems)) == 1 < len(set(folders)):
        stems = folders
    names: list[str] = []
    for name in told_apart(stems):
        names.append(unique_name(name, names))
    return names


def unique_name(name: str, taken: Collection[str]) -> str:
    """Return a name, with the first number from 2 behind it that makes it a new one where it is taken."""
    number, unique = 2, name
    while unique in taken:
        number, unique = number + 1, f'{name} ({number})'
    return unique


def told_apart(stems: list[str]) -> list[str]:
    """Cut the words that all have at the front and at the back.

    A name that would lose all of it stays whole, as do the others; a bare number keeps the word before it.
    """
    words = [[word for word in _BETWEEN.split(text) if word] for text in stems]
    if len(set(stems)) < 2:
        return stems
    front, back = _alike(words), _alike([parts[::-1] for parts in words])
    if any(front + back >= len(parts) for parts in words):
        return stems
    if any(''.join(parts[front : len(parts) - back]).isdigit() for parts in words):
        front = max(front - 1, 0)
    kept = []
    for text, parts in zip(stems, words, strict=True):
        spans = [match.span() for match in re.finditer(r'[^\s._-]+', text)]
        kept.append(text[spans[front][0] : spans[len(parts) - back - 1][1]])
    return kept


def _alike(words: list[list[str]]) -> int:
    """How many words all begin with."""
    count = 0
    for column in zip(*words, strict=False):
        if len(set(column)) > 1:
            break
        count += 1
    return count


def propose_sessions(names: Sequence[str]) -> dict[str, str]:
    """Further readings by one rater, told by names such as "anna" and "anna_2", or "ben first" and "ben second".

    Parameters
    ----------
    names : sequence of str
        Of the masks.

    Returns
    -------
    dict of str to str
        Reading to the mask of the first one; nothing is decided. Names that are but numbered ("rater 1", "rater 2")
        are different raters.

    Examples
    --------
    >>> propose_sessions(['anna', 'anna_2', 'ben', 'rater 1', 'rater 2'])
    {'anna_2': 'anna'}
    """
    readings: dict[str, list[tuple[int, str]]] = {}
    for name in names:
        found = _AGAIN.fullmatch(name)
        if found is None:
            readings.setdefault(name.casefold(), []).append((1, name))
        else:
            order = int(found['number'] or _ORDER.get(found['which'].lower(), 2))
            readings.setdefault(found['rater'].casefold(), []).append((order, name))
    proposed = {}
    for rater, known in readings.items():
        first, *further = sorted(known, key=lambda pair: pair[0])
        # Words that count raters do not name one; and if all names are one word with a number, it counts too.
        counted = rater in _COUNTED or (len(readings) == 1 and all(name[-1].isdigit() for _, name in known))
        if not counted:
            proposed.update({name: first[1] for _, name in further})
    return {name: proposed[name] for name in names if name in proposed}
