"""What the texture experiment gave, beside the papers: figures, tables, and a page that says what differs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from napari_segrobust.papers import kamath2025
from napari_segrobust.papers.findings import (
    WEAK,
    Finding,
    compare_difference,
    compare_with_several,
    tell_findings,
    weaker,
)
from napari_segrobust.papers.page import Page, save_sheet, write_csv
from napari_segrobust.papers.protocol import Step, tell
from napari_segrobust.papers.texture_experiment import MODELS, differences
from napari_segrobust.papers.texture_figures import over_alpha, over_levels, over_speckle
from napari_segrobust.papers.texture_numbers import Means, crossing, volume_ratio
from napari_segrobust.papers.textures import LEVELS, Blended

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from napari_segrobust.papers.texture_experiment import TexturePlan

_BASE = 'NoSkip U-Net'
#: Two networks below this Dice have both failed: which of them is lower says nothing.
FLOOR = 0.05
_FAILED = f'both networks are below {FLOOR:g} here: they failed before this condition'
_NOTES = (
    'More than skip connections differs between the networks: U-Net++ normalises each image by itself (instance norm, '
    'the default of MONAI, in the papers too), the others by the statistics of the training (batch norm).',
    'A blur of the background moves its texture away from everything that was trained on; here the networks then take '
    'the background for the object, where the predicted volume is several times that of the reference.',
)
#: Variances of speckle that stand in the table; all of them are in the figure and in summary.csv.
_TOLD = (0.005, 0.01, 0.02, 0.05)
_ALPHAS_COMPARED = (0.1, 0.5, 0.6, 0.7, 0.8, 0.9)


def write(folder: Path, plan: TexturePlan, rows: Sequence[dict[str, Any]], words: str) -> Page:
    """Write ``summary.csv``, ``texture_difference.csv``, three figures and the page.

    Parameters
    ----------
    folder : Path
    plan : TexturePlan
    rows : sequence of dict
        Of `texture_experiment.run`.
    words : str
        First paragraph: with what the page was made.
    """
    means = Means.of(rows)
    volumes = Means.of([{**row, 'volume': volume_ratio(row)} for row in rows], 'volume')
    unlike = {blended: differences(plan, blended) for blended in plan.blended}
    sheets = {
        'dice_over_alpha': over_alpha(plan, means, unlike),
        'dice_over_levels': over_levels(plan, means),
        'dice_over_speckle': over_speckle(plan, means),
    }
    for name, sheet in sheets.items():
        save_sheet(folder, name, sheet)
    write_csv(folder / 'cases.csv', rows)
    write_csv(folder / 'summary.csv', summary(means, volumes))
    write_csv(folder / 'texture_difference.csv', _difference_rows(unlike))
    page = Page('Skip connections and texture: the experiment of Kamath 2023 and 2025, made again')
    page.paragraph(words)
    for source in (kamath2025.SYNTHETIC_SOURCE, kamath2025.SOURCE):
        page.paragraph(f'{source.short}. Its numbers: {source.data}.')
    page.figure('dice_over_alpha', sheets['dice_over_alpha'])
    page.figure('dice_over_levels', sheets['dice_over_levels'])
    page.figure('dice_over_speckle', sheets['dice_over_speckle'])
    tell(page, protocol(plan))
    weak = weak_networks(plan, means)
    tell_findings(page, findings(plan, means), list(weak.values()))
    _tables(page, plan, means, volumes, unlike)
    page.heading('Published counter-examples')
    page.paragraph(
        'Skip connections do not always cost robustness. In the published table (other data), these networks with '
        'skip connections score more than one without at the two hard levels:'
    )
    page.bullets(kamath2025.counter_examples(), 'None.')
    page.heading('To be known')
    page.bullets(_NOTES, '')
    page.heading('Errata of the papers')
    page.bullets(kamath2025.ERRATA, '')
    page.save(folder)
    return page


def protocol(plan: TexturePlan) -> list[Step]:
    """How the experiment is done, beside the papers."""
    unet, gated, plus = MODELS['U-Net'], MODELS['AGU-Net'], MODELS['U-Net++']
    tests = f'{plan.tests} at each alpha'
    return [
        Step('image', *['256 x 256, a smooth blob of one texture on another, scaled from 0 to 1'] * 2),
        Step('blend', *['m ((1 - a) f + a b) + (1 - m) b, or m f + (1 - m) ((1 - a) b + a f)'] * 2),
        Step('five levels', *['blur of the background by 7 and 3 pixels, none, speckle of variance 0.1 and 0.3'] * 2),
        Step('augmentation', *['half of the examples turned by multiples of 90 degrees'] * 2),
        Step('loss', *['Dice of one sigmoid; threshold 0.5'] * 2),
        Step('first rate of Adam, falling along a cosine', '0.001', f'{plan.rate:g}'),
        Step('training images', '70', str(plan.images)),
        Step('examples in a batch', '8', str(plan.batch)),
        Step('test images', '20 at each alpha', tests),
        Step('U-Net, with and without skip connections', '16 to 256 channels, 4 halvings, batch norm',
             f'{unet["channels"][0]} to {unet["channels"][-1]} channels, {len(unet["strides"])} halvings, batch norm'),
        Step('textures', 'two photographs of the authors', 'brick on grass of scikit-image (CC0)'),
        Step('alpha of the training', 'each one, 0.1 to 0.98', f'{plan.alpha:g}'),
        Step('examples of the training', 'whole images', f'parts of {plan.crop} x {plan.crop}'),
        Step('batches of one training', '900 (100 epochs)', str(plan.steps)),
        Step('weights that are tested', 'best of every second epoch on 10 images', 'of the last batch'),
        Step('attention-gated U-Net', '16 to 256 channels, 4 halvings',
             f'{gated["channels"][0]} to {gated["channels"][-1]} channels, {len(gated["strides"])} halvings'),
        Step('U-Net++', '32 to 256 channels', f'{plus["features"][0]} to {plus["features"][4]} channels'),
        Step('networks', 'NoSkip U-Net, U-Net, AGU-Net, U-Net++, V-Net, NoSkip V-Net', _networks(plan)),
        Step('seeds', '5 (the published tables hold the first)', str(len(plan.seeds))),
        Step('data of the five levels', 'four medical data sets', f'the same textures at alpha {plan.alpha:g}'),
    ]  # fmt: skip


def _networks(plan: TexturePlan) -> str:
    told = ', '.join(plan.models)
    some = [f'{model} with the {blended} blended' for blended in plan.blended for model in plan.models
            if model not in plan.models_of(blended)]  # fmt: skip
    return f'{told}; not {", ".join(some)}' if some else told


def weak_networks(plan: TexturePlan, means: Means) -> dict[tuple[Blended, str], str]:
    """Networks that are weaker at the alpha of the training than the published ones, with the words for the page."""
    found = {}
    for blended in plan.blended:
        for model in plan.models_of(blended):
            # U-Net++ is published for one direction alone.
            known = kamath2025.SYNTHETIC.get((blended, model, 'easiest'))
            name = f'{model}, {blended} blended'
            if known is not None:
                seeds = means.at(blended, model, 'alpha', plan.alphas[0]).tolist()
                for words in weaker({name: seeds}, {name: known[0]}):
                    found[blended, model] = words
    return found


def findings(plan: TexturePlan, means: Means) -> list[Finding]:
    """Compare with and without skip connections, here and in the papers."""
    weak, found = weak_networks(plan, means), []
    for blended in plan.blended:
        for model in (model for model in plan.models_of(blended) if model != _BASE):
            doubt = {(blended, model), (blended, _BASE)} & weak.keys()
            new = [*_along_alpha(plan, means, blended, model), *_at_levels(means, blended, model)]
            found += [finding.doubted(WEAK) if doubt else finding for finding in new]
    return found


def summary(means: Means, volumes: Means) -> list[dict[str, Any]]:
    """Rows of ``summary.csv``: score, drop and retained share by condition and seed."""
    return [
        {
            'blended': blended, 'model': model, 'kind': kind, 'value': value, 'seed': seed, 'dice': dice,
            'drop': float(means.drop(blended, model, kind, value)[place]),
            'retained_share': _number(means.retained(blended, model, kind, value)[place]),
            'volume_ratio': volumes.values[blended, model, kind, value][place],
        }
        for (blended, model, kind, value), seeds in sorted(means.values.items())
        for place, (seed, dice) in enumerate(zip(means.seeds, seeds, strict=True))
    ]  # fmt: skip


def _along_alpha(plan: TexturePlan, means: Means, blended: Blended, model: str) -> list[Finding]:
    keys = [(blended, name, 'easiest') for name in (model, _BASE)]
    if not all(key in kamath2025.SYNTHETIC for key in keys):
        return []
    one, base = (kamath2025.SYNTHETIC[blended, name, 'easiest'] for name in (model, _BASE))
    found = []
    for alpha in sorted(set(_ALPHAS_COMPARED) & set(plan.alphas)):
        place = kamath2025.ALPHAS.index(alpha)
        gaps = means.at(blended, model, 'alpha', alpha) - means.at(blended, _BASE, 'alpha', alpha)
        what = f'{blended} blended, trained at {plan.alpha:g}, Dice at alpha {alpha:g}'
        finding = compare_difference(what, model, _BASE, gaps.tolist(), one[place] - base[place])
        found.append(_unless_failed(finding, means, blended, model, 'alpha', alpha))
    return found


def _at_levels(means: Means, blended: Blended, model: str) -> list[Finding]:
    found = []
    for place, level in enumerate(kamath2025.LEVELS):
        if level == 'Clean':
            continue
        gaps = means.at(blended, model, 'level', place) - means.at(blended, _BASE, 'level', place)
        published = {
            words.split(',')[0]: kamath2025.DICE[dataset, model][place] - kamath2025.DICE[dataset, _BASE][place]
            for dataset, words in kamath2025.DATASETS.items()
        }
        what = f'{blended} blended, Dice at {level} (published: medical images)'
        finding = compare_with_several(what, model, _BASE, gaps.tolist(), published)
        found.append(_unless_failed(finding, means, blended, model, 'level', place))
    return found


def _unless_failed(finding: Finding, means: Means, blended: Blended, model: str, kind: str, value: float) -> Finding:
    both = [means.at(blended, name, kind, value).mean() for name in (model, _BASE)]
    return finding.doubted(_FAILED) if max(both) < FLOOR else finding


def _tables(
    page: Page,
    plan: TexturePlan,
    means: Means,
    volumes: Means,
    unlike: Mapping[Blended, Mapping[tuple[str, float], Sequence[float]]],
) -> None:
    page.heading('Score, drop and retained share')
    page.paragraph(
        'Mean over seeds (smallest and largest): Dice; drop from the clean image; share of the clean Dice that is '
        'kept; predicted volume over that of the reference. Equal scores hide two ways of failing: near 0 the object '
        'is lost, far above 1 it is seen everywhere, and keeps some Dice by that.'
    )
    lines = []
    for blended in plan.blended:
        for model in plan.models_of(blended):
            for kind, value, words in _conditions(plan):
                columns = (means.at, means.drop, means.retained, volumes.at)
                lines.append([blended, model, words, *(_spread(f(blended, model, kind, value)) for f in columns)])
    page.table(('blended', 'network', 'condition', 'Dice', 'drop', 'retained share', 'volume'), lines)
    page.heading('Crossings')
    page.paragraph(
        'Where a network and the U-Net without skip connections of the same seed change places: interval over the '
        'seeds that cross, and how many do.'
    )
    crossings = [
        [blended, model, *(crossing(means, blended, model, _BASE, kind).words() for kind in ('alpha', 'speckle'))]
        for blended in plan.blended
        for model in plan.models_of(blended)
        if model != _BASE
    ]
    page.table(('blended', f'network against {_BASE}', 'at alpha', 'at variance of speckle'), crossings)
    page.heading('Texture difference')
    page.paragraph(
        "Kamath's measure, in bits, larger is easier: mean over the test images (smallest and largest). It is read, "
        'never assumed: it need not fall where the image becomes harder.'
    )
    rows = [
        [blended, kind, _value(kind, value), _spread(np.array(numbers)) if numbers else 'undefined']
        for blended, found in unlike.items()
        for (kind, value), numbers in found.items()
    ]
    page.table(('blended', 'condition', 'value', 'texture difference'), rows)


def _conditions(plan: TexturePlan) -> list[tuple[str, float, str]]:
    levels = [('level', float(place), level) for place, level in enumerate(kamath2025.LEVELS)]
    return levels + [('speckle', value, f'speckle {value:g}') for value in plan.fine if value in _TOLD]


def _difference_rows(unlike: Mapping[Blended, Mapping[tuple[str, float], Sequence[float]]]) -> list[dict[str, Any]]:
    return [
        {'blended': blended, 'kind': kind, 'value': value, 'mean': float(np.mean(numbers)),
         'smallest': min(numbers), 'largest': max(numbers), 'images': len(numbers)}
        for blended, found in unlike.items()
        for (kind, value), numbers in found.items()
        if numbers
    ]  # fmt: skip


def _value(kind: str, value: float) -> str:
    return LEVELS[int(value)] if kind == 'level' else f'{value:g}'


def _spread(values: NDArray[np.float64]) -> str:
    if np.isnan(values).any():
        return 'undefined: nothing found on the clean image'
    spread = f' ({values.min():.3f} to {values.max():.3f})' if len(values) > 1 else ''
    return f'{values.mean():.3f}{spread}'


def _number(value: float) -> float | str:
    return '' if np.isnan(value) else float(value)
