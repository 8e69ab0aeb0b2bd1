"""Write the pages that are made from the registries, a figure of each metric, and the README's table of demo models.

``python tools/make_docs.py`` writes them; ``--check`` only says which are out of date, and exits 1 when one is.
"""

from __future__ import annotations

import argparse
import sys
from functools import partial
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING

from markdown_parts import NOTE, linked, table
from methods_page import methods_page
from metric_figures import figure
from perturbation_page import perturbations_page

from napari_segrobust.compare import MetricSettings, MetricSpec, metric_specs
from napari_segrobust.compare.settings import setting_words
from napari_segrobust.segment.zoo import scores, zoo_names, zoo_spec, zoo_weights

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

ROOT = Path(__file__).parents[1]
FIGURES = ROOT / 'docs' / 'images' / 'metrics'
#: Words for the better direction of a metric.
BETTER = {'higher': 'higher is better', 'lower': 'lower is better', 'zero': '0 is best', None: 'no direction'}
UNITS = {'mm': 'mm', 'ml': 'ml', 'voxels': 'voxels', 'bits': 'bits', None: 'none'}
NEEDS = {
    'probability': 'the predicted probabilities',
    'soft_reference': 'a soft reference (shares from 0 to 1)',
    'image': 'the image',
}
#: Families as they are listed; one that is not named here comes after them.
FAMILIES = (
    'overlap', 'boundary', 'distance', 'surface elements', 'volume', 'objects', 'topology', 'clinical', 'detection',
    'pair counting', 'information', 'probabilistic', 'calibration', 'soft labels',
)  # fmt: skip


# -- metrics --------------------------------------------------------------------------------------------------------


def metrics_page() -> str:
    """Every metric with its definition, and what becomes of it when a mask is empty."""
    specs = sorted(metric_specs().values(), key=lambda spec: _place(spec.family))
    families = {family: list(members) for family, members in groupby(specs, key=lambda spec: spec.family)}
    parts = [
        '# Metrics',
        NOTE,
        METRICS_INTRODUCTION,
        table(
            ['key', 'metric', 'unit', 'better', 'range'],
            ([f'`{s.key}`', s.title, UNITS[s.unit], BETTER[s.better], span(s.range)] for s in specs),
        ),
        '## When a mask is empty',
        EMPTY_INTRODUCTION,
        table(
            ['key', 'none empty', 'both empty', 'reference empty', 'prediction empty'],
            ([f'`{spec.key}`', *cells(spec)] for spec in specs),
        ),
        '## Settings',
        SETTINGS_INTRODUCTION,
        table(['setting', 'default', 'meaning'], setting_rows()),
        '## Definitions',
        'R is the reference, P the prediction; tp, fp, fn and tn count voxels; d is the exact Euclidean distance from '
        'a border voxel of one mask to the nearest border voxel of the other. The picture of each metric shows what it '
        'says of a disk of radius 12 mm that is shifted, drawn too small or too large, and joined by a blob far away; '
        'a smaller disk beside it is always right.',
    ]
    for family, members in families.items():
        parts.append(f'### {family.capitalize()}')
        parts += [metric_card(spec) for spec in members]
    parts += ['## Over all labels', TOGETHER]
    return '\n\n'.join(parts) + '\n'


def _place(family: str) -> int:
    """Best known families first, bare counts last."""
    return FAMILIES.index(family) if family in FAMILIES else len(FAMILIES) + (family == 'counts')


def span(limits: tuple[float | None, float | None]) -> str:
    """Range of a metric in words."""
    low, high = ('' if limit is None else f'{limit:g}' for limit in limits)
    if low and high:
        return f'{low} to {high}'
    return f'from {low}' if low else 'any'


def cells(spec: MetricSpec) -> list[str]:
    """What a metric gives when no mask is empty, both are, the first, or the second is."""
    given = ('computed', *spec.states)
    return ['undefined' if cell is None else f'{cell:g}' if isinstance(cell, int | float) else cell for cell in given]


def metric_card(spec: MetricSpec) -> str:
    """Definition of one metric."""
    facts = [f'- Range: {span(spec.range)}; {BETTER[spec.better]}; unit: {UNITS[spec.unit]}']
    if spec.convention:
        facts.append(f'- Convention: {spec.chip(MetricSettings())}, unless set otherwise')
    if spec.needs:
        facts.append(f'- Needs: {", ".join(NEEDS[need] for need in spec.needs)}')
    if spec.domain_dependent:
        facts.append('- Domain: changes with the field of view, so it is printed with its domain')
    facts += [f'- What it cannot see: {spec.blind_spot}', f'- Source: {linked(spec.source)}']
    picture = f'![{spec.title} of changed masks](images/metrics/{spec.key}.svg)'
    formula = f'```text\n{spec.formula}\n```'
    return '\n\n'.join([f'#### {spec.title} (`{spec.key}`)', spec.summary, formula, picture, '\n'.join(facts)])


