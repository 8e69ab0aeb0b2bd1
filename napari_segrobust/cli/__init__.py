"""The command line: the verbs of the panel, without a window. Each module of this package is one verb."""

from __future__ import annotations

import argparse
import sys
from importlib.metadata import version
from typing import TYPE_CHECKING, NoReturn

from napari_segrobust.cli._verb import Verb
from napari_segrobust.errors import SegrobustError
from napari_segrobust.registry import discover

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ['Verb', 'main']

PROGRAM = 'napari-segrobust'


class _Parser(argparse.ArgumentParser):
    """A parser whose complaints are one line, as all other user's mistakes."""

    def error(self, message: str) -> NoReturn:
        self.exit(2, f'{self.prog}: {_one_line(message)}. See {self.prog} --help\n')


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line.

    Parameters
    ----------
    arguments : sequence of str, optional
        Words after the program's name; those of the process when None.

    Returns
    -------
    int
        0 on success, 2 for a user's mistake, with one line ``what: why. remedy`` on standard error.

    Raises
    ------
    SystemExit
        For ``--help``, ``--version`` (0) and words that cannot be parsed (2).
    """
    parser = _Parser(prog=PROGRAM, description='See, measure and explain how medical image segmentation fails.')
    parser.add_argument('--version', action='version', version=f'{PROGRAM} {version("napari-segrobust")}')
    verbs = parser.add_subparsers(title='verbs', metavar='VERB', required=True)
    for verb in discover(__name__, 'VERB'):
        verb_parser = verbs.add_parser(verb.name, help=verb.help, description=verb.help)
        verb.add_arguments(verb_parser)
        verb_parser.set_defaults(run=verb.run)
    chosen = parser.parse_args(arguments)
    try:
        chosen.run(chosen)
    except SegrobustError as mistake:
        print(_one_line(str(mistake)), file=sys.stderr)
        return 2
    return 0


def _one_line(text: str) -> str:
    return ' '.join(text.split())
