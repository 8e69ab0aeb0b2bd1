"""Words that several verbs share, and how they become values."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from napari_segrobust.errors import CaseError, PerturbationError

if TYPE_CHECKING:
    from argparse import ArgumentParser

    from napari_segrobust.perturb import Perturbation


def add_json(parser: ArgumentParser) -> None:
    """Add ``--json``."""
    parser.add_argument('--json', metavar='FILE', help='write the numbers as JSON; - is standard output')


def add_tolerance(parser: ArgumentParser) -> None:
    """Add ``--tolerance-mm``."""
    parser.add_argument('--tolerance-mm', type=float, default=2.0, metavar='MM', help='borders nearer agree (default 2)')


def numbers(text: str | None, kind: type[int] | type[float], name: str) -> tuple[Any, ...] | None:
    """Numbers between commas; None stays None."""
    if text is None:
        return None
    try:
        return tuple(kind(part) for part in text.split(','))
    except ValueError:
        raise CaseError(f'{name} unusable', repr(text), 'Give numbers with commas between, in array order.') from None


def perturbation(text: str) -> Perturbation:
    """``NAME:SEVERITY`` or ``NAME:SEVERITY:SEED``."""
    from napari_segrobust.perturb import new_perturbation

    name, *rest = text.split(':')
    try:
        severity = float(rest[0])
        seed = int(rest[1]) if len(rest) > 1 else 0
    except (IndexError, ValueError):
        remedy = 'Write NAME:SEVERITY or NAME:SEVERITY:SEED, such as gaussian_noise:2.5:7.'
        raise PerturbationError('Perturbation unusable', repr(text), remedy) from None
    return new_perturbation(name, severity, seed)


def write(target: str | None, content: Any) -> bool:
    """Write JSON to a file or to standard output; False when nothing was asked for."""
    if target is None:
        return False
    if target == '-':
        json.dump(content, sys.stdout, indent=1, ensure_ascii=False, allow_nan=False)
        print()
        return True
    from napari_segrobust.run_file import write_json

    write_json(Path(target), content)
    return True
