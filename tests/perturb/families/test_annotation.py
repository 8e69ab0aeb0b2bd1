"""Noise of annotations: exact where it is systematic, of the stated size where it is random, one thing with the lab."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from scipy import ndimage

from napari_segrobust.errors import PerturbationError
from napari_segrobust.perturb import get_spec, perturb, perturbations, virtual_raters
from napari_segrobust.perturb.edits import MaskEdit, edit_mask

NAMES = sorted(name for name, spec in perturbations().items() if spec.kind == 'mask')
SPACINGS = {2: (0.5, 2.0), 3: (3.0, 1.0, 0.7)}


def edited(labels, name, severity=1.0, seed=0, spacing=None, **given):
    spec = get_spec(name)
    values = {p.name: given.get(p.name, p.at(severity)) for p in spec.parameters}
    return spec.edit(labels, values, seed, spacing or (1.0,) * labels.ndim)


def disk(radius=30, size=101, ndim=2):
    return (sum(axis**2 for axis in np.indices((size,) * ndim) - size // 2) <= radius**2).astype(np.uint8)


def halves(size=60):
    """Two labels that touch along the middle column, with background around."""
    labels = np.zeros((size, size), np.uint8)
    labels[10:-10, 10 : size // 2] = 3
    labels[10:-10, size // 2 : -10] = 5
    return labels


@pytest.fixture(params=[2, 3])
def ball(request):
    return disk(7, 21, request.param)


def test_there_are_seven_and_they_are_the_edits_of_the_lab():
    wanted = 'coarser_grid label_swap missed_components over_segmentation shifted_mask under_segmentation virtual_rater'
    assert wanted.split() == NAMES
    words = ' '.join(str(part) for name in NAMES for part in vars(get_spec(name)).values()).lower()
    assert 'expert' not in words


@pytest.mark.parametrize('name', NAMES)
@pytest.mark.parametrize('kind', [np.uint8, np.uint16, np.int32])
def test_a_record_replays_keeps_its_type_and_never_changes_its_input(name, kind):
    labels = halves().astype(kind)
    before = labels.copy()
    first, second = (edited(labels, name, 3, 4, (1.0, 1.5)) for _ in range(2))
    np.testing.assert_array_equal(first, second)
    np.testing.assert_array_equal(labels, before)
    assert first.dtype == kind
    assert set(np.unique(first)) <= {0, 3, 5}
    assert (first != labels).any() or name in ('missed_components', 'coarser_grid')


@pytest.mark.parametrize('name', [name for name in NAMES if name != 'label_swap'])
def test_empty_masks_and_single_voxels(name):
    for labels in (np.zeros((6, 7), np.uint8), np.ones((1, 1, 1), np.uint8), np.ones((1, 5, 5), np.uint8)):
        found = edited(labels, name, 5)
        assert found.shape == labels.shape
        assert labels.any() or not found.any()


def test_size_errors_equal_scikit_image(ball):
    from skimage.morphology import isotropic_dilation, isotropic_erosion

    spacing = SPACINGS[ball.ndim]
    for mm in (1.0, 2.5):
        over = edited(ball, 'over_segmentation', spacing=spacing, distance=mm)
        np.testing.assert_array_equal(over, isotropic_dilation(ball, mm, spacing=spacing))
        under = edited(ball, 'under_segmentation', spacing=spacing, distance=mm)
        np.testing.assert_array_equal(under, isotropic_erosion(ball, mm, spacing=spacing))


def test_a_label_grows_into_the_background_alone():
    labels = halves()
    found = edited(labels, 'over_segmentation', distance=4)
    assert (found[labels != 0] == labels[labels != 0]).all()
    assert (found[8, 10:20] == 3).all()
    assert (found[8, 40:50] == 5).all()


@pytest.mark.parametrize('ndim', [2, 3])
def test_components_below_the_diameter_are_missed(ndim):
    labels = np.zeros((24,) * ndim, np.uint8)
    labels[(slice(1, 9),) * ndim] = 1  # 8 voxels wide
    labels[(slice(12, 15),) * ndim] = 1  # 3
    labels[(slice(20, 21),) * ndim] = 2  # 1
    factor = (np.pi / 4) ** 0.5 if ndim == 2 else (np.pi / 6) ** (1 / 3)
    for width, left in ((0.9, [8, 3, 1]), (1.1, [8, 3]), (2.9, [8, 3]), (3.1, [8]), (8.1, [])):
        found = edited(labels, 'missed_components', spacing=(0.5,) * ndim, diameter=0.5 * width / factor)
        assert (found != 0).sum() == sum(w**ndim for w in left)


def test_swapped_labels_change_places_pair_by_pair():
    labels = np.arange(1, 8, dtype=np.uint8).reshape(1, -1)
    one, all_of_them = (edited(labels, 'label_swap', severity, 3) for severity in (1, 5))
    assert (one != labels).sum() == 2
    assert (all_of_them != labels).sum() == 6
    assert sorted(one[0]) == sorted(all_of_them[0]) == list(range(1, 8))
    np.testing.assert_array_equal(edited(all_of_them, 'label_swap', 5, 3), labels)
    with pytest.raises(PerturbationError, match=r'Label swap unusable: the mask has 1 label'):
        edited(np.ones((3, 3), np.uint8), 'label_swap')


@pytest.mark.parametrize('seed', range(4))
def test_a_shifted_mask_lies_so_many_mm_away(seed):
    labels, spacing = disk(4, 41, 3), (1.0, 0.5, 2.0)
    found = edited(labels, 'shifted_mask', 5, seed, spacing)
    away = np.subtract(ndimage.center_of_mass(found), ndimage.center_of_mass(labels)) * spacing
    assert found.sum() == labels.sum()
    assert np.linalg.norm(away) == pytest.approx(8, abs=np.linalg.norm(spacing) / 2)
    flat = edited(labels[20:21], 'shifted_mask', 5, seed, spacing)
    assert flat.any()


def test_a_coarser_grid_holds_blocks():
    labels = disk(9, 24)
    found = edited(labels, 'coarser_grid', 4)
    blocks = labels.reshape(6, 4, 6, 4).mean(axis=(1, 3)) >= 0.5
    np.testing.assert_array_equal(found, np.kron(blocks, np.ones((4, 4))))
    np.testing.assert_array_equal(found, edit_mask(labels, [MaskEdit(name='coarsen', amount=2)]))


# -- simulated raters -------------------------------------------------------------------------------------------


def radii(labels):
    """Radius of the border of a disk in each direction, in pixels."""
    centre = np.array(labels.shape) // 2
    angles = np.linspace(0, 2 * np.pi, 360, endpoint=False)
    steps = np.arange(0, centre[0], 0.1)
    rays = [centre[0] + np.sin(angles)[:, None] * steps, centre[1] + np.cos(angles)[:, None] * steps]
    return ndimage.map_coordinates(labels.astype(float), rays, order=1).sum(axis=1) * 0.1


@pytest.mark.parametrize('sd', [1.0, 2.0, 3.0])
def test_the_border_of_a_simulated_rater_has_the_stated_standard_deviation(sd):
    labels = disk(120, 301)
    raters = virtual_raters(labels, 6, sd_mm=sd * 0.5, correlation_mm=6, spacing=(0.5, 0.5), seed=1)
    away = np.stack([radii(mask) for mask in raters.values()]) - radii(labels)
    assert away.std() == pytest.approx(sd, rel=0.2)
    assert away.mean() == pytest.approx(0, abs=0.35 * sd)


def test_the_border_wanders_farther_along_one_draw():
    labels = disk(40, 121)
    changed = [edited(labels, 'virtual_rater', 1, 2, sd=sd) != labels for sd in (0.5, 1, 2, 3)]
    for less, more in pairwise(changed):
        assert less.sum() < more.sum()
        assert not (less & ~more).any()


def test_one_label_is_the_roughened_mask_of_the_lab(monkeypatch):
    from napari_segrobust.perturb import raters

    monkeypatch.setattr(raters, '_NAME', 'roughen')  # the same draw
    for labels, spacing in ((disk(15, 61), (1.0, 1.5)), (disk(6, 25, 3), (2.0, 1.0, 0.7))):
        ours = raters.redrawn(labels, 1.5, 8.0, 5, spacing)
        theirs = edit_mask(labels, [MaskEdit(name='roughen', amount=1.5, radius=8, seed=5)], spacing)
        np.testing.assert_array_equal(ours, theirs)


def test_labels_that_touch_go_on_touching():
    labels = halves()
    found = edited(labels, 'virtual_rater', 1, 3, sd=1.5)
    assert (found[18:-18, 18:-18] != 0).all()
    assert (found[18:-18, 26:34] != labels[18:-18, 26:34]).any()


def test_simulated_raters_differ_and_replay():
    labels = disk(20, 61)
    raters = virtual_raters(labels, 3, sd_mm=1.5, correlation_mm=8, seed=4)
    again = virtual_raters(labels, 4, sd_mm=1.5, correlation_mm=8, seed=4)
    assert list(raters) == ['simulated rater 1', 'simulated rater 2', 'simulated rater 3']
    assert all(np.array_equal(raters[name], again[name]) for name in raters)
    assert len({mask.tobytes() for mask in again.values()}) == 4
    other = virtual_raters(labels, 1, sd_mm=1.5, correlation_mm=8, seed=5)
    assert not any(np.array_equal(other['simulated rater 1'], mask) for mask in again.values())
    family = edited(labels, 'virtual_rater', seed=4, sd=1.5, correlation=8)
    np.testing.assert_array_equal(family, raters['simulated rater 1'])
    still = virtual_raters(labels.astype(bool), 1, sd_mm=0, correlation_mm=8)['simulated rater 1']
    np.testing.assert_array_equal(still, labels)


@pytest.mark.parametrize(
    'wrong', [{'count': 0}, {'sd_mm': -1}, {'correlation_mm': 0}, {'spacing': (1, 1, 1)}, {'spacing': (0, 1)}]
)
def test_what_does_not_fit_is_refused_in_one_line(wrong):
    asked = {'count': 1, 'sd_mm': 1, 'correlation_mm': 5} | wrong
    with pytest.raises(PerturbationError, match='Simulated raters unusable'):
        virtual_raters(disk(5, 21), **asked)


def test_an_image_is_no_mask():
    with pytest.raises(PerturbationError, match='Virtual rater unusable: it acts on masks'):
        perturb(np.zeros((5, 5)), 'virtual_rater', 1)
    with pytest.raises(PerturbationError, match='Wrong spacing unusable: it acts on headers'):
        perturb(np.zeros((5, 5)), 'wrong_spacing', 1)
