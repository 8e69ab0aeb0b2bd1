"""``compare``: two masks, every metric, as a table or as JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING

from napari_segrobust.cli._arguments import add_json, add_spacing, add_tolerance, numbers, write
from napari_segrobust.cli._verb import Verb

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

    from napari_segrobust.compare import MetricValue


def _add_arguments(parser: ArgumentParser) -> None:
    parser.add_argument('--reference', required=True, metavar='FILE')
    parser.add_argument('--prediction', required=True, metavar='FILE')
    add_spacing(parser)
    parser.add_argument('--labels', metavar='1,5', help='labels to compare (default: all that occur)')
    parser.add_argument('--resample', choices=['nearest'], help='allow a prediction on another grid')
    add_tolerance(parser)
    add_json(parser)


def _run(arguments: Namespace) -> None:
    from napari_segrobust.cases import load_case
    from napari_segrobust.compare import compare

    # A mask has a grid of its own: the reference stands in for the image it was drawn on.
    case = load_case(
        arguments.reference,
        references={'reference': arguments.reference},
        predictions={'prediction': arguments.prediction},
        spacing=numbers(arguments.spacing, float, 'Spacing'),
        resample=arguments.resample,
    )
    geometry, notes = case.geometry, case.notes
    comparison = compare(
        case.references['reference'],
        case.predictions['prediction'],
        spacing=geometry.spacing_mm,
        labels=numbers(arguments.labels, int, 'Labels'),
        tolerance_mm=arguments.tolerance_mm,
    )
    if write(arguments.json, {**comparison.to_dict(geometry), 'notes': list(notes)}):
        return
    for note in notes:
        print(note)
    for label, values in comparison.metrics.items():
        print(f'label {label}')
        for key, value in values.items():
            print(f'  {key:32} {shown(value)}')


def shown(value: MetricValue) -> str:
    """A metric value as text with its unit, or why there is none."""
    if value.value is None:
        return value.reason or value.status
    text = f'{value.value:.6g}' if isinstance(value.value, float) else str(value.value)
    return f'{text} {value.unit}' if value.unit else text


VERB = Verb('compare', 'compare a prediction with a reference', _add_arguments, _run)
