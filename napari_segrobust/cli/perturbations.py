"""``perturbations``: the catalogue, with parameters, units and sources."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, Any

from napari_segrobust.cli._arguments import add_json, write
from napari_segrobust.cli._verb import Verb
from napari_segrobust.errors import PerturbationError

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace
    from collections.abc import Iterator, Mapping


def _add_arguments(parser: ArgumentParser) -> None:
    parser.add_argument('--modality', metavar='NAME', help='only those that are realistic for it, such as MR')
    add_json(parser)


def _run(arguments: Namespace) -> None:
    from napari_segrobust.perturb import catalogue

    entries = catalogue()
    if arguments.modality is not None:
        modality = known_modality(arguments.modality)
        entries = [entry for entry in entries if modality in entry['modalities']]
    if write(arguments.json, entries):
        return
    for group, members in groupby(sorted(entries, key=lambda entry: (entry['group'], entry['name'])), _group):
        print(f'{group}:')
        for entry in members:
            print('\n'.join(_lines(entry)))


def known_modality(name: str) -> str:
    """Name of a modality, however its letters are written."""
    from napari_segrobust.perturb.spec import MODALITIES

    known = {modality.lower(): modality for modality in MODALITIES}
    if name.lower() not in known:
        raise PerturbationError('Unknown modality', repr(name), f'Choose one of: {", ".join(MODALITIES)}.')
    return known[name.lower()]


def _group(entry: Mapping[str, Any]) -> str:
    return str(entry['group'])


def _lines(entry: Mapping[str, Any]) -> Iterator[str]:
    yield f'  {entry["name"]:24} {entry["summary"]}'
    for parameter in entry['parameters']:
        levels = ' '.join(f'{level:g}' for level in parameter['levels'])
        yield f'  {"":24} {parameter["title"]}: {levels} {parameter["unit"]} (severity 0 to 5)'.replace('  (', ' (')
    marks = [f'for {", ".join(entry["modalities"])}', *(f'needs {need}' for need in entry['needs'])]
    yield f'  {"":24} {entry["kind"]}, {"; ".join(marks)}'


VERB = Verb('perturbations', 'list the perturbations', _add_arguments, _run)
