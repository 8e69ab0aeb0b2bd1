"""The training matrix as a figure and a page: trained under, tested under, and what every seed agrees on."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_segrobust.grid.sheet import Box, Sheet, Text, rgb, wrapped
from napari_segrobust.papers.findings import NONE
from napari_segrobust.papers.page import Page, save_sheet, write_csv
from napari_segrobust.papers.plot import BLUE, ORANGE, PURPLE
from napari_segrobust.papers.variants import ALONG, COUNT, SPREAD, TASK, TESTS, VARIANTS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from napari_segrobust.papers.matrix_experiment import MatrixPlan

#: Of the quantities of the rows: title, largest value of the colours, colour below and above 0.
QUANTITIES: Mapping[str, tuple[str, float, str, str]] = {
    'dice': ('Dice', 1.0, '#FFFFFF', BLUE),
    'volume_difference': ('predicted minus reference volume, over the reference', 1.0, BLUE, ORANGE),
    'calibration_error': ('expected calibration error of the probabilities', 0.5, '#FFFFFF', PURPLE),
}
SOURCES = (
    'Training with texture noise: Chai, Rueckert and Fetit, arXiv:2011.15093 (2020).',
    'Soft labels and the Dice semimetric: Wang et al., arXiv:2303.16296 (2023).',
    'Volume bias of soft Dice against cross-entropy: Bertels et al., Medical Image Analysis 67:101833 (2021).',
)
#: (trained, tested) to one mean for each seed.
Cells = dict[tuple[str, str], list[float]]


def write(folder: Path, plan: MatrixPlan, rows: Sequence[dict[str, Any]], words: str) -> Page:
    """Write ``cases.csv``, ``summary.csv``, the figure and the page.

    Parameters
    ----------
    folder : Path
    plan : MatrixPlan
    rows : sequence of dict
        Of `matrix_experiment.run`.
    words : str
        First paragraph: with what the page was made.
    """
    by_quantity = {quantity: cells(rows, quantity) for quantity in QUANTITIES}
    sheet = figure(plan, by_quantity)
    write_csv(folder / 'cases.csv', rows)
    write_csv(folder / 'summary.csv', _summary(plan, by_quantity))
    save_sheet(folder, 'matrix', sheet)
    page = Page('Trained under, tested under: one U-Net in seven trainings')
    page.paragraph(words)
    page.paragraph(
        f'The task: a blob of {TASK.foreground} on {TASK.background}, alpha {TASK.alpha:g}, {plan.images} training and '
        f'{plan.cases} test images; {plan.steps} batches of {plan.batch}, {len(plan.seeds)} of each training. '
        'Every training sees the same parts of the same images. Tests are scored against the reference, never against '
        f'a rater. Simulated raters move the border by {SPREAD:g} pixels (standard deviation, together over '
        f'{ALONG:g}); a soft label is the mean of {COUNT}.'
    )
    page.figure('matrix', sheet)
    page.heading('Trainings')
    page.table(('training', 'what it is'), [(VARIANTS[key].title, VARIANTS[key].words) for key in plan.variants])
    for direction, head in ((1, 'Better than the clean training in every seed'), (-1, 'Worse in every seed')):
        page.heading(head)
        lines = differences(plan, by_quantity['dice'], direction)
        if lines:
            page.table(('training', 'tested under', 'Dice minus that of the clean training'), lines)
        else:
            page.paragraph(f'None by {NONE:g} of Dice or more.')
    page.heading('Best under each test')
    page.table(('tested under', 'best training', 'Dice', 'clean training'), _best(plan, by_quantity['dice']))
    page.heading('What it costs on clean images')
    page.paragraph('Dice, volume bias and calibration error on clean images, mean over seeds (smallest to largest).')
    first = plan.tests[0]
    costs = [[VARIANTS[k].title, *(_spread(found[k, first]) for found in by_quantity.values())] for k in plan.variants]
    page.table(('training', 'Dice', 'volume bias', 'calibration error'), costs)
    page.heading('Sources')
    page.bullets(SOURCES, '')
    page.paragraph('None of their numbers stand here: the data are others, so only the question is the same.')
    page.save(folder)
    return page


def cells(rows: Sequence[dict[str, Any]], quantity: str) -> Cells:
    """Mean over the test images, by training, test and seed."""
    found: dict[tuple[str, str], dict[int, list[float]]] = defaultdict(lambda: defaultdict(list))
    for row in rows:
        found[row['trained'], row['tested']][row['seed']].append(row[quantity])
    return {key: [float(np.mean(seeds[seed])) for seed in sorted(seeds)] for key, seeds in found.items()}


def differences(plan: MatrixPlan, dice: Cells, direction: int) -> list[tuple[str, str, str]]:
    """Trainings and tests where every seed is better (1) or worse (-1) than the same seed of the clean training."""
    found = []
    for key in plan.variants[1:]:
        for test in plan.tests:
            gaps = [a - b for a, b in zip(dice[key, test], dice[plan.variants[0], test], strict=True)]
            if all(direction * gap >= NONE for gap in gaps):
                found.append((abs(float(np.mean(gaps))), VARIANTS[key].title, TESTS[test][0], _spread(gaps, '+')))
    return [(title, test, words) for _, title, test, words in sorted(found, reverse=True)]


def figure(plan: MatrixPlan, by_quantity: Mapping[str, Cells]) -> Sheet:
    """Draw one matrix for each quantity: rows are trainings, columns are tests.

    In each column the best Dice is bold, and what is less than `NONE` below it.
    """
    width, left, cell, row = 510.0, 82.0, 41.5, 15.0
    seeds = f'mean of {len(plan.seeds)} seeds' if len(plan.seeds) > 1 else 'one seed'
    words = (
        f'Rows: how the U-Net was trained. Columns: what it was tested under. {plan.steps} batches, {seeds}. '
        'Bold: the best Dice of a column.'
    )
    sheet = Sheet(width, 0.0, words=f'Trained under, tested under. {words}')
    sheet.add(Text(10, 17, 'Trained under, tested under', 9.5, bold=True), Text(10, 29, words, 7.2, colour='#5A5A5A'))
    y = 46.0
    for quantity, (title, largest, below, above) in QUANTITIES.items():
        found = by_quantity[quantity]
        sheet.add(Text(10, y, title, 7.2, bold=True))
        for place, test in enumerate(plan.tests):
            middle = left + (place + 0.5) * cell
            for line, part in enumerate(wrapped(TESTS[test][0], 6.2, cell - 2)):
                sheet.add(Text(middle, y + 10 + 7 * line, part, 6.2, 'middle', colour='#5A5A5A'))
        y += 21
        for key in plan.variants:
            sheet.add(Text(left - 4, y + 10, VARIANTS[key].title, 6.8, 'end'))
            for place, test in enumerate(plan.tests):
                mean = float(np.mean(found[key, test]))
                share = min(abs(mean) / largest, 1.0)
                colour = _mixed(above if mean >= 0 else below, share)
                x = left + place * cell
                highest = max(float(np.mean(found[other, test])) for other in plan.variants)
                best = quantity == 'dice' and mean > highest - NONE
                ink = '#FFFFFF' if _dark(colour) else '#1A1A1A'
                sheet.add(Box(x, y, cell - 1, row - 1, colour))
                number = f'{mean:+.2f}' if quantity == 'volume_difference' else f'{mean:.2f}'
                sheet.add(Text(x + cell / 2, y + 9.6, number, 6.8, 'middle', bold=best, colour=ink))
            y += row
        y += 14
    sheet.height = y
    return sheet


def _best(plan: MatrixPlan, dice: Cells) -> list[tuple[str, str, str, str]]:
    lines = []
    for test in plan.tests:
        best = max(plan.variants, key=lambda key: float(np.mean(dice[key, test])))
        lines.append(
            (TESTS[test][0], VARIANTS[best].title, _spread(dice[best, test]), _spread(dice[plan.variants[0], test]))
        )
    return lines


def _summary(plan: MatrixPlan, by_quantity: Mapping[str, Cells]) -> list[dict[str, Any]]:
    return [
        {'trained': key, 'tested': test, 'seed': seed,
         **{quantity: found[key, test][place] for quantity, found in by_quantity.items()}}
        for key in plan.variants for test in plan.tests for place, seed in enumerate(plan.seeds)
    ]  # fmt: skip


def _spread(values: Sequence[float], sign: str = '') -> str:
    spread = f' ({min(values):{sign}.3f} to {max(values):{sign}.3f})' if len(values) > 1 else ''
    return f'{np.mean(values):{sign}.3f}{spread}'


def _mixed(colour: str, share: float) -> str:
    """White, and a colour by its share."""
    return '#' + ''.join(f'{round(255 + (part - 255) * share):02X}' for part in rgb(colour))


def _dark(colour: str) -> bool:
    red, green, blue = rgb(colour)
    return 0.299 * red + 0.587 * green + 0.114 * blue < 140
