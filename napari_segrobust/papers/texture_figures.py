"""Figures of the texture experiment: Dice over alpha, over five levels, and over fine speckle."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from napari_segrobust.papers import kamath2025
from napari_segrobust.papers.plot import (
    BLUE,
    GREEN,
    ORANGE,
    PURPLE,
    SKY,
    VERMILION,
    Panel,
    Series,
    Span,
    figure,
)
from napari_segrobust.papers.texture_numbers import crossing

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from napari_segrobust.grid.sheet import Sheet
    from napari_segrobust.papers.plot import Mark
    from napari_segrobust.papers.source import ReferenceCurve
    from napari_segrobust.papers.texture_experiment import TexturePlan
    from napari_segrobust.papers.texture_numbers import Means
    from napari_segrobust.papers.textures import Blended

LOOKS: dict[str, tuple[str, Mark]] = {
    'NoSkip U-Net': (BLUE, 'dot'),
    'U-Net': (ORANGE, 'square'),
    'AGU-Net': (GREEN, 'triangle'),
    'U-Net++': (VERMILION, 'diamond'),
    'V-Net': (PURPLE, 'square'),
    'NoSkip V-Net': (SKY, 'dot'),
}
_LEVEL_TICKS = tuple((float(place), words) for place, words in enumerate(kamath2025.LEVELS))
_UNIT = (0.0, 1.0)


def over_alpha(
    plan: TexturePlan, means: Means, differences: Mapping[Blended, Mapping[tuple[str, float], Sequence[float]]]
) -> Sheet:
    """Dice over alpha in both directions, the published courses, and how unlike the textures are."""
    ours, theirs, unlike = [], [], []
    for blended in plan.blended:
        series = tuple(_ours(means, blended, model, 'alpha') for model in plan.models_of(blended))
        ours.append(Panel(f'{blended} blended', 'alpha (larger is harder)', 'Dice', _UNIT, _UNIT, series))
        known = [m for m in LOOKS if (blended, m, 'easiest') in kamath2025.SYNTHETIC]
        published = tuple(_theirs(m, kamath2025.synthetic(blended, m)) for m in known)
        title = f'{blended} blended, published: other data'
        theirs.append(Panel(title, 'alpha (larger is harder)', 'Dice', _UNIT, _UNIT, published))
        values = differences[blended]
        found = {alpha: values['alpha', alpha] for alpha in plan.alphas if values['alpha', alpha]}
        mean, low, high = (
            tuple(float(f(v)) for v in found.values()) for f in (np.mean, np.min, np.max)
        )  # fmt: skip
        lines = Series('texture difference', tuple(found), mean, '#5A5A5A', 'dot', low, high)
        top = max(0.1, *high) if high else 1.0
        bottom = min(0.0, *low) if low else 0.0
        unlike.append(Panel(f'{blended} blended', 'alpha', 'texture difference, bits', _UNIT, (bottom, top), (lines,)))
    words = (
        f'Above: made here, all networks trained at alpha {plan.alpha:g}, {_seeds(plan)}. Middle, other data: '
        "Kamath et al. 2023, trained at alpha 0.1, one seed. Below: Kamath's texture difference of the test images, "
        'mean, smallest and largest.'
    )
    return figure('Dice while two textures become alike', words, [ours, theirs, unlike], _SYNTHETIC, height=118.0)


def over_levels(plan: TexturePlan, means: Means) -> Sheet:
    """Dice over the five levels, beside the published medical data."""
    panels = []
    for blended in plan.blended:
        series = tuple(_ours(means, blended, model, 'level') for model in plan.models_of(blended))
        panels.append(_levels(f'textures, {blended} blended (here)', series))
    for dataset, words in kamath2025.DATASETS.items():
        title = f'{words.split(",")[0].replace("breast ultrasound (BUSI)", "breast ultrasound")}: other data'
        panels.append(_levels(title, tuple(_theirs(m, kamath2025.levels(dataset, m)) for m in LOOKS)))
    words = (
        f'Thick: made here, trained at alpha {plan.alpha:g}, {_seeds(plan)}. Thin, other data: medical images, '
        'published means of three seeds. Easiest and Easier blur the background (7 and 3 pixels), Harder and Hardest '
        'are speckle of variance 0.1 and 0.3.'
    )
    rows = [panels[start : start + 3] for start in range(0, len(panels), 3)]
    return figure('Five levels, from textures that differ more to textures that differ less', words, rows, _MEDICAL)


def over_speckle(plan: TexturePlan, means: Means) -> Sheet:
    """Score, drop and retained share over fine speckle, with the places where the networks cross."""
    rows = []
    last = max(plan.fine)
    for blended in plan.blended:
        panels = []
        for title, value, bounds in (
            ('Dice', means.at, _UNIT),
            ('drop (clean - perturbed)', means.drop, _UNIT),
            ('retained share', means.retained, (0.0, 1.05)),
        ):
            series = [
                _series(model, plan.fine, np.array([value(blended, model, 'speckle', v) for v in plan.fine]))
                for model in plan.models_of(blended)
            ]
            spans = _crossings(plan, means, blended) if title == 'Dice' else ()
            name = f'{title}, {blended} blended'
            panels.append(Panel(name, 'variance of speckle', title, (0.0, last), bounds, tuple(series), spans=spans))
        rows.append(panels)
    words = (
        f'Made here, trained at alpha {plan.alpha:g}, {_seeds(plan)}; one draw of noise for all variances. Grey: where '
        'the U-Nets with and without skip connections change places, from the first seed to the last. A weak network '
        'and a fragile one look alike in one number: read the three together.'
    )
    return figure('Where the networks part: fine speckle', words, rows, 'The levels of the paper begin at 0.1.')


def _crossings(plan: TexturePlan, means: Means, blended: str) -> tuple[Span, ...]:
    if not {'U-Net', 'NoSkip U-Net'} <= set(plan.models):
        return ()
    found = crossing(means, blended, 'U-Net', 'NoSkip U-Net', 'speckle')
    if not found.places:
        return ()
    return (Span(min(found.places), max(found.places), f'crossing, {len(found.places)} of {found.seeds} seeds'),)


def _levels(title: str, series: tuple[Series, ...]) -> Panel:
    return Panel(title, 'level', 'Dice', (-0.3, 4.3), _UNIT, series, x_ticks=_LEVEL_TICKS)


def _ours(means: Means, blended: str, model: str, kind: str) -> Series:
    return _series(model, *means.course(blended, model, kind))


def _series(model: str, x: Sequence[float], seeds: NDArray[np.float64]) -> Series:
    band = (tuple(seeds.min(axis=1)), tuple(seeds.max(axis=1))) if seeds.shape[1] > 1 else ((), ())
    return Series(model, tuple(x), tuple(seeds.mean(axis=1)), *LOOKS[model], *band)


def _theirs(model: str, curve: ReferenceCurve) -> Series:
    return Series(f'{model}, other data', curve.x, curve.y, *LOOKS[model], thin=True)


def _seeds(plan: TexturePlan) -> str:
    count = len(plan.seeds)
    return f'{count} seeds, band from the smallest to the largest' if count > 1 else 'one seed'


_SYNTHETIC = f'{kamath2025.SYNTHETIC_SOURCE.short}. {kamath2025.SYNTHETIC_SOURCE.data}.'
_MEDICAL = f'{kamath2025.SOURCE.short}. {kamath2025.SOURCE.data}.'
