"""CT artefacts against closed forms of cylinders, scikit-image's projections, and a real slice."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from napari_segrobust.perturb import make_field, perturb
from napari_segrobust.perturb.families.ct import metal, streaks
from napari_segrobust.perturb.families.ct._projection import Scan
from napari_segrobust.perturb.families.ct.ring import _profile
from napari_segrobust.perturb.spec import FieldBlock

HU = (-1000.0, 1000.0)


def disc(size, spacing, radius, middle=(0.0, 0.0)):
    """Whether a voxel lies in a disc; mm from the centre."""
    y, x = ((np.arange(size) - (size - 1) / 2) * spacing - at for at in middle)
    return np.hypot(y[:, None], x) < radius


def body(size=160, spacing=2.0):
    """A cylinder of water in air with two rods of bone."""
    image = np.where(disc(size, spacing, 120), 0.0, -1000.0)
    for side in (-60, 60):
        image[disc(size, spacing, 12, (0, side))] = 900
    return image.astype(np.float32)


def radon(image, scan):
    """Projection by scikit-image on our bins, in pixels."""
    from skimage.transform import radon

    theirs = radon(image, -np.degrees(scan.angles()), circle=False)
    places = np.arange(scan.bins) - (scan.bins - 1) / 2
    return np.stack([np.interp(places, np.arange(len(theirs)) - len(theirs) // 2, view) for view in theirs.T])


def blobs(size=101):
    image = np.zeros((size, size), np.float32)
    image[30:50, 20:35], image[60:70, 55:75] = 1, 2
    return image


def test_projection_equals_scikit_image():
    image = blobs()
    scan = Scan(image.shape, (2.0, 2.0))
    ours, theirs = scan.project(torch.from_numpy(image)).numpy(), radon(image, scan) * 0.2
    assert np.corrcoef(ours.ravel(), theirs.ravel())[0, 1] > 0.999
    np.testing.assert_allclose(ours.sum(axis=1), 0.2 * image.sum(), rtol=1e-5)


@pytest.mark.parametrize('spacing', [(1.0, 1.0), (0.5, 1.0), (1.0, 3.0)])
@pytest.mark.parametrize('finest', [256, 64])
def test_projection_of_a_disc_is_its_chord_whatever_the_voxels(spacing, finest):
    shape = tuple(round(220 / step) for step in spacing)
    y, x = (((np.arange(n) - (n - 1) / 2) * step) for n, step in zip(shape, spacing, strict=True))
    image = (np.hypot(y[:, None] - 20, x + 30) < 60).astype(np.float32)
    scan = Scan(shape, spacing, finest)
    path = scan.project(torch.from_numpy(image)).numpy()
    angles = scan.angles()[:, None]
    place = (np.arange(scan.bins) - (scan.bins - 1) / 2) * scan.cell - (-30 * np.cos(angles) + 20 * np.sin(angles))
    chord = 2 * np.sqrt(np.maximum(60**2 - place**2, 0)) / 10
    assert np.abs(path - chord)[np.abs(place) < 50].mean() < 0.25
    np.testing.assert_allclose(path.sum(axis=1) * scan.cell / 10, np.pi * 36, rtol=0.02)


@pytest.mark.parametrize('shape', [(101, 101), (60, 101), (101, 40)])
def test_reconstruction_brings_the_density_back(shape):
    image = blobs()[20 : 20 + shape[0], 10 : 10 + shape[1]]
    scan = Scan(image.shape, (1.0, 1.0))
    back = scan.reconstruct(scan.project(torch.from_numpy(image.copy()))).numpy() / 1000
    assert back[20, 15] == pytest.approx(1, abs=0.04)
    assert np.abs(back - image).mean() < 0.03
    assert np.corrcoef(back.ravel(), image.ravel())[0, 1] > 0.97


def test_reconstruction_of_squared_paths_equals_scikit_image():
    from skimage.transform import iradon

    image = blobs()
    scan = Scan(image.shape, (10.0, 10.0))
    paths = radon(image, scan)
    ours = scan.reconstruct(torch.from_numpy((paths**2).astype(np.float32))).numpy() / 1000
    theirs = iradon(paths.T**2, -np.degrees(scan.angles()), output_size=101, filter_name='hann', circle=False)
    assert np.corrcoef(ours.ravel(), theirs.ravel())[0, 1] > 0.998
    assert np.polyfit(theirs.ravel(), ours.ravel(), 1)[0] == pytest.approx(1, abs=0.02)


def test_cupping_of_a_water_cylinder_is_its_chord():
    image = np.where(disc(200, 1.5, 100), 0.0, -1000.0).astype(np.float32)
    change = perturb(image, 'cupping', 3, spacing=(1.5, 1.5), intensity_range=HU) - image
    radius = np.hypot(*np.meshgrid(*[(np.arange(200) - 99.5) * 1.5] * 2))
    inside = radius < 90
    expected = -20 * np.sqrt(1 - (radius[inside] / 100) ** 2)
    np.testing.assert_allclose(change[inside], expected, atol=1.0)
    assert not change[radius > 103].any()


def test_cupping_is_deeper_in_a_thicker_body():
    depths = []
    for radius in (50, 100, 150):
        image = np.where(disc(160, 2.0, radius), 0.0, -1000.0).astype(np.float32)
        depths.append(
            (image - perturb(image, 'cupping', 3, spacing=(2.0, 2.0), intensity_range=HU))[78:82, 78:82].mean()
        )
    assert depths == pytest.approx([10, 20, 30], rel=0.06)


def test_streaks_darken_between_two_rods_by_what_they_say(monkeypatch):
    monkeypatch.setattr(streaks, 'NOISE', 0)
    image = np.full((512, 512), -1000, np.float32)
    for side in (-50, 50):
        image[disc(512, 0.7, 10, (0, side))] = streaks.DENSE + 1000
    given = {'depth': 110.0}
    change = perturb(image, 'streaks', 3, parameters=given, spacing=(0.7, 0.7), intensity_range=HU) - image
    assert change[255:257, 255:257].mean() == pytest.approx(-110, rel=0.02)
    assert abs(change[340:360, 255:257].mean()) < 5  # beside the line through both


def test_streaks_run_through_dense_voxels_and_need_them():
    image = body()
    change = perturb(image, 'streaks', 5, 1, spacing=(2.0, 2.0), intensity_range=HU) - image
    row, beside = change[76:84, 55:105], change[130:138, 55:105]
    assert row.mean() < -20
    assert row.std() > 3 * beside.std()
    water = np.minimum(image, 0)
    assert np.array_equal(perturb(water, 'streaks', 5, 1, spacing=(2.0, 2.0), intensity_range=HU), water)


def test_noise_of_streaks_differs_between_slices():
    image = np.stack([body(80, 4.0)] * 2)
    one, other = perturb(image, 'streaks', 5, 1, spacing=(4.0, 4.0, 4.0), intensity_range=HU) - image
    assert 0.05 < np.corrcoef(one.ravel(), other.ravel())[0, 1] < 0.995


@pytest.mark.parametrize('seed', range(3))
def test_rings_are_circles_of_the_size_they_say(seed):
    shape, spacing = (160, 200), (1.0, 1.0)
    image = np.zeros(shape, np.float32)
    change = perturb(image, 'ring', 3, seed, spacing=spacing, intensity_range=HU)
    axis = make_field('ring', seed, 1, shape, spacing)['axis'][0]
    y, x = ((np.arange(n) - (n - 1) / 2) - at for n, at in zip(shape, axis, strict=True))
    circle = np.round(np.hypot(y[:, None], x) * 4).astype(int).ravel()
    count = np.bincount(circle)
    mean = np.bincount(circle, change.ravel()) / np.maximum(count, 1)
    within = np.sqrt(np.mean((change.ravel() - mean[circle]) ** 2))
    assert within < 0.3 * change.std()
    assert np.sqrt(np.mean(change**2, dtype=float)) == pytest.approx(12, rel=0.35)


def test_rings_equal_scikit_image_with_wrong_detector_elements():
    from skimage.transform import iradon

    errors = np.random.default_rng(0).standard_normal(64)
    view = np.concatenate([errors[:0:-1], errors])
    theirs = iradon(np.repeat(view[:, None], 400, axis=1), np.arange(400) * 180 / 400, filter_name='hann', circle=True)
    along = theirs[63, 63:]
    ours = _profile(errors[None])[0, ::2]
    assert np.corrcoef(ours[:60], along[:60])[0, 1] > 0.99


def test_metal_lies_in_the_body_and_casts_streaks_around_it():
    image = body()
    inside = disc(160, 2.0, 120)
    places = set()
    for seed in range(3):
        change = perturb(image, 'metal', 5, seed, spacing=(2.0, 2.0), intensity_range=HU) - image
        rod = change > 4000
        assert 5 < rod.sum() < 200
        assert not rod[~inside].any()
        places.add(tuple(np.argwhere(rod).mean(axis=0).round()))
        assert change[rod].max() == pytest.approx(8000, rel=0.01)
        assert change[inside & ~rod].min() < -100
        far = inside & (np.hypot(*(np.indices(rod.shape) - np.argwhere(rod).mean(axis=0)[:, None, None])) > 20)
        assert change[far].std() > 5
    assert len(places) == 3


def test_metal_goes_through_all_slices_at_one_place():
    image = np.stack([body(80, 4.0)] * 3)
    change = perturb(image, 'metal', 3, 1, spacing=(5.0, 4.0, 4.0), intensity_range=HU) - image
    rods = change > 1750
    assert rods[0].any()
    assert np.array_equal(rods[0], rods[1])
    assert np.array_equal(rods[0], rods[2])


def test_path_through_the_rod_is_its_area():
    image = body()
    clean_field = make_field('metal', 4, 1, image.shape, (2.0, 2.0))
    scan = Scan(image.shape, (2.0, 2.0))
    whole = tuple(slice(0, n) for n in image.shape)
    arrays = {name: torch.from_numpy(array) for name, array in clean_field.items()}
    field = FieldBlock(arrays, image.shape, (2.0, 2.0), whole, whole, {'places': torch.tensor([[60, 90]])})
    share, path = metal._rod(field, scan)
    _, _, long, short = clean_field['rod'][0].tolist()
    area = np.pi * long * short
    assert float(share.sum()) * 4 == pytest.approx(area, rel=0.1)
    np.testing.assert_allclose(path.sum(axis=1).numpy() * 10 * scan.cell, area, rtol=0.1)
    assert np.corrcoef(path.numpy().ravel(), scan.project(share).numpy().ravel())[0, 1] > 0.98


def test_real_slice(shared_data):
    """Between the hips it gets darker, air outside the body stays, and all of it is continuous in HU."""
    import nibabel

    file = nibabel.load(shared_data / 'ct/ct_full.nii.gz')
    image = np.asarray(file.dataobj).astype(np.float32)[:, :, 90].T.copy()
    spacing = (3.0, 3.0)
    dense = image > streaks.DENSE
    between = (dense.cumsum(axis=1) > 0) & (dense[:, ::-1].cumsum(axis=1) > 0)[:, ::-1] & ~dense & (image > -200)
    changes = {
        name: perturb(image, name, 5, 2, spacing=spacing, intensity_range=HU) - image
        for name in ('streaks', 'cupping', 'ring', 'metal')
    }
    assert changes['streaks'][between].mean() < -0.8
    assert changes['streaks'][between].std() > 1.4 * changes['streaks'][image < -990].std()
    assert changes['cupping'][image > -200].mean() < -20
    assert np.abs(changes['cupping'][image < -990]).max() < 1
    assert 10 < changes['ring'].std() < 60
    assert changes['metal'].max() > 7000
