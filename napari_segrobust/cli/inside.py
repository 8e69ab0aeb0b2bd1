"""``inside``: receptive fields and relative changes of activations, in numbers."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from napari_segrobust.cli._arguments import (
    DEVICES,
    add_context,
    add_image,
    add_json,
    add_stack,
    add_trust,
    context,
    numbers,
    one_case,
    perturbation,
    size_notes,
    stack,
    write,
)
from napari_segrobust.cli._severities import add_severities, severities, with_severity
from napari_segrobust.cli._verb import Verb
from napari_segrobust.errors import CaseError, ModelError

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

    from napari_segrobust.inside.activations import ActivationChange
    from napari_segrobust.inside.receptive import ReceptiveField


def _add_arguments(parser: ArgumentParser) -> None:
    add_image(parser)
    words = 'a name of the models verb, or a file; "NAME with reflect padding" and "NAME with skip gain 0.5" alter it'
    parser.add_argument('--model', action='append', default=[], metavar='NAME', help=f'{words}; may be repeated')
    words = 'whose receptive field is asked for, in array order (default: the middle of the image)'
    parser.add_argument('--voxel', metavar='Z,Y,X', help=words)
    parser.add_argument('--class', dest='label', type=int, metavar='K', help='channel that is followed (default: wins)')
    words = 'how the effective field is measured (default: by gradient where the model has one)'
    parser.add_argument('--method', choices=('gradient', 'occlusion'), help=words)
    add_severities(parser)
    add_stack(parser)
    add_context(parser)
    parser.add_argument('--device', choices=DEVICES, default='auto')
    add_trust(parser)
    add_json(parser)


def _run(arguments: Namespace) -> None:
    from napari_segrobust.inside.activations import DEFAULT_SEVERITIES, activation_change
    from napari_segrobust.inside.receptive import receptive_field
    from napari_segrobust.scenario import Scenario
    from napari_segrobust.segment import load_model

    if not arguments.model:
        raise ModelError('Nothing to look into', 'no model is given', 'Give --model, once or several times.')
    levels = severities(arguments)
    case = one_case(arguments)
    voxel = numbers(arguments.voxel, int, 'Voxel') or tuple(n // 2 for n in case.shape)
    if len(voxel) != case.ndim:
        raise CaseError('Voxel unusable', f'{len(voxel)} numbers for {case.ndim} axes', 'Give one for each axis.')
    entries, case = stack(arguments, case)
    for note in size_notes(arguments, case):
        print(note, file=sys.stderr)
    scenario = Scenario(perturbations=entries, context=context(arguments))
    fields, changes = [], []
    for name in arguments.model:
        model = load_model(name, device=arguments.device, trust=arguments.trust)
        fields.append(receptive_field(case, model, voxel, scenario, label=arguments.label, method=arguments.method))
        if arguments.perturbation is not None:
            swept = perturbation(with_severity(arguments.perturbation))
            asked = scenario.model_copy(update={'perturbations': (*entries, swept)})
            levels = list(DEFAULT_SEVERITIES) if arguments.severities is None else levels
            changes.append(activation_change(case, model, asked, levels or [], voxel=voxel, progress=_progress))
    content = {
        'schema': 1,
        'case': case.name,
        'voxel': list(voxel),
        'receptive_fields': [one.to_dict() for one in fields],
        'activations': [one.to_dict() for one in changes],
    }
    if not write(arguments.json, content):
        print('\n\n'.join([*map(_field, fields), *map(_change, changes)]))


def _progress(done: int, total: int) -> None:
    print(f'\r{done} of {total} severities', end='\n' if done == total else '', file=sys.stderr, flush=True)


def _field(found: ReceptiveField) -> str:
    size = ' x '.join(map(str, found.size)) if found.box is not None else 'not known'
    lines = [
        f'{found.model}: voxel {", ".join(map(str, found.voxel))}, class {found.label_name}',
        f'  theoretical field   {size} voxels',
    ]
    if found.cut_off is not None:
        lines.append(f'  cut off             {100 * found.cut_off:.3g} % of it, by the window or the context box')
    share = '' if found.used is None else f', {100 * found.used:.3g} % of what is seen of it'
    lines.append(f'  effective field     {found.counted} voxels{share}, by {found.method}')
    return '\n'.join([*lines, *(f'  {note}' for note in found.notes)])


def _change(found: ActivationChange) -> str:
    width = max(len(point.title) for point in found.points)
    lines = [
        f'{found.model}: relative change of activations under {found.perturbation}, {found.place}',
        ' '.join(['  ' + ' ' * width, *(f'{one:>7g}' for one in found.severities)]),
    ]
    for point, row in zip(found.points, found.values, strict=True):
        values = ' '.join('      -' if value != value else f'{value:7.3f}' for value in row)
        lines.append(f'  {point.title:<{width}} {values}  {point.module}')
    return '\n'.join(lines)


VERB = Verb('inside', 'receptive fields, and how far noise moves what is inside a network', _add_arguments, _run)
