"""Masks that people drew on a pack, back in: matched by code, one line for each that cannot be used."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_segrobust.cases.load import load_mask
from napari_segrobust.cases.readers import find_format
from napari_segrobust.errors import CaseError, ReviewError
from napari_segrobust.review.drawn import Drawn
from napari_segrobust.review.under_noise.letter import SUFFIX
from napari_segrobust.run_file import content_hash

if TYPE_CHECKING:
    import os
    from collections.abc import Iterable, Mapping, Sequence

    from numpy.typing import NDArray

    from napari_segrobust.cases import Case
    from napari_segrobust.review.under_noise.key import Coded, Key


@dataclass(frozen=True, eq=False)
class Reading:
    """What one person drew on one image.

    Attributes
    ----------
    reader : str
    image : Coded
    drawn : Drawn
        Named after the reader.
    """

    reader: str
    image: Coded
    drawn: Drawn


@dataclass(frozen=True, eq=False)
class Gathered:
    """What came back.

    Attributes
    ----------
    key : Key
    readings : tuple of Reading
        By reader, in the order of the key.
    problems : tuple of str
        One line each: what could not be used, and what is missing.
    letters : sequence of (str, str) or None
        Ends of each axis of the image.
    """

    key: Key
    readings: tuple[Reading, ...]
    problems: tuple[str, ...]
    letters: Sequence[tuple[str, str]] | None = None

    @property
    def readers(self) -> tuple[str, ...]:
        """Everybody who gave a mask that can be used."""
        return tuple(dict.fromkeys(reading.reader for reading in self.readings))


def by_reader(paths: Iterable[str | os.PathLike[str]]) -> dict[str, list[Path]]:
    """Sort mask files, and the files of folders, by the folder that has the reader's name.

    Raises
    ------
    ReviewError
        Two folders of one name, a path that is not there, or nothing at all.
    """
    found: dict[Path, list[Path]] = defaultdict(list)
    for path in map(Path, paths):
        if not path.exists():
            raise ReviewError(f'{path.name} not found', f'there is no {str(path)!r}', 'Check the path.')
        inside = sorted(path.iterdir()) if path.is_dir() else [path]
        for file in inside:
            if file.is_file() and find_format(file) is not None:
                found[file.resolve().parent].append(file)
    if not found:
        why = 'none of the files is a mask of a known format'
        raise ReviewError('No masks', why, 'Give the folders of the readers.')
    readers: dict[str, list[Path]] = {}
    for folder, files in found.items():
        if folder.name in readers:
            raise ReviewError('Two readers of one name', f'{folder.name} is the name of two folders', 'Rename one.')
        readers[folder.name] = files
    return readers


def gather(
    key: Key,
    masks: Mapping[str, Sequence[Path]],
    case: Case,
    *,
    images: str | os.PathLike[str] | None = None,
) -> Gathered:
    """Read the masks of each reader.

    Parameters
    ----------
    key : Key
    masks : mapping of str to sequence of Path
        Reader to files, as `by_reader` sorts them.
    case : Case
        That the pack was made of: its grid is that of every mask.
    images : path, optional
        Folder of the pack: images that are no longer what was written are named, and masks on them not used.

    Returns
    -------
    Gathered

    Raises
    ------
    ReviewError
        The key is of another case, or no mask can be used.
    """
    key.check(case)
    problems, changed = [], set()
    if images is not None:
        changed = {image.code for image in key.images if not _same(Path(images) / f'{image.code}{SUFFIX}', image)}
        problems += [f'{code}{SUFFIX} is not the image that was written: masks on it are not used' for code in changed]
    readings: list[Reading] = []
    written = {image.sha256 for image in key.images}
    for reader, files in masks.items():
        # A reader who saves beside the images gives them back as well; the pack itself is no reader.
        own = [file for file in files if not (file.name.endswith(SUFFIX) and content_hash(file) in written)]
        drawn, told = _of_reader(key, reader, own, case) if own else ([], [])
        problems += told
        readings += [reading for reading in drawn if reading.image.code not in changed]
    if not readings:
        why = problems[0] if problems else 'there is no file'
        raise ReviewError('No mask of a reader can be used', why, 'See how README.txt of the pack names them.')
    return Gathered(key, tuple(readings), tuple(problems), case.geometry.letters)


def _of_reader(key: Key, reader: str, files: Sequence[Path], case: Case) -> tuple[list[Reading], list[str]]:
    readings, problems = [], []
    given: dict[str, list[Path]] = {image.code: [] for image in key.images}
    known = {image.code.casefold(): image.code for image in key.images}
    for file in files:
        code = known.get(re.split(r'[^0-9a-z]', file.name.casefold(), maxsplit=1)[0])
        if code is None:
            problems.append(f'{reader}/{file.name}: no image of the pack has this code')
        else:
            given[code].append(file)
    for image in key.images:
        found = given[image.code]
        if len(found) != 1:
            count = f'{len(found)} masks' if found else 'no mask'
            problems.append(f'{reader}: {count} of {image.code}{", and none is used" if found else ""}')
            continue
        try:
            labels = load_mask(found[0], f'{reader}/{found[0].name}', case.geometry)
            mask = _drawn(labels, key.label, f'{reader}/{found[0].name}')
        except (CaseError, ReviewError) as error:
            problems.append(f'{error.what}: {error.why}' if reader in str(error) else f'{reader}: {error}')
        else:
            readings.append(Reading(reader, image, Drawn(reader, mask)))
    return readings, problems


def _drawn(labels: NDArray[Any], label: int, name: str) -> NDArray[np.bool_]:
    """The label, or the one thing that was drawn with another number: drawing programs start at 1."""
    values = [int(value) for value in np.unique(labels) if value]
    if label in values or not values:
        return np.asarray(labels == label)
    if len(values) > 1:
        why = f'{name} holds {", ".join(map(str, values[:5]))} and no {label}'
        raise ReviewError('Which label is meant is not clear', why, f'Number the structure {label}.')
    return np.asarray(labels == values[0])


def _same(path: Path, image: Coded) -> bool:
    return path.is_file() and content_hash(path) == image.sha256
