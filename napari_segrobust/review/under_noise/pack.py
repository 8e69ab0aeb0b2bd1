"""A folder of perturbed images under code names, for people to draw on, and the key that stays behind."""

from __future__ import annotations

import random
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

from napari_segrobust.cases import save_image
from napari_segrobust.errors import ReviewError
from napari_segrobust.files import new_folder
from napari_segrobust.judging import clean_of
from napari_segrobust.perturb import get_spec, mask_stack, perturb_block
from napari_segrobust.review.under_noise.key import Coded, Key, at_severity
from napari_segrobust.review.under_noise.letter import SUFFIX, letter
from napari_segrobust.run_file import content_hash, write_json
from napari_segrobust.walk import perturb_key

if TYPE_CHECKING:
    import os
    from collections.abc import Sequence

    from napari_segrobust.cases import Case
    from napari_segrobust.perturb import Perturbation

README = 'README.txt'
#: Of code names: nothing that reads like something else, and no vowels, which would make words.
_ALPHABET = 'BCDFGHJKLMNPQRSTVWXZ23456789'
_LENGTH = 4
#: More images than this nobody draws on.
_MOST = 200


def pack(
    case: Case,
    stack: Sequence[Perturbation],
    severities: Sequence[float],
    out: str | os.PathLike[str],
    key: str | os.PathLike[str],
    *,
    swept: int = -1,
    label: int = 1,
    repeats: int = 0,
    rng: random.Random | None = None,
) -> Key:
    """Write the images of a case at several severities under code names, and the key apart from them.

    Parameters
    ----------
    case : Case
    stack : sequence of Perturbation
        In the order of application.
    severities : sequence of float
        Of the entry that is swept; 0 shows the image without it.
    out : path
        Folder for the readers: a new one, or an empty one.
    key : path
        JSON file, outside of `out`.
    swept : int
        Place of the entry in the stack; the last one when left out.
    label : int
        What the readers are asked to draw.
    repeats : int
        How often each image is shown again, under a code of its own: it gives intra-rater agreement.
    rng : Random, optional
        Chooses codes and order; the system's own randomness when None, which nobody can repeat.

    Returns
    -------
    Key

    Raises
    ------
    ReviewError
        Nothing to show, masks that would move with the image, a folder or a key that is in the way.
    """
    out, key, stack = Path(out), Path(key), tuple(stack)
    swept = swept % len(stack) if stack else 0
    _check(case, stack, swept, severities, repeats)
    _free(out, key)
    rng = rng or random.SystemRandom()
    shown = [float(severity) for severity in dict.fromkeys(severities) for _ in range(repeats + 1)]
    rng.shuffle(shown)
    codes = _draw(rng, len(shown))
    try:
        with new_folder(out) as folder:
            images = _write(case, stack, swept, dict(zip(codes, shown, strict=True)), folder)
            structure = case.label_name(label)
            (folder / README).write_text(letter(codes, structure, label), encoding='utf-8')
            found = Key(
                case=case.key,
                stack=stack,
                swept=swept,
                label=label,
                structure=structure,
                images=images,
                versions={'napari-segrobust': version('napari-segrobust')},
            )
            # The key first: without it the images are worth nothing.
            key.parent.mkdir(parents=True, exist_ok=True)
            write_json(key, found.model_dump(mode='json', by_alias=True))
    except OSError as error:
        remedy = 'Choose another folder, or free some space.'
        raise ReviewError(f'{out.name} cannot be written', error.strerror or str(error), remedy) from error
    return found


def _write(
    case: Case, stack: tuple[Perturbation, ...], swept: int, severities: dict[str, float], folder: Path
) -> tuple[Coded, ...]:
    """Write the image of each code; headers say nothing but the grid."""
    clean, whole, written = clean_of(case), tuple(slice(0, n) for n in case.shape), []
    for code, severity in severities.items():
        acting = at_severity(stack, swept, severity)
        path = save_image(folder / f'{code}{SUFFIX}', perturb_block(clean, acting, block=whole), case.geometry)
        written.append(
            Coded(code=code, severity=severity, scenario=perturb_key(case, acting), sha256=content_hash(path))
        )
    return tuple(written)


def _check(case: Case, stack: tuple[Perturbation, ...], swept: int, severities: Sequence[float], repeats: int) -> None:
    what, many = 'No pack', len(set(severities)) * (repeats + 1)
    if not stack:
        raise ReviewError(what, 'no perturbation is given', 'Add one.')
    if not 0 < many <= _MOST or repeats < 0:
        raise ReviewError(what, f'{max(many, 0)} images are asked for', f'Ask for 1 to {_MOST}.')
    if not all(0 <= severity <= 5 for severity in severities):
        why = f'{min(severities):g} to {max(severities):g} is asked for'
        raise ReviewError(what, why, 'Severities go from 0 to 5.')
    acting = at_severity(stack, swept, max(severities))
    for entry in acting:
        if not get_spec(entry.name).changes_voxels:
            raise ReviewError(what, f'{get_spec(entry.name).title} leaves the image as it is', 'Take it out.')
    if mask_stack(acting, len(case.image)):
        why = 'the stack moves masks, and the raters drew theirs on the image as it was'
        raise ReviewError(what, why, 'Use perturbations that move nothing.')


def _free(out: Path, key: Path) -> None:
    """Refuse a folder with something in it, a key that is there, and a key that the readers would get."""
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise ReviewError(f'{out.name} is in the way', 'it is not an empty folder', 'Choose a new folder.')
    if key.exists():
        raise ReviewError(f'{key.name} is in the way', 'it may be the key of another pack', 'Choose a new file.')
    if out.resolve() in key.resolve().parents:
        why = 'it would lie among the images, where readers see it'
        raise ReviewError(f'{key.name} cannot be written there', why, 'Choose a place outside of the pack.')


def _draw(rng: random.Random, count: int) -> list[str]:
    """Codes that all differ."""
    codes: dict[str, None] = {}
    while len(codes) < count:
        codes[''.join(rng.choices(_ALPHABET, k=_LENGTH))] = None
    return list(codes)
