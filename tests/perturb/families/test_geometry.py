"""Warps and headers against numpy, scipy, SimpleITK and MONAI, and against what they say of themselves."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage

from napari_segrobust.perturb import (
    Clean,
    amounts,
    get_spec,
    make_field,
    new_perturbation,
    perturb,
    perturbations,
    told_spacing,
)
from napari_segrobust.perturb.families.geometry.rigid import turned
from napari_segrobust.perturb.warp import Warp, everything

UNIT = (0.0, 1.0)
WARPS = sorted(name for name, spec in perturbations().items() if spec.coordinates)
CASES = [((24, 30, 28), (2.0, 1.0, 0.8)), ((40, 36), (0.7, 1.3))]


def moved(name, severity, shape, spacing, seed=7, **parameters):
    """Displacement of every voxel in mm, (ndim, *shape)."""
    clean = Clean(np.zeros((1, *shape), np.float32), UNIT, spacing)
    places = Warp(clean, new_perturbation(name, severity, seed, parameters=parameters))(everything(shape)).numpy()
    return (places - np.indices(shape)) * np.reshape(spacing, (-1, *(1,) * len(shape)))


def image(shape):
    return ndimage.gaussian_filter(np.random.default_rng(0).random(shape), 1.5).astype(np.float32)


# -- whole voxels -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize('shape', [(4, 5, 6), (5, 6)])
def test_flip_mirrors_one_axis(shape):
    x = image(shape)
    for severity, axis in ((0.4, -1), (1, -1), (2, -2), (2.1, max(-3, -len(shape))), (5, max(-3, -len(shape)))):
        np.testing.assert_array_equal(perturb(x, 'flip', severity), np.flip(x, axis))
    np.testing.assert_array_equal(perturb(x, 'flip', 1, parameters={'axis': 0}), x)


def test_transpose_keeps_the_grid_and_the_centre():
    square, wide = image((3, 7, 7)), image((5, 9))
    np.testing.assert_array_equal(perturb(square, 'transpose', 1), square.swapaxes(1, 2))
    found = perturb(wide, 'transpose', 1, intensity_range=(-1.0, 1.0))
    np.testing.assert_array_equal(found[:, 2:7], wide[:, 2:7].T)
    assert (found[:, :2] == -1).all()
    assert (found[:, 7:] == -1).all()


@pytest.mark.parametrize(
    ('turn', 'axes'), [(1, (1, 2)), (2, (0, 2)), (3, (0, 1)), (4, (0, 1, 2))], ids=['plane', 'rows', 'columns', 'all']
)
def test_wrong_orientations_are_half_turns(turn, axes):
    x = image((4, 5, 6))
    np.testing.assert_array_equal(perturb(x, 'wrong_orientation', turn), np.flip(x, axes))


def test_the_last_wrong_orientation_is_a_quarter_turn():
    x = image((3, 8, 8))
    found = perturb(x, 'wrong_orientation', 5)
    assert any(np.array_equal(found, np.rot90(x, k, (1, 2))) for k in (1, 3))


# -- rigid ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(('shape', 'spacing'), CASES)
def test_rigid_equals_scipy(shape, spacing):
    x, ndim = image(shape), len(shape)
    drawn = make_field('rigid', 7, 1, shape, spacing)
    back = turned(drawn['turn'][0].astype(float), -12.0)[-ndim:, -ndim:]
    scale, centre = np.diag(spacing), (np.array(shape) - 1) / 2
    matrix = np.linalg.inv(scale) @ back @ scale
    shift = drawn['shift'][0] * 5.0 / spacing
    theirs = ndimage.affine_transform(
        x, matrix, centre - matrix @ (centre + shift), order=1, mode='grid-constant', cval=0
    )
    ours = perturb(x, 'rigid', 1, 7, spacing, {'angle': 12, 'shift': 5}, intensity_range=UNIT)
    np.testing.assert_allclose(ours, theirs, atol=1e-5)


@pytest.mark.parametrize(('shape', 'spacing'), CASES)
def test_rigid_equals_simpleitk(shape, spacing):
    import SimpleITK as sitk

    x, ndim = image(shape), len(shape)
    drawn = make_field('rigid', 3, 1, shape, spacing)
    back = turned(drawn['turn'][0].astype(float), -20.0)[-ndim:, -ndim:]
    held = sitk.GetImageFromArray(x)
    held.SetSpacing(spacing[::-1])
    affine = sitk.AffineTransform(ndim)
    middle = np.multiply(np.subtract(shape, 1), spacing) / 2
    affine.SetCenter(middle[::-1].tolist())
    affine.SetMatrix(back[::-1, ::-1].ravel().tolist())
    affine.SetTranslation((-back @ drawn['shift'][0].astype(float) * 6)[::-1].tolist())
    theirs = sitk.GetArrayFromImage(sitk.Resample(held, held, affine, sitk.sitkLinear, 0.0))
    ours = perturb(x, 'rigid', 1, 3, spacing, {'angle': 20, 'shift': 6}, intensity_range=UNIT)
    # Half a voxel beyond the edge ITK repeats the edge, where ours fades to what lies outside.
    inner = ndimage.binary_erosion(theirs != 0, iterations=2)
    assert inner.mean() > 0.2
    np.testing.assert_allclose(ours[inner], theirs[inner], atol=1e-5)


def test_rigid_equals_monai():
    from monai.transforms import Affine

    x = image((33, 40))
    drawn = make_field('rigid', 7, 1, x.shape, (1.0, 1.0))
    angle, shift = np.deg2rad(15.0) * float(drawn['turn'][0, 0]), drawn['shift'][0].astype(float) * 4
    # MONAI's matrix takes places of the result to the image: both are the other way round.
    theirs = Affine(rotate_params=-angle, translate_params=tuple(-shift), padding_mode='zeros', image_only=True)(
        x[None]
    )
    ours = perturb(x, 'rigid', 1, 7, parameters={'angle': 15, 'shift': 4}, intensity_range=UNIT)
    np.testing.assert_allclose(ours, np.asarray(theirs)[0], atol=1e-5)


def test_rigid_turns_about_the_centre_and_keeps_distances():
    shape, spacing = (21, 25, 23), (2.0, 1.0, 0.8)
    away = moved('rigid', 1, shape, spacing, shift=0, angle=25)
    np.testing.assert_allclose(away[:, 10, 12, 11], 0, atol=1e-5)
    places = away + np.indices(shape) * np.reshape(spacing, (-1, 1, 1, 1))
    for one, other in (((0, 0, 0), (20, 24, 22)), ((3, 20, 1), (11, 2, 17))):
        before = np.linalg.norm((np.array(one) - other) * spacing)
        assert np.linalg.norm(places[(slice(None), *one)] - places[(slice(None), *other)]) == pytest.approx(before)


def test_rigid_moves_by_mm_and_one_slice_stays_in_its_plane():
    away = moved('rigid', 1, (8, 9, 10), (3.0, 1.0, 0.5), angle=0, shift=12)
    np.testing.assert_allclose(np.linalg.norm(away, axis=0), 12, rtol=1e-4)
    flat = moved('rigid', 3, (1, 20, 20), (3.0, 1.0, 1.0))
    assert not flat[0].any()
    assert flat[1:].any()


# -- elastic ----------------------------------------------------------------------------------------------------


def test_elastic_equals_the_b_spline_transform_of_simpleitk():
    import SimpleITK as sitk

    shape, spacing, correlation = (41, 61), (1.5, 1.0), 20.0
    intervals = (3, 3)  # 60 mm along each axis
    points = make_field('elastic', 5, 1, shape, spacing)['points'][0][:, :6, :6] * 9.0
    transform = sitk.BSplineTransform(2, 3)
    transform.SetTransformDomainOrigin((0.0, 0.0))
    transform.SetTransformDomainPhysicalDimensions((60.0, 60.0))
    transform.SetTransformDomainMeshSize(intervals)
    transform.SetParameters(points[::-1].astype(float).ravel().tolist())
    away = moved('elastic', 1, shape, spacing, 5, displacement=9, correlation=correlation)
    for place in ((3, 7), (20, 30), (33, 50), (39, 2)):
        point = np.multiply(place, spacing)[::-1].tolist()
        theirs = np.subtract(transform.TransformPoint(point), point)[::-1]
        np.testing.assert_allclose(away[(slice(None), *place)], theirs, atol=1e-4)


@pytest.mark.parametrize('seed', range(4))
def test_elastic_stays_below_its_amount_and_does_not_fold_to_severity_4(seed):
    shape, spacing = (26, 64, 60), (8.0, 4.0, 4.0)
    away = moved('elastic', 4, shape, spacing, seed)
    assert 8 < np.abs(away).max() <= 24
    stretch = np.stack([np.stack(np.gradient(line, *spacing)) for line in away])
    jacobian = np.linalg.det(np.moveaxis(stretch + np.eye(3)[..., None, None, None], (0, 1), (-2, -1)))
    assert jacobian.min() > 0.1


def test_elastic_has_half_its_correlation_at_the_correlation_length():
    shape = (961, 401)
    lines = [moved('elastic', 1, shape, (1.0, 1.0), seed, displacement=1, correlation=16)[0] for seed in range(3)]
    one, other = (np.concatenate([line[part].ravel() for line in lines]) for part in (slice(-16), slice(16, None)))
    assert np.corrcoef(one, other)[0, 1] == pytest.approx(1191 / 2416, abs=0.06)


# -- all of them, and the header --------------------------------------------------------------------------------


@settings(max_examples=40)
@given(
    st.sampled_from([name for name in WARPS if get_spec(name).kind == 'geometry']),
    st.sampled_from(CASES),
    st.floats(0.02, 5),
    st.floats(0.02, 5),
    st.integers(0, 20),
)
def test_displacement_never_falls_with_severity(name, case, one, other, seed):
    low, high = (float(np.sqrt(np.mean(moved(name, s, *case, seed) ** 2))) for s in sorted((one, other)))
    assert 0 < low <= high * (1 + 1e-5)


@pytest.mark.parametrize('name', WARPS)
def test_every_channel_moves_alike(name):
    x = np.stack([image((12, 14))] * 2)
    one, two = perturb(x, name, 2, 3, channel_axis=0, intensity_range=UNIT)
    np.testing.assert_array_equal(one, two)


def test_wrong_spacing_tells_another_size_along_an_axis():
    def told(severity, **parameters):
        return told_spacing((3.0, 1.0, 0.5), [new_perturbation('wrong_spacing', severity, parameters=parameters)])

    assert told(0) == (3.0, 1.0, 0.5)
    assert told(4) == (6.0, 1.0, 0.5)
    assert told(4, axis=-1) == (6.0, 2.0, 1.0)
    assert told(1, factor=0.5, axis=2) == (3.0, 1.0, 0.25)
    assert amounts(new_perturbation('wrong_spacing', 0))['factor'] == 1


@pytest.mark.parametrize('path', ['ct/ct.nii.gz', 'mni/t1.nii.gz'])
def test_real_images_keep_their_values(shared_data, path):
    import nibabel

    file = nibabel.load(shared_data / path)
    spacing = tuple(float(step) for step in file.header.get_zooms()[:3])
    x = np.asarray(file.dataobj).astype(np.float32)[::2, ::2, ::2]
    for name in ('rigid', 'elastic'):
        found = perturb(x, name, 1, 7, tuple(2 * s for s in spacing))
        assert x.min() <= found.min() <= found.max() <= x.max()
        assert found.mean() == pytest.approx(x.mean(), abs=0.2 * float(x.std()))
