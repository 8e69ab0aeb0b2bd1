"""What the sphere experiment gave, beside the paper: figure, tables, and a page that says what came out otherwise."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_segrobust.papers import kamath2022
from napari_segrobust.papers.findings import WEAK, Finding, compare_difference, compare_order, tell_findings, weaker
from napari_segrobust.papers.page import Page, save_sheet, write_csv
from napari_segrobust.papers.plot import BLUE, GREEN, ORANGE, Panel, Series, Span, figure
from napari_segrobust.papers.protocol import Step, tell
from napari_segrobust.papers.sphere_experiment import MODELS, architecture, training_fractions
from napari_segrobust.papers.spheres import REGIONS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from napari_segrobust.grid.sheet import Sheet
    from napari_segrobust.papers.plot import Mark
    from napari_segrobust.papers.sphere_experiment import SpherePlan

_LOOKS: tuple[tuple[str, Mark], ...] = ((BLUE, 'dot'), (ORANGE, 'square'), (GREEN, 'triangle'))
_QUANTITIES = {'dice': 'Dice', 'disagreement': 'differing voxels / reference'}
#: Seeds of a mean of a range, by model, window and region.
Means = dict[tuple[str, int, str], list[float]]


def write(folder: Path, plan: SpherePlan, rows: Sequence[dict[str, Any]], words: str) -> Page:
    """Write ``cases.csv``, ``summary.csv``, ``training_fractions.csv``, the figure and the page.

    Parameters
    ----------
    folder : Path
    plan : SpherePlan
    rows : sequence of dict
        Of `sphere_experiment.run`.
    words : str
        First paragraph: with what the page was made.
    """
    fractions = _fractions(plan)
    sheet = courses(plan, rows)
    write_csv(folder / 'cases.csv', rows)
    write_csv(folder / 'summary.csv', summary(plan, rows))
    write_csv(folder / 'training_fractions.csv', fractions)
    save_sheet(folder, 'dice_over_fraction', sheet)
    page = Page('Context against foreground fraction: the sphere experiment of Kamath 2022, made again')
    page.paragraph(words)
    page.paragraph(f'The paper: {kamath2022.SOURCE.short}. Its numbers: {kamath2022.SOURCE.data}.')
    page.figure('dice_over_fraction', sheet)
    tell(page, protocol(plan))
    tell_findings(page, findings(plan, rows), list(_weaker(plan, rows).values()))
    page.heading('Dice by range of radii')
    page.paragraph('Mean over seeds (smallest and largest seed). Other data: published, over three runs.')
    page.table(('network', 'window', *(f'{region}, here / published' for region in REGIONS)), _table(plan, rows))
    page.heading('Foreground fraction of the training windows')
    page.paragraph('Quantiles over all windows of the first seed, empty ones included; other data: published, U-Net.')
    page.table(('window', 'empty, here / published', '5 %', 'median', '95 %'), _fraction_table(plan, fractions))
    page.heading('To be known')
    page.bullets(kamath2022.NOTES, '')
    page.save(folder)
    return page


def published_window(plan: SpherePlan, window: int) -> int:
    """Window of the paper that has the same share of its cube.

    Where none is exactly so, the nearest one.
    """
    share = window / plan.task.size * kamath2022.CUBE
    return min(kamath2022.WINDOWS, key=lambda known: abs(known - share))


def protocol(plan: SpherePlan) -> list[Step]:
    """How the experiment is done, beside the paper."""
    task, cube = plan.task, kamath2022.CUBE

    def shares(values: Sequence[float], size: int) -> str:
        return ', '.join(f'{value / size:.3f}' for value in values)

    unet, unetr = architecture('unet', 48), architecture('unetr', 48)
    width = f'{unet["channels"][0]} to {unet["channels"][-1]} channels, {len(unet["strides"])} halvings'
    small = '{patch_size}, {num_layers} layers, hidden {hidden_size}, {num_heads} heads'.format(**unetr)
    tests = len(task.radii(task.test_radii)[:: plan.every])
    return [
        Step('object', *['one ball of 1 in uniform noise up to 0.8, centre anywhere where the ball fits'] * 2),
        Step('training radii over the cube', shares(kamath2022.TRAIN_RADII, cube), shares(task.train_radii, task.size)),
        Step('test radii over the cube', shares(kamath2022.TEST_RADII, cube), shares(task.test_radii, task.size)),
        Step('edge of the cube, voxels', str(cube), str(task.size)),
        Step('windows over the cube', shares(kamath2022.WINDOWS, cube), shares(plan.windows, task.size)),
        Step('windows around the ball to windows around background', '1 to 1', '1 to 1'),
        Step('loss', *['Dice over two classes, softmax'] * 2),
        Step('training cubes', '70', str(plan.images)),
        Step('windows in a batch', '8 (4 of each of 2 cubes)', '4 (2 of each of 2 cubes)'),
        Step('batches of one training', '1750 (50 epochs)', str(plan.steps)),
        Step('first rate of Adam, falling along a cosine', '0.0001', f'{plan.rate:g}'),
        Step('weights that are tested', 'best of every fifth epoch on 30 cubes', 'of the last batch'),
        Step('U-Net', '16 to 256 channels, 4 halvings, 2 residual units', f'{width}, 2 residual units'),
        Step('attention U-Net', '16 to 256 channels, 4 halvings', width),
        Step('UNETR', 'patches of 16, 12 layers, hidden 768, 12 heads', f'patches of {small}'),
        Step('inference', *['windows of the size of the training, overlap 0.25, even blending, larger logit'] * 2),
        Step('test cubes', '100 for each run, radii at random', f'{tests}, radii evenly spaced, the same for all'),
        Step('runs of each network and window', '3', str(len(plan.seeds))),
    ]  # fmt: skip


def means(rows: Sequence[dict[str, Any]], quantity: str = 'dice') -> Means:
    """Mean of each seed over each range of radii, seeds in their order; region "all" is all of them."""
    found: dict[tuple[str, int, str], dict[int, list[float]]] = defaultdict(lambda: defaultdict(list))
    for row in rows:
        for region in (row['region'], 'all'):
            found[row['model'], row['window'], region][row['seed']].append(row[quantity])
    return {key: [float(np.mean(seeds[seed])) for seed in sorted(seeds)] for key, seeds in found.items()}


def summary(plan: SpherePlan, rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Rows of ``summary.csv``: every quantity by network, window, range and seed, published Dice beside it."""
    quantities = {name: means(rows, name) for name in ('dice', 'disagreement', 'volume_difference')}
    return [
        {
            'model': model, 'window': window, 'region': region, 'seed': seed,
            **{name: values[model, window, region][place] for name, values in quantities.items()},
            'published_window_of_96': published_window(plan, window),
            'published_dice_other_data': _published(plan, model, window, region),
        }
        for model in MODELS for window in plan.windows for region in REGIONS for place, seed in enumerate(plan.seeds)
    ]  # fmt: skip


