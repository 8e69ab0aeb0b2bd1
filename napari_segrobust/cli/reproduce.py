"""``reproduce``: the experiments of two papers and a training matrix, trained and measured here."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from napari_segrobust.cli._arguments import DEVICES
from napari_segrobust.cli._verb import Verb

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

#: As in papers.reproduce, which is not imported at every start; a test holds them equal.
NAMES = ('kamath-2022', 'kamath-2025', 'training-matrix')


def _add_arguments(parser: ArgumentParser) -> None:
    parser.add_argument('experiment', choices=NAMES, metavar='EXPERIMENT', help=', '.join(NAMES))
    words = 'for networks, tables, figures and the page (default: the name of the experiment); an earlier run goes on'
    parser.add_argument('--out', metavar='FOLDER', help=words)
    words = 'one seed, a few batches: a minute, to see that everything works; says nothing about any paper'
    parser.add_argument('--quick', action='store_true', help=words)
    parser.add_argument('--seeds', type=int, metavar='N', help='networks of each kind (default 3; with --quick 1)')
    parser.add_argument('--device', choices=DEVICES, default='auto')


def _run(arguments: Namespace) -> None:
    from napari_segrobust.papers.reproduce import reproduce

    name = arguments.experiment
    folder = Path(arguments.out or (f'{name}-quick' if arguments.quick else name))
    reproduce(name, folder, quick=arguments.quick, seeds=arguments.seeds, device=arguments.device, log=_say)
    print(folder / 'page.html')


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


VERB = Verb('reproduce', 'experiments of papers, trained here, beside the published numbers', _add_arguments, _run)