def setting_rows() -> list[list[str]]:
    """Key, default and meaning of each setting."""
    return [
        [f'`{name}`', str(getattr(MetricSettings(), name)).strip('()'), words]
        for name, words in setting_words().items()
    ]


METRICS_INTRODUCTION = """\
Each number belongs to one label, and to one pair of masks; its unit and its status stand beside it. In the window, a
click on the name of a metric opens the same definition as below.

Conventions, the same in the window, on the command line and in Python:

- **Border.** A border voxel is a voxel of a mask that touches its outside through a face (6 neighbours in 3D, 4 in
  2D). Outside the image is background. Distances are exact and in mm; without spacing they are in voxels or pixels, and
  say so.
- **HD95** is the larger of the two directed 95th percentiles, with linear interpolation. Some tools take one percentile
  of both directions together: that is `hd95_pooled`. Name the one you report.
- **Tolerance**: one for everything, 2 mm unless set otherwise. A distance equal to the tolerance counts as near. Below
  the largest voxel spacing a shift by one voxel counts as an error, and a warning says so.
- **Differences** are prediction minus reference.
- **Domain**: the whole image, or the inside of the context box where one is drawn."""

EMPTY_INTRODUCTION = """\
A formula that is defined is computed; 0 / 0 is undefined: `null` in JSON, with a status (`both_empty`,
`reference_empty`, `prediction_empty`, `zero_denominator`, `not_applicable`) and the reason in words. No NaN and no
infinity is written anywhere. "Computed" is what the formula gives for the masks at hand; for two masks that are not
empty it may still be a division by zero, such as the likelihood ratio of a prediction without extra voxels. Each cell
of this table is held against the code by a test."""

SETTINGS_INTRODUCTION = """\
What definitions depend on. Lengths are in mm, volumes in ml (mm^2 in 2D); without spacing in voxels or pixels. All of
them stand under `conventions` in JSON, and beside the numbers that use them. In Python they are arguments of `compare`,
alone or together as `MetricSettings`; on the command line `boundary_width_mm` is `--boundary-width-mm`."""

TOGETHER = (
    table(
        ['key', 'what'],
        (
            (
                '`dice_mean`, `iou_mean`',
                'mean over the labels for which the value is defined; the reason counts the rest',
            ),
            ('`dice_pooled`, `iou_pooled`', 'overlap summed over the labels, then divided'),
            (
                '`generalised_dice`',
                'labels weighted by 1 / (reference volume)^2; Crum 2006, doi:10.1109/TMI.2006.880587',
            ),
            ('`cohen_kappa`', 'agreement beyond chance, background included; Cohen 1960'),
            ('`mcc`', 'Matthews correlation over all classes, background included; Gorodkin 2004'),
            ('`confusion_matrix`', 'voxels by reference (rows) and prediction (columns)'),
        ),
    ).replace('doi:10.1109/TMI.2006.880587', linked('doi:10.1109/TMI.2006.880587'))
    + '\n\nThose that include the background grow with the field of view.'
)


# -- models ---------------------------------------------------------------------------------------------------------


def models_page() -> str:
    """Every demo model with its card and its scores."""
    parts = ['# Demo models', NOTE, MODELS_INTRODUCTION]
    for family, names in groupby(sorted(zoo_names(), key=_family), key=_family):
        members = list(names)
        parts += [f'## {family.capitalize()}', *(model_card(name) for name in members)]
        parts += _score_tables(members)
    return '\n\n'.join(parts) + '\n'


def _family(name: str) -> str:
    return str(zoo_spec(name).card['sample'])