def findings(plan: SpherePlan, rows: Sequence[dict[str, Any]]) -> list[Finding]:
    """Compare what the paper says, and what it says it from, with what came out."""
    ours, weak = means(rows), _weaker(plan, rows).keys()
    found = []

    def add(finding: Finding, *networks: tuple[str, int]) -> None:
        found.append(finding.doubted(WEAK) if weak & set(networks) else finding)

    for window in plan.windows:
        here = {title: ours[model, window, 'smaller'] for model, title in MODELS.items()}
        there = {title: _published(plan, model, window, 'smaller') for model, title in MODELS.items()}
        what = f'Dice of balls smaller than those of the training, {_pair(plan, window)}'
        add(compare_order(what, here, there), *((model, window) for model in MODELS))

    def compare(model: str, one: tuple[int, str], other: tuple[int, str], words: tuple[str, str, str]) -> None:
        gaps = [a - b for a, b in zip(ours[model, *one], ours[model, *other], strict=True)]
        theirs = _published(plan, model, *one) - _published(plan, model, *other)
        finding = compare_difference(f'{MODELS[model]}, {words[0]}', *words[1:], gaps, theirs)
        add(finding, (model, one[0]), (model, other[0]))

    small, large = plan.windows[0], plan.windows[-1]
    for model in MODELS:
        for window in plan.windows:
            words = f'{_pair(plan, window)}, Dice', 'inside the training range', 'smaller'
            compare(model, (window, 'inside'), (window, 'smaller'), words)
        words = f'{_pair(plan, large)}, Dice', 'larger', 'inside the training range'
        compare(model, (large, 'larger'), (large, 'inside'), words)
        words = 'mean Dice over all balls (more context)', f'window {large}', f'window {small}'
        if small != large:
            compare(model, (large, 'all'), (small, 'all'), words)
    return found


def courses(plan: SpherePlan, rows: Sequence[dict[str, Any]]) -> Sheet:
    """Figure: Dice and disagreement over foreground fraction, ours over the published aggregates."""
    task = plan.task
    low, high = (4 / 3 * np.pi * (radius / task.size) ** 3 for radius in task.train_radii)
    span = Span(float(low), float(high), 'trained')
    panels = [
        [
            Panel(
                MODELS[model], 'foreground fraction', title, (6e-4, 0.6),
                (0.0, 1.0) if quantity == 'dice' else (3e-3, 600.0), _series(plan, rows, model, quantity),
                log_x=True, log_y=quantity != 'dice', spans=(span,),
            )
            for model in MODELS
        ]
        for quantity, title in _QUANTITIES.items()
    ]  # fmt: skip
    seeds = f'{len(plan.seeds)} seeds, band from the smallest to the largest' if len(plan.seeds) > 1 else 'one seed'
    words = (
        f'Thick: made here, cubes of {task.size}, {plan.steps} batches, {seeds}. Thin, other data: Kamath et al. 2022, '
        'cubes of 96, mean of three runs. Grey: foreground fraction of the whole training cubes.'
    )
    foot = 'Differing voxels / reference is what the paper calls absolute volume difference. ' + kamath2022.SOURCE.short
    return figure('Balls that are smaller and larger than those of the training', words, panels, foot)


