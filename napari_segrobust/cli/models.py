"""``models``: which models there are, and what is known of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from napari_segrobust.cli._arguments import add_json, write
from napari_segrobust.cli._verb import Verb

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace


def _run(arguments: Namespace) -> None:
    from napari_segrobust.segment import models

    specs = models()
    if write(arguments.json, [spec.model_dump(mode='json') for spec in specs]):
        return
    for spec in specs:
        print(f'{spec.name:20} {spec.dimensions}D  {", ".join(spec.classes)}')


def _add_arguments(parser: ArgumentParser) -> None:
    add_json(parser)


VERB = Verb('models', 'list the models', _add_arguments, _run)
