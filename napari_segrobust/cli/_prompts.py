"""Words that show a model something, and how they become prompts."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from napari_segrobust.errors import CaseError, first_fault

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

    from napari_segrobust.prompts import Prompts

#: Options that show something.
SHOWN = ('point', 'box', 'prompts', 'candidate')


def add_prompts(parser: ArgumentParser) -> None:
    """Add ``--point``, ``--box``, ``--prompts`` and ``--candidate``; the first two may be given several times."""
    words = 'a place in voxels that a model is shown, with its class: 1, or 0 for background'
    parser.add_argument('--point', action='append', default=[], metavar='Z,Y,X[,CLASS]', help=words)
    words = 'a box in voxels around an object that a model is shown, half-open'
    parser.add_argument('--box', action='append', default=[], metavar='Z:Z,Y:Y,X:X[,CLASS]', help=words)
    words = 'points and boxes as JSON, as a run file has them under "prompts"; --point and --box come after them'
    parser.add_argument('--prompts', metavar='FILE', help=words)
    words = 'which of several masks that a model proposes, from 0 (default: the one that it trusts most)'
    parser.add_argument('--candidate', type=int, metavar='K', help=words)


def prompts(arguments: Namespace, ndim: int) -> Prompts:
    """Everything that was shown, for an image with so many axes.

    Raises
    ------
    CaseError
        A word or a file that is not to be read.
    """
    from pydantic import ValidationError

    from napari_segrobust.prompts import Prompts

    given = {} if arguments.prompts is None else _read(Path(arguments.prompts)).model_dump()
    points = [_point(text, ndim) for text in arguments.point]
    boxes = [_box(text, ndim) for text in arguments.box]
    added = {'points': [*given.get('points', ()), *points], 'boxes': [*given.get('boxes', ()), *boxes]}
    candidate = {} if arguments.candidate is None else {'candidate': arguments.candidate}
    try:
        return Prompts.model_validate({**given, **added, **candidate})
    except ValidationError as error:
        raise CaseError('Points or boxes unusable', first_fault(error), 'Correct these numbers.') from None


def _read(path: Path) -> Prompts:
    from pydantic import ValidationError

    from napari_segrobust.prompts import Prompts

    try:
        return Prompts.model_validate_json(path.read_text(encoding='utf-8'))
    except (OSError, UnicodeDecodeError) as error:
        why = getattr(error, 'strerror', None) or str(error)
        raise CaseError(f'{path.name} cannot be read', why, 'Check the path.') from None
    except ValidationError as error:
        remedy = 'Write {"points": [{"at": [Z, Y, X], "label": 1}], "boxes": []}.'
        raise CaseError(f'{path.name} holds no prompts', first_fault(error), remedy) from None


def _point(text: str, ndim: int) -> dict[str, object]:
    at, label = _split(text, ndim, 'Point', 'Z,Y,X'[-2 * ndim + 1 :])
    try:
        return {'at': [float(part) for part in at], 'label': label}
    except ValueError:
        raise CaseError('Point unusable', repr(text), 'Give numbers with commas between.') from None


def _box(text: str, ndim: int) -> dict[str, object]:
    sides, label = _split(text, ndim, 'Box', 'Z:Z,Y:Y,X:X'[-4 * ndim + 1 :])
    try:
        edges = [[float(end) for end in side.split(':')] for side in sides]
    except ValueError:
        edges = []
    if [len(edge) for edge in edges] != [2] * ndim:
        raise CaseError('Box unusable', repr(text), 'Give two numbers with a colon between for each axis.')
    return {'edges': edges, 'label': label}


def _split(text: str, ndim: int, name: str, form: str) -> tuple[list[str], int]:
    """Places along the axes, and the class that may stand behind them."""
    parts = text.split(',')
    if len(parts) not in (ndim, ndim + 1):
        why = f'{text!r} on an image with {ndim} axes'
        raise CaseError(f'{name} unusable', why, f'Write {form}, or {form},CLASS.')
    try:
        return parts[:ndim], int(parts[ndim]) if len(parts) > ndim else 1
    except ValueError:
        raise CaseError(f'{name} unusable', repr(text), 'Give the class as a whole number.') from None
