"""``--set``: the knobs of a model on the command line."""

from __future__ import annotations

from typing import TYPE_CHECKING

from napari_segrobust.errors import ModelError

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

    from napari_segrobust.segment.protocols import WholeSegmenter, WindowSegmenter


def add_set(parser: ArgumentParser) -> None:
    """Add ``--set``, which may be given several times."""
    words = 'a knob of the model, such as tolerance=8 or side=dark; see the models verb'
    parser.add_argument('--set', action='append', default=[], metavar='NAME=VALUE', help=words)


def with_knobs(
    model: WindowSegmenter | WholeSegmenter, arguments: Namespace
) -> WindowSegmenter | WholeSegmenter:  # fmt: skip
    """The model with its knobs where ``--set`` puts them.

    Raises
    ------
    ModelError
        Not written as NAME=VALUE, or nothing that the model knows.
    """
    from napari_segrobust.segment.adjust import adjust

    values: dict[str, float | str] = {}
    for text in arguments.set:
        name, sign, value = text.partition('=')
        if not (name and sign and value):
            raise ModelError('Knob unusable', repr(text), 'Write NAME=VALUE, such as tolerance=8.')
        values[name] = value
    return adjust(model, values)
