"""``cards``: pictures of what every perturbation does, on real images or on one's own."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from napari_segrobust.cli._arguments import add_image, one_case
from napari_segrobust.cli._verb import Verb
from napari_segrobust.errors import PerturbationError

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

    from PIL import Image

#: Bytes of a picture in the docs: quality falls until it fits.
_ROOM = 17_000
_QUALITIES = (82, 74, 66, 58, 50, 42, 34)


def _add_arguments(parser: ArgumentParser) -> None:
    parser.add_argument('names', nargs='*', metavar='NAME', help='perturbations (default: all)')
    parser.add_argument('--out', metavar='FOLDER', help='one picture each, on a real image of a package')
    parser.add_argument('--contact-sheet', metavar='FILE', help='all of them on one sheet, on the image that is given')
    add_image(parser)
    parser.add_argument('--reference', metavar='FILE', help='mask for those that use one')
    parser.add_argument('--modality', metavar='NAME', help='only those that are realistic for it, such as MR')
    parser.add_argument('--slice', type=int, metavar='N', help='of a volume, along --axis (default: the fullest)')
    parser.add_argument('--axis', type=int, default=0, choices=(0, 1, 2), help='of a volume, looked along (default 0)')
    parser.add_argument('--side', type=int, default=150, metavar='N', help='of a picture, in pixels (default 150)')
    parser.add_argument('--seed', type=int, default=0, metavar='N')


def _run(arguments: Namespace) -> None:
    if (arguments.out is None) == (arguments.contact_sheet is None):
        raise PerturbationError('Nothing to draw', 'give --out or --contact-sheet, and not both', 'Give one of them.')
    if not 16 <= arguments.side <= 1024:
        raise PerturbationError('Side unusable', str(arguments.side), 'Give 16 to 1024 pixels.')
    if arguments.out is not None:
        _cards(arguments, Path(arguments.out))
    else:
        _sheet(arguments, Path(arguments.contact_sheet))


def _cards(arguments: Namespace, folder: Path) -> None:
    from napari_segrobust.cards import strip
    from napari_segrobust.cards.images import view_for
    from napari_segrobust.perturb import get_spec, perturbations

    folder.mkdir(parents=True, exist_ok=True)
    total = 0
    for name in arguments.names or perturbations():
        picture = strip(view_for(get_spec(name)), name, seed=arguments.seed)
        total += _save_small(folder / f'{name}.jpg', picture)
        print(name)
    print(f'{total / 1000:.0f} kB in {folder}')


def _sheet(arguments: Namespace, path: Path) -> None:
    from dataclasses import replace

    from napari_segrobust.cards import applicable, contact_sheet, shown
    from napari_segrobust.cli.perturbations import known_modality

    case = one_case(arguments)
    modality = None if arguments.modality is None else known_modality(arguments.modality)
    if modality is not None:
        case = replace(case, modality=modality)
    # an image towards which styles lead: the same with its bright and dark exchanged
    case = replace(case, targets={'other': case.image.max() + case.image.min() - case.image})
    view = shown(case, arguments.axis, arguments.slice)
    names = arguments.names or applicable(view, modality)
    sheet = contact_sheet(view, names, arguments.side, arguments.seed, progress=_say)
    _save(path, sheet)
    print(f'{len(names)} perturbations in {path}')


def _say(name: str) -> None:
    print(name, file=sys.stderr)


def _save_small(path: Path, picture: Image.Image) -> int:
    """Write a JPEG of at most `_ROOM` bytes where its quality can be lowered so far."""
    from io import BytesIO

    from napari_segrobust.files import replacing

    for quality in _QUALITIES:
        stream = BytesIO()
        picture.save(stream, 'JPEG', quality=quality, optimize=True)
        if stream.tell() <= _ROOM:
            break
    with replacing(path) as temporary:
        temporary.write_bytes(stream.getvalue())
    return stream.tell()


def _save(path: Path, picture: Image.Image) -> None:
    from PIL import Image as Pictures

    from napari_segrobust.files import replacing

    ending = path.suffix.lower()
    kind = Pictures.registered_extensions().get(ending)
    if kind not in ('PNG', 'JPEG', 'WEBP'):
        raise PerturbationError(f'{path.name} cannot be written', f'ending {ending!r}', 'Use .png, .jpg or .webp.')
    with replacing(path) as temporary, temporary.open('wb') as file:
        picture.save(file, kind, quality=88)


VERB = Verb('cards', 'draw what perturbations do, on real images or on your own', _add_arguments, _run)
