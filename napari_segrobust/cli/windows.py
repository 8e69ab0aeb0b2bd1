"""``windows``: what every window of a model sees and says, and where overlapping ones disagree."""

from __future__ import annotations

import sys
from dataclasses import replace
from typing import TYPE_CHECKING, Any

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
    size_notes,
    stack,
    write,
)
from napari_segrobust.cli._verb import Verb
from napari_segrobust.errors import ContextError, ModelError

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

    from napari_segrobust.compare.value import MetricValue
    from napari_segrobust.windows import (
        Alone,
        AloneComparison,
        AloneTable,
        ContextPoint,
        EdgeProfile,
        TrainingBand,
        WindowLook,
        WindowRow,
        WindowTable,
    )

_COLUMNS = ('window', 'start', 'size', 'foreground', 'predicted', 'Dice')


def _add_arguments(parser: ArgumentParser) -> None:
    add_image(parser)
    parser.add_argument('--reference', metavar='FILE')
    parser.add_argument('--model', metavar='NAME', help='a name of the models verb, or a file')
    parser.add_argument('--label', type=int, metavar='VALUE', help='that is counted (default: the largest)')
    add_stack(parser)
    add_context(parser)
    parser.add_argument('--odds', action='store_true', help='foreground over background voxels too')
    words = 'Dice of what each window alone predicts, and the voxels that all together label otherwise'
    parser.add_argument('--alone', action='store_true', help=words)
    words = 'write the standard deviation of the probability among overlapping windows, as an image'
    parser.add_argument('--seams', metavar='FILE', help=words)
    words = 'what this box alone predicts, against the whole image: FIRST:LAST of each axis in voxels, LAST left out'
    parser.add_argument('--box', metavar='Z:Z,Y:Y,X:X', help=words)
    words = 'error against the distance to the nearest window edge: of single windows, and of all together'
    parser.add_argument('--edges', action='store_true', help=words)
    words = 'Dice of the label while one window around it grows, such as 32,48,64,80,96'
    parser.add_argument('--curve', metavar='SIZES', help=words)
    words = "fractions of a model's training windows (CSV): which windows lie outside them"
    parser.add_argument('--band', metavar='FILE', help=words)
    words = 'foreground that random windows would hold in a training on this case, one centre in the label for each in '
    parser.add_argument('--sampling', metavar='POS:NEG', help=words + 'the rest with 1:1')
    parser.add_argument('--device', choices=DEVICES, default='auto')
    add_trust(parser)
    add_json(parser)


def _run(arguments: Namespace) -> None:
    from napari_segrobust.cases import save_image
    from napari_segrobust.context.plan import check_box
    from napari_segrobust.scenario import Scenario
    from napari_segrobust.segment import load_model
    from napari_segrobust.windows import look_at_windows, read_band

    if arguments.model is None:
        raise ModelError('No windows', 'no model is given', 'Give --model.')
    # Before the network rather than after it.
    sizes, ratio, box = numbers(arguments.curve, int, 'Sizes'), _ratio(arguments.sampling), _box(arguments.box)
    band = None if arguments.band is None else read_band(arguments.band)
    case = one_case(arguments)
    check_box(case.shape, box)
    entries, case = stack(arguments, case)
    for note in size_notes(arguments, case):
        print(note, file=sys.stderr)
    model = load_model(arguments.model, device=arguments.device, trust=arguments.trust)
    scenario = Scenario(perturbations=entries, context=context(arguments))
    look = look_at_windows(case, model, scenario, label=arguments.label, progress=_progress)
    if band is not None:
        # What nothing says otherwise was trained through the model's own window.
        band = replace(band, window=look.own_window)
    table = look.table()
    found = {'schema': 1, 'case': case.name, 'model': model.spec.name, **table.to_dict(with_odds=arguments.odds)}
    alone = look.alone() if arguments.alone else None
    if alone is not None:
        found['alone'] = alone.table.to_dict()['windows']
        for row, changed in zip(found['alone'], alone.changed.tolist(), strict=True):
            row['changed_voxels'] = changed
    parts = [_table(table, band, arguments.odds, alone)]
    if band is not None:
        found['training'] = _training(table, band)
    if arguments.seams is not None:
        seams = look.seams()
        save_image(arguments.seams, seams.deviation, case.geometry, description='deviation among windows')
        found['seams'] = {'mean_deviation': seams.mean_deviation, 'largest_deviation': float(seams.deviation.max())}
        parts.append(f'seams: mean deviation {seams.mean_deviation:.3g}, largest {seams.deviation.max():.3g}')
    if box is not None:
        of_box, against = look.box_alone(box)
        found['box'] = _alone(of_box, against)
        parts.append(_alone_words(against))
    if arguments.edges:
        single, stitched = look.edges()
        found['edges'] = {'alone': _rates(single), 'stitched': _rates(stitched)}
        parts.append(_edges(single, stitched))
    if sizes is not None:
        points = look.curve(sizes=sizes)
        found['curve'] = [_point(point) for point in points]
        parts.append(_curve(points))
    if ratio is not None:
        found['sampling'] = _sampling(look, table, ratio)
        words = 'random windows of this size, centres {}: {:.1%} empty, mean foreground {:.3%}'
        parts.append(words.format(arguments.sampling, found['sampling']['empty_share'], found['sampling']['mean']))
    if arguments.seams is not None:
        print(f'wrote {arguments.seams}', file=sys.stderr)
    if not write(arguments.json, found):
        print('\n\n'.join(parts))


