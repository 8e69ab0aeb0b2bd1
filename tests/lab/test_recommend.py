"""Facts of a reference, contrast of its border, and the advice that follows."""

import numpy as np
import pytest
from scipy.ndimage import binary_erosion

import napari_segrobust as sr
from napari_segrobust.cases.samples import load_sample
from napari_segrobust.compare import compare, metric_specs
from napari_segrobust.lab import look, look_at_case, recommend
from napari_segrobust.lab.contrast import contrast


def ball(radius, size=40, ndim=3):
    axes = np.meshgrid(*[np.arange(size) - (size - 1) / 2] * ndim, indexing='ij')
    return (sum(axis**2 for axis in axes) <= radius**2).astype(np.uint8)


def advice(mask, spacing=(1, 1, 1), tolerance=2.0, **given):
    return recommend(look(mask, spacing, **given), tolerance)


def metrics_to(kind, found):
    return {key for item in found if item.kind == kind for key in item.metrics}


def test_facts_of_a_box_by_hand():
    mask = np.zeros((20, 20, 20), np.uint8)
    mask[5:10, 5:10, 5:15] = 1
    facts = look(mask, (2.0, 1.0, 1.0))
    assert (facts.voxels, facts.volume, facts.volume_unit) == (250, 0.5, 'ml')
    assert (facts.layers, facts.objects, facts.largest_share) == (3, 1, 1.0)
    inner = 3 * 3 * 8
    assert facts.layer_cost == pytest.approx(1 - 2 * inner / (250 + inner))
    assert facts.foreground_share == 250 / 8000
    assert (facts.raters, facts.rater_distance, facts.contrast, facts.round_trip) == (0, None, None, None)


def test_a_layer_costs_what_losing_it_costs():
    mask = ball(5)
    inside = look(mask).layer_cost
    eroded = binary_erosion(mask).astype(np.uint8)
    assert inside == pytest.approx(1 - compare(mask, eroded).metrics[1]['dice'].value)


def test_elongation_is_1_for_a_ball_and_large_for_a_line():
    assert look(ball(12)).elongation == pytest.approx(1, abs=0.15)
    line = np.zeros((30, 30), np.uint8)
    line[15, 2:28] = 1
    assert look(line).elongation == pytest.approx(26)


def test_one_compact_structure_gets_overlap_and_distance():
    found = advice(ball(18))
    assert [item.metrics for item in found] == [('dice', 'nsd', 'hd95')]


def test_a_small_structure_gets_nsd_and_volume_with_the_figure():
    mask = ball(4.2)
    first = advice(mask)[0]
    assert first.kind == 'look'
    assert first.metrics == ('nsd', 'absolute_volume_difference_ml')
    assert first.figure == look(mask).layer_cost
    size = f'reference {mask.sum() / 1000:.3g} ml, 4 voxel layers'
    assert first.text == f'{size}: one layer costs {first.figure:.2g} Dice; look at NSD and volume'
    assert 'dice' in metrics_to('beware', advice(mask))


def test_thin_many_rare_and_doubtful_structures():
    line = np.zeros((40, 40, 40), np.uint8)
    line[18:21, 18:21, 2:38] = 1
    assert 'cl_dice' in metrics_to('look', advice(line))
    several = ball(14)
    several[1, 1, 1] = several[1, 1, 5] = 1
    found = advice(several)
    assert 'lesion_recall' in metrics_to('look', found)
    figure = next(item.figure for item in found if item.kind == 'beware')
    assert figure == pytest.approx(compare(several, ball(14)).metrics[1]['dice'].value)
    rare = advice(np.pad(ball(10), 60))
    assert 'accuracy' in metrics_to('beware', rare)
    raters = [ball(10), ball(11), ball(12)]
    found = advice(raters[1], raters=raters)
    assert 'hd' in metrics_to('beware', found)
    assert next(item.figure for item in found if item.metrics == ('nsd',)) == pytest.approx(1, abs=0.3)


def test_an_empty_reference_gets_detection():
    found = advice(np.zeros((5, 6, 7), np.uint8))
    assert found[0].metrics[0] == 'detection'
    assert 'dice' in metrics_to('beware', found)


def test_a_coarse_grid_limits_the_score_and_a_small_tolerance_is_named():
    mask = ball(9)
    facts = look(mask, (1, 1, 1), model_spacing=(4, 4, 4))
    assert 0.7 < facts.round_trip < 0.95
    assert look(mask, (1, 1, 1), model_spacing=(1, 1, 1)).round_trip == 1
    assert look(mask, (1, 1, 1), model_spacing=(0.5, 0.5, 0.5)).round_trip == 1
    assert any('grid of the model' in item.text for item in recommend(facts))
    assert any('below the voxel spacing of 3' in item.text for item in advice(mask, (3, 1, 1)))


@pytest.mark.parametrize('mask', [np.ones((4, 4), np.uint8), np.ones((1, 1), np.uint8), np.eye(6, dtype=np.uint8)])
def test_odd_masks_have_facts_too(mask):
    facts = look(mask)
    assert facts.length_unit == 'px'
    assert recommend(facts)


def noisy(mask, step, noise, seed=0):
    return mask * step + noise * np.random.default_rng(seed).standard_normal(mask.shape)


def test_contrast_is_the_step_over_the_noise():
    mask = ball(9)
    found = contrast(noisy(mask, 3.0, 0.5), mask)
    assert found.edge == pytest.approx(6, rel=0.1)
    assert found.lesion == pytest.approx(6, rel=0.1)
    assert found.weak_share == 0
    flat = contrast(noisy(mask, 0.0, 0.5), mask)
    assert flat.edge < 0.5
    assert flat.weak_share > 0.9
    assert flat.lesion < 0.2


def test_contrast_of_half_a_border():
    mask = ball(10, ndim=2)
    image = noisy(mask, 3.0, 0.5)
    image[:, :20] = noisy(mask, 0.0, 0.5, seed=1)[:, :20]
    assert contrast(image, mask, spacing=(1.0, 1.0)).weak_share == pytest.approx(0.5, abs=0.15)


def test_contrast_of_nothing_and_of_noiseless_images():
    mask = ball(5)
    assert contrast(mask * 1.0, np.zeros_like(mask)) is None
    assert contrast(np.ones((4, 4, 4)), np.ones((4, 4, 4), np.uint8)) is None
    found = contrast(mask * 1.0, mask)
    assert (found.edge, found.lesion) == (None, None)


def test_the_ring_leaves_out_other_labels():
    mask = ball(6)
    image = noisy(mask, 2.0, 0.3)
    labels = mask.copy()
    labels[:, :, 28:] = 2
    image[:, :, 28:] += 50
    assert contrast(image, labels).lesion == pytest.approx(2 / 0.3, rel=0.15)


def test_advice_names_metrics_that_exist():
    found = [
        *advice(np.zeros((5, 5, 5), np.uint8)),
        *recommend(look_at_case(load_sample('lesion'), model_spacing=(5, 2, 2))),
        *advice(ball(18)),
    ]
    assert {key for item in found for key in item.metrics} <= set(metric_specs())


def test_a_tiny_real_lesion(shared_data):
    folder = shared_data / 'tumour'
    case = sr.load_case(folder / 'breast1_image.nrrd', references={'r': folder / 'breast1_label.nrrd'})
    found = recommend(look_at_case(case))
    assert found[0].text.startswith('reference 0.132 ml, 2 voxel layers: one layer costs 0.8 Dice')
