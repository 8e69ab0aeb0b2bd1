"""The command line: the verbs of the panel, without a window. Each module of this package is one verb."""

from __future__ import annotations

import argparse
import os
import sys
from importlib.metadata import version
from io import TextIOWrapper
from typing import TYPE_CHECKING, NoReturn

from napari_segrobust.cli._verb import Verb
from napari_segrobust.errors import SegrobustError
from napari_segrobust.registry import discover

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ['Verb', 'main']

PROGRAM = 'napari-segrobust'
#: What shells say of a program that was stopped with Ctrl-C.
INTERRUPTED = 130


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
        0 on success, also when the reader of a pipe has had enough; 2 for a user's mistake, with one line
        ``what: why. remedy`` on standard error; 130 when stopped with Ctrl-C.

    Raises
    ------
    SystemExit
        For ``--help``, ``--version`` (0) and words that cannot be parsed (2).
    """
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors='backslashreplace')  # a label's name may hold what a console cannot print
    chosen = _parser().parse_args(arguments)
    try:
        chosen.run(chosen)
        sys.stdout.flush()
    except SegrobustError as mistake:
        return _complain(str(mistake))
    except BrokenPipeError:
        # Python flushes once more at its end; what is left goes nowhere.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except OSError as error:
        why = error.strerror or str(error)
        remedy = 'Check the path and its permissions.'
        return _complain(str(SegrobustError(f'{error.filename or "File"} cannot be used', why, remedy)))
    except KeyboardInterrupt:
        print('stopped', file=sys.stderr)
        return INTERRUPTED
    return 0


def _parser() -> _Parser:
    parser = _Parser(prog=PROGRAM, description='See, measure and explain how medical image segmentation fails.')
    parser.add_argument('--version', action='version', version=f'{PROGRAM} {version("napari-segrobust")}')
    verbs = parser.add_subparsers(title='verbs', metavar='VERB', required=True)
    for verb in discover(__name__, 'VERB'):
        verb_parser = verbs.add_parser(verb.name, help=verb.help, description=verb.help)
        verb.add_arguments(verb_parser)
        verb_parser.set_defaults(run=verb.run)
    return parser


def _complain(text: str) -> int:
    print(_one_line(text), file=sys.stderr)
    return 2


def _one_line(text: str) -> str:
    return ' '.join(text.split())