def _series(plan: SpherePlan, rows: Sequence[dict[str, Any]], model: str, quantity: str) -> tuple[Series, ...]:
    published, ours = [], []
    for (colour, mark), window in zip(_LOOKS, plan.windows, strict=False):
        theirs = published_window(plan, window)
        curve = kamath2022.reference_curve('spheres', model, theirs, quantity)
        title = f'window {theirs} of {kamath2022.CUBE}, other data'
        published.append(Series(title, curve.x, curve.y, colour, mark, thin=True))
        x, seeds = _binned(plan, [row for row in rows if row['model'] == model and row['window'] == window], quantity)
        band = (tuple(seeds.min(axis=0)), tuple(seeds.max(axis=0))) if len(seeds) > 1 else ((), ())
        ours.append(Series(f'window {window} of {plan.task.size}', x, tuple(seeds.mean(axis=0)), colour, mark, *band))
    return (*published, *ours)


def _weaker(plan: SpherePlan, rows: Sequence[dict[str, Any]]) -> dict[tuple[str, int], str]:
    """Networks and windows that are weak inside the training range, with the words for the page."""
    ours = means(rows)
    found = {}
    for model, title in MODELS.items():
        for window in plan.windows:
            name = f'{title}, {_pair(plan, window)}'
            theirs = _published(plan, model, window, 'inside')
            for words in weaker({name: ours[model, window, 'inside']}, {name: theirs}):
                found[model, window] = words
    return found


def _binned(plan: SpherePlan, rows: Sequence[dict[str, Any]], quantity: str) -> tuple[tuple[float, ...], Any]:
    """Mean fraction of each of the paper's ranges of radii, and our values, (seeds, ranges)."""
    scale = kamath2022.CUBE / plan.task.size
    x, columns = [], []
    for low, high in kamath2022.RADIUS_BINS:
        inside = [row for row in rows if low <= round(row['radius'] * scale) <= high]
        if inside:
            x.append(float(np.mean([row['fraction'] for row in inside])))
            seeds = [[row[quantity] for row in inside if row['seed'] == seed] for seed in plan.seeds]
            columns.append([float(np.mean(values)) for values in seeds])
    return tuple(x), np.array(columns).T


def _published(plan: SpherePlan, model: str, window: int, region: str) -> float:
    scores = kamath2022.SPHERES[model, published_window(plan, window)]
    if region == 'all':
        return sum(score.dice * score.count for score in scores) / sum(score.count for score in scores)
    return scores[REGIONS.index(region)].dice


def _pair(plan: SpherePlan, window: int) -> str:
    return f'window {window} of {plan.task.size} (published: {published_window(plan, window)} of {kamath2022.CUBE})'


def _table(plan: SpherePlan, rows: Sequence[dict[str, Any]]) -> list[list[str]]:
    ours = means(rows)

    def cell(model: str, window: int, region: str) -> str:
        seeds = ours[model, window, region]
        spread = f' ({min(seeds):.3f} to {max(seeds):.3f})' if len(seeds) > 1 else ''
        return f'{np.mean(seeds):.3f}{spread} / {_published(plan, model, window, region):.3f}'

    return [
        [title, str(window), *(cell(model, window, region) for region in REGIONS)]
        for model, title in MODELS.items()
        for window in plan.windows
    ]


def _fractions(plan: SpherePlan) -> list[dict[str, Any]]:
    found = []
    for window in plan.windows:
        values = training_fractions(plan, window, plan.seeds[0])
        quantiles = {f'q{round(q * 100):02d}': float(np.quantile(values, q)) for q in kamath2022.QUANTILES}
        empty = float(np.mean(values == 0))
        found.append({'window': window, 'windows': len(values), 'share_empty': empty, **quantiles})
    return found


def _fraction_table(plan: SpherePlan, fractions: Sequence[Mapping[str, Any]]) -> list[list[str]]:
    lines = []
    for row in fractions:
        theirs = kamath2022.TRAINING_FRACTIONS['spheres', 'unet', published_window(plan, row['window'])]
        pairs = [(row['share_empty'], theirs.empty_share)]
        pairs += [(row[f'q{round(kamath2022.QUANTILES[k] * 100):02d}'], theirs.quantiles[k]) for k in (1, 3, 5)]
        lines.append([_pair(plan, row['window']), *(f'{here:.3f} / {there:.3f}' for here, there in pairs)])
    return lines
