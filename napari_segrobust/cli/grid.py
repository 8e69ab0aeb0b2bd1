"""``grid``: several models on one identical perturbed input, as a figure and as a film."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from napari_segrobust.cli._arguments import (
    DEVICES,
    add_context,
    add_image,
    add_json,
    add_stack,
    add_tolerance,
    add_trust,
    context,
    one_case,
    perturbation,
    size_notes,
    stack,
    write,
)
from napari_segrobust.cli._prompts import add_prompts, prompts
from napari_segrobust.cli._scribbles import add_scribbles, with_scribbles
from napari_segrobust.cli._severities import add_severities, severities, with_severity
from napari_segrobust.cli._verb import Verb
from napari_segrobust.errors import ModelError

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace
    from typing import Any

    from napari_segrobust.grid import Sweep


def _add_arguments(parser: ArgumentParser) -> None:
    add_image(parser)
    parser.add_argument('--reference', metavar='FILE')
    words = 'a name of the models verb, or a file; up to six times: each is a row'
    parser.add_argument('--model', action='append', default=[], metavar='NAME', help=words)
    add_severities(parser)
    add_stack(parser)
    add_context(parser)
    add_prompts(parser)
    add_scribbles(parser)
    parser.add_argument('--slice', type=int, metavar='N', help='from 0 (default: that with most of the label)')
    parser.add_argument('--axis', type=int, default=0, choices=(0, 1, 2), help='that is sliced (default 0)')
    parser.add_argument('--label', type=int, metavar='VALUE', help='that is measured (default: the largest)')
    parser.add_argument('--metric', action='append', default=[], metavar='KEY', help='the first one is in the cells')
    parser.add_argument('--scope', choices=('slice', 'volume'), default='slice', help='of the numbers')
    parser.add_argument('--order', default='as chosen', choices=_orders(), metavar='ORDER', help=', '.join(_orders()))
    parser.add_argument('--agreement', action='store_true', help='a column with the agreement of the models')
    parser.add_argument('--at', type=float, metavar='SEVERITY', help='of the figure (default: the last one)')
    parser.add_argument('--figure', metavar='FILE', help='.png or .svg')
    parser.add_argument('--film', metavar='FILE', help='.mp4, .gif or .webp')
    parser.add_argument('--seconds', type=float, default=0.2, metavar='S', help='of each picture of the film')
    parser.add_argument('--device', choices=DEVICES, default='auto')
    add_trust(parser)
    add_tolerance(parser)
    add_json(parser)


def _orders() -> tuple[str, ...]:
    # As in grid.values, which is not imported at every start; a test holds them equal.
    return ('as chosen', 'best first', 'worst first', 'largest drop first', 'smallest drop first')


def _run(arguments: Namespace) -> None:
    from napari_segrobust.grid.figure import FigureStyle, check_figure, save_figure
    from napari_segrobust.grid.film import check_film, save_film
    from napari_segrobust.grid.sweep import DEFAULT_METRICS, sweep
    from napari_segrobust.scenario import Judgement, Scenario

    if not arguments.model:
        raise ModelError('Nothing to compare', 'no model is given', 'Give --model, up to six times.')
    if arguments.seconds <= 0:
        raise ModelError('Film unusable', f'{arguments.seconds:g} s for a picture', 'Give more than 0.')
    levels = severities(arguments)
    # Before minutes of work rather than after them.
    if arguments.figure is not None:
        check_figure(arguments.figure)
    if arguments.film is not None:
        check_film(arguments.film)
    case = one_case(arguments)
    entries, case = stack(arguments, case)
    for note in size_notes(arguments, case):
        print(note)
    if arguments.perturbation is not None:
        entries = (*entries, perturbation(with_severity(arguments.perturbation)))
    scenario = Scenario(
        perturbations=entries,
        context=context(arguments),
        judgement=Judgement(tolerance_mm=arguments.tolerance_mm),
        prompts=with_scribbles(prompts(arguments, case.ndim), case),
    )
    metrics = tuple(arguments.metric) or DEFAULT_METRICS
    found = sweep(
        case,
        arguments.model,
        scenario,
        levels,
        axis=arguments.axis,
        index=arguments.slice,
        label=arguments.label,
        metrics=metrics,
        scope=arguments.scope,
        device=arguments.device,
        trust=arguments.trust,
        progress=_progress,
    )
    style = FigureStyle(metric=metrics[0], order=arguments.order, agreement=arguments.agreement)
    if arguments.figure is not None:
        print(f'wrote {save_figure(arguments.figure, found.at(arguments.at), style, found)}', file=sys.stderr)
    if arguments.film is not None:
        print(f'wrote {save_film(arguments.film, found, style, seconds=arguments.seconds)}', file=sys.stderr)
    if not write(arguments.json, _numbers(found, metrics)):
        print(_table(found, metrics[0]))


def _progress(done: int, total: int) -> None:
    print(f'\r{done} of {total} severities', end='\n' if done == total else '', file=sys.stderr, flush=True)


def _numbers(found: Sweep, metrics: tuple[str, ...]) -> dict[str, Any]:
    """Everything that was measured, for other programs."""
    first = found.grids[0]
    pairs = [grid.agreement for grid in found.grids]
    return {
        'schema': 1,
        'case': first.case_name,
        'place': first.place,
        'label': first.label,
        'scope': first.scope,
        'severities': list(found.severities),
        'simulated': [grid.simulated or None for grid in found.grids],
        'models': [
            {
                'name': row.name,
                'clean': {key: row.clean[key].to_dict() for key in metrics if key in row.clean},
                'values': {key: [value for _, value in found.course(row.lane, key)] for key in row.now},
            }
            for row in first.rows
        ],
        'agreement': {
            'unanimous_share': [pair.unanimous_share for pair in pairs],
            'majority_shares': [list(pair.shares) for pair in pairs],
            'pairwise': [[[None if v != v else v for v in line] for line in pair.pairwise.tolist()] for pair in pairs],
        },
    }


def _table(found: Sweep, metric: str) -> str:
    """A line for each model, a column for each severity."""
    from napari_segrobust.grid.cells import number_words
    from napari_segrobust.grid.values import title_of

    first = found.grids[0]
    width = max(len(row.name) for row in first.rows)
    levels = [f'{level:g}' for level in found.severities]
    lines = [f'{title_of(metric)} of {first.label_name}', ' '.join([' ' * width, *(f'{one:>9}' for one in levels)])]
    for row in first.rows:
        values = [number_words(value) for _, value in found.course(row.lane, metric)]
        lines.append(' '.join([f'{row.name:<{width}}', *(f'{value:>9}' for value in values)]))
    return '\n'.join(lines)


VERB = Verb('grid', 'several models on one perturbed image: figure, film, numbers', _add_arguments, _run)