def _progress(done: int, total: int) -> None:
    print(f'\r{done} of {total}', end='\n' if done == total else '', file=sys.stderr, flush=True)


def _ratio(text: str | None) -> tuple[float, float] | None:
    if text is None:
        return None
    try:
        positive, negative = (float(part) for part in text.split(':'))
    except ValueError:
        raise ContextError('Ratio not usable', repr(text), 'Write POS:NEG, such as 1:1.') from None
    from napari_segrobust.windows.sampling import check_ratio

    check_ratio((positive, negative))
    return positive, negative


def _box(text: str | None) -> list[tuple[int, int]] | None:
    if text is None:
        return None
    try:
        sides = [tuple(int(end) for end in side.split(':')) for side in text.split(',')]
        return [(first, last) for first, last in sides]
    except ValueError:
        raise ContextError('Context box not usable', repr(text), 'Write such as 10:40,20:84,20:84.') from None


def _alone(alone: Alone, against: AloneComparison) -> dict[str, Any]:
    sides = {'alone': against.alone, 'stitched': against.stitched}
    return {
        'box': [list(side) for side in alone.box],
        'windows': alone.windows,
        'voxels': against.voxels,
        'changed_voxels': against.changed,
        'dice_between': against.between.to_dict(),
        **{name: got and {key: one.to_dict() for key, one in got.items()} for name, got in sides.items()},
    }


def _alone_words(against: AloneComparison) -> str:
    def words(value: MetricValue) -> str:
        return value.status.replace('_', ' ') if value.value is None else f'{value.value:.3f}'

    changed = f'{against.changed:,} of {against.voxels:,} voxels change'
    said = f'this box alone: {changed}, Dice {words(against.between)} with all'
    if against.alone is None or against.stitched is None:
        return said
    return f'{said}; against the reference {words(against.alone["dice"])}, with all {words(against.stitched["dice"])}'


def _table(table: WindowTable, band: TrainingBand | None, with_odds: bool, alone: AloneTable | None) -> str:
    """A line for each window."""
    from napari_segrobust.windows import odds

    heads = [*_COLUMNS, f'extra ({table.unit})', f'missed ({table.unit})']
    if table.is_proxy:
        heads[4] = 'predicted (a proxy)'
    heads += ['Dice alone', 'changed'] if alone is not None else []
    heads += ['odds'] if with_odds else []
    heads += ['training'] if band is not None else []
    lines = [heads]
    for row in table.rows():
        size = tuple(b - a for a, b in zip(row.start, row.stop, strict=True))
        fraction = row.prediction_fraction if row.reference_fraction is None else row.reference_fraction
        cells = [
            f'{row.index}{" cut" if row.clipped else ""}',
            ','.join(map(str, row.start)),
            ','.join(map(str, size)),
            _share(row.reference_fraction),
            _share(row.prediction_fraction),
            _dice(row),
            '' if row.extra is None else f'{row.extra:.3g}',
            '' if row.missed is None else f'{row.missed:.3g}',
        ]
        if alone is not None:
            cells += [_dice(alone.table.row(row.index)), f'{alone.changed[row.index]:,}']
        if with_odds:
            told = None if fraction is None else odds(fraction)
            cells.append('' if told is None else f'{told:.4f}')
        if band is not None:
            cells.append('' if fraction is None else band.place(fraction, size).words)
        lines.append(cells)
    widths = [max(len(line[place]) for line in lines) for place in range(len(heads))]
    return '\n'.join('  '.join(f'{cell:<{n}}' for cell, n in zip(line, widths, strict=True)).rstrip() for line in lines)


