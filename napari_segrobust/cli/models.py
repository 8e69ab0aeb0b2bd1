"""``models``: which models there are, what is known of them, and which kinds of files can be one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from napari_segrobust.cli._arguments import add_json, write
from napari_segrobust.cli._verb import Verb

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

    from napari_segrobust.segment.protocols import Knob


def _knob(knob: Knob) -> str:
    """A knob as it is written, where it stands: "tolerance=10", "side=bright|dark"."""
    return f'{knob.name}={"|".join(knob.choices) if knob.choices else f"{knob.default:g}"}'


def _run(arguments: Namespace) -> None:
    from napari_segrobust.segment import models
    from napari_segrobust.segment.classical import methods
    from napari_segrobust.segment.load import faults, loaders

    specs = models()
    if write(arguments.json, [spec.model_dump(mode='json') for spec in specs]):
        return
    for spec in specs:
        shown = f'  wants {" or ".join(spec.prompts)}' if spec.prompts else ''
        print(f'{spec.name:24} {spec.dimensions}D  {", ".join(spec.classes)}{shown}')
        if spec.name in methods():
            print(f'{"":24}     --set {" ".join(map(_knob, methods()[spec.name].knobs))}')
    for fault in faults():
        print(f'not usable: {fault}')
    print('Read from files and packages:')
    for kind in sorted({loader.kind for loader in loaders()}):
        print(f'  {kind}')


def _add_arguments(parser: ArgumentParser) -> None:
    add_json(parser)


VERB = Verb('models', 'list the models, and the kinds of files that can be one', _add_arguments, _run)
