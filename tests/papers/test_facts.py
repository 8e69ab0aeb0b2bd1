"""The published numbers as they are typed in, held against the files that they were read from."""

from __future__ import annotations

import csv
from collections import defaultdict

import numpy as np
import pytest

from napari_segrobust.errors import SegrobustError
from napari_segrobust.papers import kamath2022, kamath2025
from napari_segrobust.papers.sphere_experiment import MODELS as SPHERE_MODELS
from napari_segrobust.papers.texture_experiment import MODELS as TEXTURE_MODELS
from napari_segrobust.papers.textures import LEVELS

DATASETS = {
    'heart': 'Left atrium (heart MRI)', 'spleen': 'Spleen (CT)', 'busi': 'Breast ultrasound (BUSI)',
    'glas': 'Colon histology (GLaS)',
}  # fmt: skip
ROUNDING = 6e-5


def table(path):
    with path.open(newline='') as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope='module')
def cases(shared_data):
    """(data set, model, window) to rows (case, run, fraction, radius, dice, disagreement)."""
    found = defaultdict(list)
    for row in table(shared_data / 'papers/kamath2022_per_case.csv'):
        fraction = float(row['foreground_fraction'])
        radius = round((fraction * kamath2022.CUBE**3 * 3 / 4 / np.pi) ** (1 / 3))
        numbers = float(row['dice']), float(row['abs_volume_difference'])
        found[row['dataset'], row['model'], int(row['window'])].append(
            (row['case'], int(row['seed']), fraction, radius, *numbers)
        )
    return found


def test_five_levels_are_the_published_ones(shared_data):
    rows = table(shared_data / 'papers/kamath2025_dice_summary.csv')
    assert len(rows) == 5 * len(kamath2025.DICE)
    for row in rows:
        key = next(key for key, name in DATASETS.items() if name == row['dataset']), row['architecture']
        place = kamath2025.LEVELS.index(row['perturbation'].replace('Unperturbed', 'Clean'))
        assert kamath2025.DICE[key][place] == float(row['mean_dice'])
        assert row['n_seeds'] == '3'


def test_spheres_are_recomputed_from_the_rows(cases):
    low, high = kamath2022.TRAIN_RADII
    for (model, window), scores in kamath2022.SPHERES.items():
        rows = cases['synthetic', model, window]
        ranges = (lambda r: r < low, lambda r: low <= r <= high, lambda r: r > high)
        for score, inside in zip(scores, ranges, strict=True):
            here = [row for row in rows if inside(row[3])]
            runs = [np.mean([row[4] for row in here if row[1] == run]) for run in (1, 2, 3)]
            assert score.count == len(here)
            told = (score.dice, score.lowest, score.highest, score.disagreement)
            expected = (np.mean([r[4] for r in here]), min(runs), max(runs), np.mean([r[5] for r in here]))
            assert told == pytest.approx(expected, abs=ROUNDING)


def test_curves_are_recomputed_from_the_rows(cases):
    for (model, window), points in kamath2022.SPHERE_CURVES.items():
        rows = cases['synthetic', model, window]
        for point, (low, high) in zip(points, kamath2022.RADIUS_BINS, strict=True):
            here = np.array([row[2:] for row in rows if low <= row[3] <= high])
            assert point == pytest.approx(here[:, [0, 2, 3]].mean(axis=0), abs=ROUNDING)


def test_spleen_is_recomputed_from_the_rows(cases):
    for (model, window), score in kamath2022.SPLEEN.items():
        rows = cases['spleen', model, window]
        by_case = defaultdict(list)
        for row in rows:
            by_case[row[2]].append(row[4])
        fractions = sorted(by_case)
        assert pytest.approx(fractions, abs=6e-6) == kamath2022.SPLEEN_FRACTIONS
        assert score.cases == pytest.approx([np.mean(by_case[f]) for f in fractions], abs=6e-4)
        dice = [row[4] for row in rows]
        told = (score.dice, score.spread, score.disagreement)
        expected = (np.mean(dice), np.std(dice, ddof=1), np.median([row[5] for row in rows]))
        assert told == pytest.approx(expected, abs=ROUNDING)