def model_card(name: str) -> str:
    """Card of one model."""
    spec = zoo_spec(name)
    window = 'the whole slice' if spec.window is None else ' x '.join(str(n) for n in spec.window)
    facts = (
        f'- Use: **{spec.card["use"]}**',
        f'- Takes: {spec.dimensions}D, {spec.channels} channel; window {window}; intensity {spec.intensity} over the '
        f'{spec.intensity_scope}',
        f'- Gives: {", ".join(spec.classes)}',
        f'- Network: MONAI-style {(spec.architecture or {}).get("name", "")}, {_kilobytes(name)} of weights (float16)',
        f'- Data: {spec.card["data"]}',
        f'- Protocol: {spec.card["protocol"]}',
        f'- Limits: {spec.card["limits"]}',
    )
    return f'### {name}\n\n{spec.card["title"]}.\n\n' + '\n'.join(facts)


def _kilobytes(name: str) -> str:
    return f'{zoo_weights(name).stat().st_size / 1000:.0f} kB'


def _score_tables(names: Sequence[str]) -> list[str]:
    """One table for each exam of a family."""
    found = {name: scores().get(name, {}) for name in names}
    exams = {exam: row['words'] for rows in found.values() for exam, row in rows.items() if isinstance(row, dict)}
    parts = []
    for exam, words in exams.items():
        graded = {name: rows[exam] for name, rows in found.items() if exam in rows}
        cases = next(iter(graded.values()))['cases']
        classes = [key for key in next(iter(graded.values()))['clean'] if key != 'mean']
        head = [
            'model',
            *(f'{c}, {s}' for s in ('clean', 'noisy') for c in (*classes, *(['mean'] * (len(classes) > 1)))),
        ]
        keys = [*classes, *(['mean'] * (len(classes) > 1))]
        rows = (
            [f'`{n}`', *(f'{row[s][k]:.3f}' for s in ('clean', 'noisy') for k in keys)] for n, row in graded.items()
        )
        parts += [
            f'**{words[0].upper()}{words[1:]}** ({cases} {"case" if cases == 1 else "cases"}), Dice:',
            table(head, rows),
        ]
    return parts or ['Not scored yet.']


MODELS_INTRODUCTION = """\
Small networks that come with the package, so that everything can be tried without a model of one's own. They are for
teaching only: they have seen generated images and nothing else, and on images of any other kind their output means
nothing. They were trained with little noise on purpose, so that they are good on clean images and fail visibly, and
differently, under noise.

`tools/train_demo_models.py` trains them from nothing; `tools/score_demo_models.py` measures the scores below, on seeds
that no training draws from. *Noisy* is Gaussian noise of severity 3 with seed 7. Where a table says **training
anatomy**, the image shows the anatomy from which the training images were generated: it says that the network works
there, not that it generalises."""


# -- README ---------------------------------------------------------------------------------------------------------


def readme() -> str:
    """Return the README with the table of demo models renewed."""
    text = (ROOT / 'README.md').read_text(encoding='utf-8')
    begin, end = '<!-- models: made by tools/make_docs.py -->', '<!-- end of models -->'
    before, _, rest = text.partition(begin)
    return f'{before}{begin}\n{model_table()}\n{end}{rest.partition(end)[2]}'


def model_table() -> str:
    """One line for each demo model: what it does, Dice clean and noisy on held-out cases."""
    return table(
        ['model', 'what', 'Dice, clean', 'Dice, noisy'],
        ([f'`{n}`', zoo_spec(n).card['title'], *_held_out(n)] for n in zoo_names()),
    )


def _held_out(name: str) -> tuple[str, str]:
    row = scores().get(name, {}).get('held_out')
    return ('not scored yet', '') if row is None else (f'{row["clean"]["mean"]:.2f}', f'{row["noisy"]["mean"]:.2f}')


PAGES: dict[Path, Callable[[], str]] = {
    ROOT / 'docs' / 'metrics.md': metrics_page,
    ROOT / 'docs' / 'perturbations.md': perturbations_page,
    ROOT / 'docs' / 'methods.md': methods_page,
    ROOT / 'docs' / 'models.md': models_page,
    ROOT / 'README.md': readme,
    **{FIGURES / f'{key}.svg': partial(figure, key) for key in metric_specs()},
}


def main() -> int:
    """Read the command line; write the pages, or compare them."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--check', action='store_true', help='write nothing; exit 1 when a page is out of date')
    check = parser.parse_args().check
    stale = [p for p, make in PAGES.items() if not p.exists() or p.read_text(encoding='utf-8') != make()]
    for path in stale:
        if check:
            print(f'{path.relative_to(ROOT)} is out of date: run make docs')
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(PAGES[path](), encoding='utf-8')
            print(f'wrote {path.relative_to(ROOT)}')
    return int(check and bool(stale))


if __name__ == '__main__':
    sys.exit(main())
