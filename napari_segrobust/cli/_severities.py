"""``--perturbation`` and ``--severities``: one perturbation that is swept."""

from __future__ import annotations

from typing import TYPE_CHECKING

from napari_segrobust.errors import PerturbationError

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

#: More severities than this are a mistake of the step.
_MOST = 401


#: Severities that are swept where none are given.
_USUAL = '0:5:0.5'


def add_severities(parser: ArgumentParser, usual: str = _USUAL) -> None:
    """Add ``--perturbation`` and ``--severities``; `usual` are those of a verb whose images cost more than time."""
    parser.add_argument('--perturbation', metavar='NAME[:SEED]', help='the one that is swept; it acts last')
    words = f'of --perturbation: numbers with commas between, or FIRST:LAST:STEP (default {usual})'
    parser.add_argument('--severities', metavar='LIST', help=words)


def severities(arguments: Namespace, usual: str = _USUAL) -> list[float] | None:
    """Levels of the swept entry; None where nothing is swept."""
    text = arguments.severities
    if arguments.perturbation is None:
        if text is not None:
            raise PerturbationError('Nothing to sweep', 'no --perturbation is given', 'Name the one that is swept.')
        return None
    try:
        return _range(text or usual)
    except ValueError:
        remedy = 'Write 0,1,2.5 or 0:5:0.5, from 0 to 5.'
        raise PerturbationError('Severities unusable', repr(text), remedy) from None


def _range(text: str) -> list[float]:
    if ':' not in text:
        levels = [float(part) for part in text.split(',')]
    else:
        first, last, step = (float(part) for part in text.split(':'))
        count = int((last - first) / step + 1e-9) + 1 if step > 0 else 0
        if not 0 < count <= _MOST:
            raise ValueError(text)
        levels = [round(first + number * step, 9) for number in range(count)]
    if not all(0 <= level <= 5 for level in levels):
        raise ValueError(text)
    return levels


def with_severity(text: str) -> str:
    """``NAME[:SEED]`` as ``NAME:SEVERITY:SEED``."""
    name, _, seed = text.rpartition(':')
    return f'{name}:0:{seed}' if name and seed.isdigit() else f'{text}:0'