def _dice(row: WindowRow) -> str:
    return row.dice_status.replace('_', ' ') if row.dice is None else f'{row.dice:.3f}'


def _share(fraction: float | None) -> str:
    return '' if fraction is None else f'{100 * fraction:.3g} %'


def _training(table: WindowTable, band: TrainingBand) -> dict[str, Any]:
    """Where every window lies in the band."""
    sizes = (table.stops - table.starts).tolist()
    places = [band.place(float(f), size) for f, size in zip(table.fraction, sizes, strict=True)]
    return {
        'source': band.source,
        'empty_share': band.empty_share,
        'central': list(band.central),
        'published_range': list(band.published_range),
        'windows': [{name: getattr(place, name) for name in place.__slots__} for place in places],
    }


def _rates(profile: EdgeProfile) -> dict[str, Any]:
    return {which: profile.to_dict(which) for which in ('error', 'missed', 'extra')}


def _edges(alone: EdgeProfile, stitched: EdgeProfile) -> str:
    """Missed and extra voxels by distance, of single windows and of all together."""
    heads = [f'to the edge ({alone.unit})', 'missed alone', 'stitched', 'extra alone', 'stitched', 'voxels']
    lines = [heads]
    rates = [profile.rate(which) for which in ('missed', 'extra') for profile in (alone, stitched)]
    for place, (lo, hi) in enumerate(zip(alone.edges[:-1], alone.edges[1:], strict=True)):
        values = [rate[place] for rate in rates]
        cells = ['' if value != value else f'{100 * value:.3g} %' for value in values]
        lines.append([f'{lo:.3g} to {hi:.3g}', *cells, f'{alone.voxels[place]:,}'])
    widths = [max(len(line[place]) for line in lines) for place in range(len(heads))]
    return '\n'.join('  '.join(f'{cell:<{n}}' for cell, n in zip(line, widths, strict=True)).rstrip() for line in lines)


def _point(point: ContextPoint) -> dict[str, Any]:
    return {
        'size': list(point.size),
        'box': [list(side) for side in point.box],
        'window': None if point.window is None else list(point.window),
        'dice': point.dice.to_dict(),
        'fraction': point.fraction,
        'note': point.note or None,
    }


def _curve(points: list[ContextPoint]) -> str:
    lines = ['one window around the label']
    for point in points:
        size = ' x '.join(map(str, point.size))
        dice = point.dice.reason if point.dice.value is None else f'Dice {point.dice.value:.3f}'
        fraction = '' if point.fraction is None else f', foreground {_share(point.fraction)}'
        lines.append(f'{size}: {dice}{fraction}{f" ({point.note})" if point.note else ""}')
    return '\n'.join(lines)


def _sampling(look: WindowLook, table: WindowTable, ratio: tuple[float, float]) -> dict[str, Any]:
    """Fractions that random windows of the plan's size would hold."""
    import numpy as np

    from napari_segrobust.windows import window_sampling

    mask = look.prediction if look.reference is None else look.reference
    answers = look.answers()
    found = window_sampling(answers.on_model(mask), table.plan.size, ratio, look.wanted.label)
    edges = np.linspace(0, 1, 21)
    return {
        'window': list(found.window),
        'ratio': list(found.ratio),
        'empty_share': found.empty_share,
        'mean': found.mean,
        'histogram': {'edges': edges.tolist(), 'shares': found.histogram(edges).tolist()},
    }


VERB = Verb('windows', 'what each window of a model sees and says, and where they disagree', _add_arguments, _run)
