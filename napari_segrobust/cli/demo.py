"""``demo``: the brain sample in a window; with ``--out``, driven through its own widgets and written down."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from napari_segrobust.cli._verb import Verb

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace


def _add_arguments(parser: ArgumentParser) -> None:
    parser.add_argument('--out', metavar='FOLDER', help='drive the window and write pictures and numbers here')


def _run(arguments: Namespace) -> None:
    from napari_segrobust.cases import load_sample

    if arguments.out is None:
        from napari_segrobust.ui.launch import explore

        explore(lambda: load_sample('brain'))
        return
    from napari_segrobust.ui.demo import record

    record(Path(arguments.out))


VERB = Verb('demo', 'open the brain sample with the panel', _add_arguments, _run)
