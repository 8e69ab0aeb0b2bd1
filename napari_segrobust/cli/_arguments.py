"""Words that several verbs share, and how they become values."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from napari_segrobust.errors import CaseError, PerturbationError

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace
    from collections.abc import Iterable

    from napari_segrobust.cases import Case
    from napari_segrobust.context import Context
    from napari_segrobust.perturb import Perturbation

DEVICES = ('auto', 'cpu', 'cuda', 'mps')


def add_json(parser: ArgumentParser) -> None:
    """Add ``--json``."""
    parser.add_argument('--json', metavar='FILE', help='write the numbers as JSON; - is standard output')


def add_tolerance(parser: ArgumentParser) -> None:
    """Add ``--tolerance-mm``."""
    words = 'distance up to which borders agree (default 2)'
    parser.add_argument('--tolerance-mm', type=float, default=2.0, metavar='MM', help=words)


def add_image(parser: ArgumentParser) -> None:
    """Add ``--image``, ``--sample`` and ``--spacing``."""
    parser.add_argument('--image', metavar='FILE', help='image file or DICOM folder')
    parser.add_argument('--sample', metavar='NAME', help='a built-in sample in place of an image')
    add_spacing(parser)


def add_spacing(parser: ArgumentParser) -> None:
    """Add ``--spacing``."""
    parser.add_argument('--spacing', metavar='Z,Y,X', help='voxel size in mm, over what the header says')


def add_stack(parser: ArgumentParser, *, required: bool = False) -> None:
    """Add ``--perturb``, which may be given several times."""
    what = 'NAME:SEVERITY[:SEED]'
    words = 'applied in the order given; severity from 0 to 5, seed 0'
    parser.add_argument('--perturb', action='append', default=[], required=required, metavar=what, help=words)


def add_context(parser: ArgumentParser) -> None:
    """Add ``--window`` and ``--overlap``."""
    parser.add_argument('--window', metavar='Z,Y,X', help="sliding window in voxels (default: the model's own)")
    parser.add_argument('--overlap', type=float, metavar='SHARE', help="of windows, below 1 (default: the model's own)")


def one_case(arguments: Namespace) -> Case:
    """The case of ``--image`` or ``--sample``, without masks unless the sample brings them."""
    from napari_segrobust.cases import load_case, load_sample

    if (arguments.image is None) == (arguments.sample is None):
        raise CaseError('Nothing to look at', 'give --image or --sample, and not both', 'Give one of them.')
    if arguments.sample is not None:
        return load_sample(arguments.sample)
    return load_case(arguments.image, spacing=numbers(arguments.spacing, float, 'Spacing'))


def numbers(text: str | None, kind: type[int] | type[float], name: str) -> tuple[Any, ...] | None:
    """Numbers between commas; None stays None."""
    if text is None:
        return None
    try:
        return tuple(kind(part) for part in text.split(','))
    except ValueError:
        words = 'whole numbers' if kind is int else 'numbers'
        raise CaseError(f'{name} unusable', repr(text), f'Give {words} with commas between.') from None


def perturbation(text: str) -> Perturbation:
    """``NAME:SEVERITY`` or ``NAME:SEVERITY:SEED``."""
    from napari_segrobust.perturb import new_perturbation

    name, *rest = text.split(':')
    try:
        severity_text, seed_text = rest if len(rest) == 2 else (*rest, '0')
        severity, seed = float(severity_text), int(seed_text)
    except ValueError:
        remedy = 'Write NAME:SEVERITY or NAME:SEVERITY:SEED, such as gaussian_noise:2.5:7.'
        raise PerturbationError('Perturbation unusable', repr(text), remedy) from None
    return new_perturbation(name, severity, seed)


def stack(texts: Iterable[str]) -> tuple[Perturbation, ...]:
    """All entries of ``--perturb``, in order."""
    return tuple(perturbation(text) for text in texts)


def context(arguments: Namespace) -> Context:
    """What ``--window`` and ``--overlap`` ask for."""
    from pydantic import ValidationError

    from napari_segrobust.context import Context
    from napari_segrobust.errors import ContextError, first_fault

    try:
        return Context(window=numbers(arguments.window, int, 'Window'), overlap=arguments.overlap)
    except ValidationError as error:
        remedy = 'Give a window in whole voxels, and an overlap from 0 to below 1.'
        raise ContextError('Context unusable', first_fault(error), remedy) from None


def write(target: str | None, content: Any) -> bool:
    """Write JSON to a file or to standard output; False when nothing was asked for."""
    if target is None:
        return False
    if target == '-':
        json.dump(content, sys.stdout, indent=1, allow_nan=False)
        print()
        return True
    from napari_segrobust.run_file import write_json

    write_json(Path(target), content)
    return True
