"""``explore``: a window with the panel, on files or on a built-in sample."""

from __future__ import annotations

from typing import TYPE_CHECKING

from napari_segrobust.cli._verb import Verb

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace


def _add_arguments(parser: ArgumentParser) -> None:
    parser.add_argument('image', nargs='?', metavar='FILE', help='image file or DICOM folder')
    parser.add_argument('--sample', metavar='NAME', help='a built-in sample; pitfalls and inside are scenes')
    parser.add_argument('--reference', action='append', default=[], metavar='FILE')
    parser.add_argument('--prediction', action='append', default=[], metavar='FILE')
    parser.add_argument('--labels', metavar='FILE', help='table of label names')


def _run(arguments: Namespace) -> None:
    from napari_segrobust.cases import load_case, load_sample
    from napari_segrobust.ui.inside.scene import SCENE
    from napari_segrobust.ui.launch import PITFALLS, explore, explore_inside, explore_pitfalls

    if arguments.sample == PITFALLS:
        explore_pitfalls()
    elif arguments.sample == SCENE:
        explore_inside()
    elif arguments.sample is not None:
        explore(lambda: load_sample(arguments.sample))
    elif arguments.image is not None:
        explore(
            lambda: load_case(
                arguments.image,
                references=arguments.reference,
                predictions=arguments.prediction,
                labels=arguments.labels,
            )
        )
    else:
        explore()


VERB = Verb('explore', 'open a window on an image', _add_arguments, _run)