def test_training_fractions_are_the_published_ones(shared_data):
    rows = table(shared_data / 'papers/kamath2022_training_fraction_quantiles.csv')
    assert len(rows) == len(kamath2022.TRAINING_FRACTIONS)
    for row in rows:
        dataset = row['dataset'].replace('synthetic', 'spheres')
        found = kamath2022.TRAINING_FRACTIONS[dataset, row['model'], int(row['window'])]
        quantiles = [float(row[f'q{round(100 * q):02d}']) for q in kamath2022.QUANTILES]
        assert found.windows == int(row['patches'])
        assert (found.mean, found.empty_share) == pytest.approx(
            (float(row['mean']), float(row['share_empty'])), abs=1e-6
        )
        assert found.quantiles == pytest.approx(quantiles, abs=ROUNDING)


def test_names_are_those_of_the_experiments():
    assert dict(kamath2022.MODELS) == SPHERE_MODELS
    assert set(TEXTURE_MODELS) <= set(kamath2025.ARCHITECTURES)
    assert [level.lower() for level in kamath2025.LEVELS] == list(LEVELS)


def test_the_published_counter_example_is_told():
    first = kamath2025.counter_examples()[0]
    assert first == 'left atrium, Harder: V-Net 0.893, NoSkip U-Net 0.814'
    assert not any('GLaS' in line and ' V-Net 0' in line.split(',')[1] for line in kamath2025.counter_examples())


def test_superseded_numbers_are_not_the_ones_typed_in():
    easier = kamath2025.LEVELS.index('Easier')
    replaced = {'AGU-Net': (0.809, 0.299), 'U-Net': (0.394, 0.107), 'NoSkip U-Net': (0.486, 0.271)}
    for network, (before, after) in replaced.items():
        assert kamath2025.DICE['spleen', network][easier] == pytest.approx(after, abs=1e-3)
        assert f'{network} .{before * 1000:.0f} is .{after * 1000:.0f}' in kamath2025.ERRATA[0]


def test_the_two_trainings_of_the_synthetic_task_meet_at_the_first_alpha():
    for blended, network, trained in kamath2025.SYNTHETIC:
        curve = kamath2025.synthetic(blended, network, trained)
        assert curve.x == kamath2025.ALPHAS
        assert curve.y[0] == kamath2025.synthetic(blended, network).y[0]
        assert curve.y[0] > 0.98
        assert curve.y[-1] < curve.y[0]


@pytest.mark.parametrize('quantity', ['dice', 'disagreement'])
@pytest.mark.parametrize('window', kamath2022.WINDOWS)
@pytest.mark.parametrize('model', kamath2022.MODELS)
def test_reference_curves_can_be_drawn(model, window, quantity):
    curve = kamath2022.reference_curve('spheres', model, window, quantity)
    assert len(curve.x) == len(curve.y) == len(kamath2022.RADIUS_BINS)
    assert list(curve.x) == sorted(curve.x)
    assert curve.source.short.startswith('Kamath et al.')


def test_the_spleen_has_a_curve():
    curve = kamath2022.reference_curve('spleen', 'unet', 96)
    assert np.mean(curve.y) == pytest.approx(kamath2022.SPLEEN['unet', 96].dice, abs=1e-3)


@pytest.mark.parametrize(
    'call',
    [
        lambda: kamath2022.reference_curve('spheres', 'vnet', 96),
        lambda: kamath2022.reference_curve('liver', 'unet', 96),
        lambda: kamath2022.reference_curve('spheres', 'unet', 50),
        lambda: kamath2022.reference_curve('spleen', 'unet', 96, 'disagreement'),
        lambda: kamath2025.levels('heart', 'ResNet'),
        lambda: kamath2025.synthetic('background', 'U-Net++'),
    ],
)
def test_what_is_not_published_is_refused(call):
    with pytest.raises(SegrobustError, match='No such published curve'):
        call()
