"""``perturbations``: the catalogue, with parameters, units and sources."""

from __future__ import annotations

from typing import TYPE_CHECKING

from napari_segrobust.cli._arguments import add_json, write
from napari_segrobust.cli._verb import Verb

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace


def _run(arguments: Namespace) -> None:
    from napari_segrobust.perturb import catalogue

    entries = catalogue()
    if write(arguments.json, entries):
        return
    for entry in entries:
        print(f'{entry["name"]:20} {entry["group"]:12} {entry["summary"]}')
        for parameter in entry['parameters']:
            levels = ' '.join(f'{level:g}' for level in parameter['levels'])
            print(f'{"":20} {parameter["title"]}: {levels} {parameter["unit"]} (severity 0 to 5)')


def _add_arguments(parser: ArgumentParser) -> None:
    add_json(parser)


VERB = Verb('perturbations', 'list the perturbations', _add_arguments, _run)
