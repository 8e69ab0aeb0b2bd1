"""Surface elements: their areas are those of surface-distance, their volume that of the closed surface."""

import numpy as np
import pytest
import surface_distance
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst
from scipy import ndimage
from surface_distance import lookup_tables

from napari_segrobust.compare import compare
from napari_segrobust.compare.surfaces import Surface
from napari_segrobust.compare.surfels import _pieces, surfels

# surface-distance 0.1 uses names that scipy 2 drops.
pytestmark = pytest.mark.filterwarnings('ignore:Please import:DeprecationWarning')
KEYS = (
    'hd_surfel',
    'hd95_surfel',
    'nsd_surfel',
    'asd_reference_to_prediction_surfel',
    'asd_prediction_to_reference_surfel',
)
TOLERANCE = 1.5
lengths = st.floats(0.2, 5.0)


def elements(mask, spacing):
    return surfels(Surface.of(mask.astype(np.uint8), 1), spacing)


def deepmind(reference, prediction, spacing, tolerance):
    distances = surface_distance.compute_surface_distances(reference > 0, prediction > 0, spacing)
    there, back = surface_distance.compute_average_surface_distance(distances)
    return (
        surface_distance.compute_robust_hausdorff(distances, 100),
        surface_distance.compute_robust_hausdorff(distances, 95),
        surface_distance.compute_surface_dice_at_tolerance(distances, tolerance),
        there,
        back,
    )


@given(st.tuples(lengths, lengths, lengths))
def test_areas_of_all_256_cells_are_those_of_surface_distance(spacing):
    theirs = lookup_tables.create_table_neighbour_code_to_surface_area(spacing)
    kernel = lookup_tables.ENCODE_NEIGHBOURHOOD_3D_KERNEL
    assert sorted(_pieces(spacing).areas) == pytest.approx(sorted(theirs), rel=1e-9)
    for code in range(256):
        corners = np.array([code >> bit & 1 for bit in range(8)]).reshape(2, 2, 2, order='F')
        assert _pieces(spacing).areas[code] == pytest.approx(theirs[(corners * kernel).sum()], rel=1e-9, abs=1e-12)


@given(st.tuples(lengths, lengths))
def test_lengths_of_all_16_cells_are_those_of_surface_distance(spacing):
    theirs = lookup_tables.create_table_neighbour_code_to_contour_length(spacing)
    for code in range(16):
        corners = np.array([code >> bit & 1 for bit in range(4)]).reshape(2, 2, order='F')
        place = (corners * lookup_tables.ENCODE_NEIGHBOURHOOD_2D_KERNEL).sum()
        assert _pieces(spacing).areas[code] == pytest.approx(theirs[place], rel=1e-9, abs=1e-12)


def test_values_are_those_of_surface_distance(pair):
    reference, prediction, spacing = pair
    steps = spacing or (1.0,) * reference.ndim
    found = compare(reference, prediction, spacing, tolerance_mm=TOLERANCE, metrics=KEYS).metrics[1]
    if reference.shape[0] == 1:  # they take a single slice for a slab with top and bottom
        reference, prediction, steps = reference[0], prediction[0], steps[1:]
    expected = deepmind(reference, prediction, steps, TOLERANCE)
    for key, value in zip(KEYS, expected, strict=True):
        assert found[key].value == pytest.approx(value, rel=1e-6, abs=1e-6), key


@given(
    npst.arrays(bool, st.sampled_from([(7, 6), (4, 5, 6)])),
    npst.arrays(bool, st.sampled_from([(7, 6), (4, 5, 6)])),
    st.tuples(lengths, lengths, lengths),
)
def test_values_of_random_voxels_are_those_of_surface_distance(reference, prediction, spacing):
    if reference.shape != prediction.shape or not (reference.any() and prediction.any()):
        return
    steps = spacing[: reference.ndim]
    found = compare(reference, prediction, steps, tolerance_mm=TOLERANCE, metrics=KEYS).metrics[1]
    for key, value in zip(KEYS, deepmind(reference, prediction, steps, TOLERANCE), strict=True):
        if key != 'hd95_surfel':  # a share of exactly 95 % falls on either side of its rounding
            assert found[key].value == pytest.approx(value, rel=1e-6, abs=1e-6), key


@given(npst.arrays(bool, st.sampled_from([(6, 7), (4, 5, 6)])), st.tuples(lengths, lengths, lengths))
def test_every_surface_is_closed(mask, spacing):
    if not mask.any():
        return
    pieces = _pieces(spacing[: mask.ndim])
    padded = np.pad(mask, 1).astype(int)
    codes = padded
    for axis in range(mask.ndim):
        low, high = (np.take(codes, range(start, codes.shape[axis] - 1 + start), axis) for start in (0, 1))
        codes = low + (high << 2**axis)
    assert pieces.normals[codes].sum(axis=tuple(range(mask.ndim))) == pytest.approx(np.zeros(mask.ndim), abs=1e-9)
    assert 0 < elements(mask, spacing[: mask.ndim]).volume <= mask.sum() * np.prod(spacing[: mask.ndim]) * 1.5


def test_area_and_volume_of_a_box():
    mask = np.zeros((9, 9, 9), bool)
    mask[2:6, 2:7, 2:8] = True
    found = elements(mask, (1.0, 1.0, 1.0))
    # The box of 4 x 5 x 6 with edges and corners cut half a voxel deep.
    edges, corners = 4 * (3 + 4 + 5), 8
    assert found.volume == pytest.approx(120 - edges / 8 - corners * (1 / 8 - 1 / 48))
    assert found.area == pytest.approx(2 * (3 * 4 + 4 * 5 + 3 * 5) + edges * np.sqrt(0.5) + corners * np.sqrt(3) / 8)


def test_a_ball_has_its_volume_and_is_nearly_round():
    grid = np.mgrid[-20:21, -20:21, -20:21]
    ball = (grid**2).sum(axis=0) <= 18**2
    found = elements(ball, (1.0, 1.0, 1.0))
    assert found.volume == pytest.approx(4 / 3 * np.pi * 18**3, rel=0.01)
    assert compare(ball, ball).metrics[1]['sphericity'].sides[0] == pytest.approx(0.92, abs=0.01)


def test_smooth_blobs_stay_below_the_area_of_their_voxel_faces():
    mask = ndimage.gaussian_filter(np.random.default_rng(0).standard_normal((20, 20, 20)), 2.0) > 0
    faces = sum(np.count_nonzero(np.diff(np.pad(mask, 1), axis=axis)) for axis in range(3))
    assert 0.7 * faces < elements(mask, (1.0, 1.0, 1.0)).area < faces
