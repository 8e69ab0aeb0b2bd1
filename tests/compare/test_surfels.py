"""Surface elements: their areas are those of surface-distance, their volume that of the closed surface."""

import numpy as np
import pytest
import surface_distance
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst
from scipy import ndimage
from skimage import measure
from surface_distance import lookup_tables

from napari_segrobust.compare import compare
from napari_segrobust.compare.surfaces import Surface
from napari_segrobust.compare.surfels import _areas, _volumes, surfels

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
    assert sorted(_areas(spacing)) == pytest.approx(sorted(theirs), rel=1e-9)
    for code in range(256):
        corners = np.array([code >> bit & 1 for bit in range(8)]).reshape(2, 2, 2, order='F')
        assert _areas(spacing)[code] == pytest.approx(theirs[(corners * kernel).sum()], rel=1e-9, abs=1e-12)


@given(st.tuples(lengths, lengths))
def test_lengths_of_all_16_cells_are_those_of_surface_distance(spacing):
    theirs = lookup_tables.create_table_neighbour_code_to_contour_length(spacing)
    for code in range(16):
        corners = np.array([code >> bit & 1 for bit in range(4)]).reshape(2, 2, order='F')
        place = (corners * lookup_tables.ENCODE_NEIGHBOURHOOD_2D_KERNEL).sum()
        assert _areas(spacing)[code] == pytest.approx(theirs[place], rel=1e-9, abs=1e-12)


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


@pytest.mark.parametrize('ndim', [2, 3])
def test_what_a_cell_holds_and_what_it_leaves_out_fill_it(ndim):
    volumes = _volumes(ndim)
    corners = np.array([code.bit_count() for code in range(len(volumes))])
    # Where half of the corners belong to the mask, either half may be the one that is cut off.
    uneven = corners != 2 ** (ndim - 1)
    assert (volumes + volumes[::-1])[uneven] == pytest.approx(np.ones(uneven.sum()))
    assert (volumes[0], volumes[-1]) == (0, 1)
    assert volumes[1] == pytest.approx(1 / 48 if ndim == 3 else 1 / 8)
    assert ((volumes >= 0) & (volumes <= 1)).all()


@pytest.mark.parametrize('spacing', [(1.0, 1.0, 1.0), (2.5, 0.8, 0.7)])
def test_area_and_volume_are_nearly_those_of_scikit_image(spacing):
    mask = ndimage.gaussian_filter(np.random.default_rng(0).standard_normal((24, 30, 30)), 3.0) > 0.05
    vertices, faces, _, _ = measure.marching_cubes(np.pad(mask, 1).astype(float), 0.5, spacing=spacing)
    volume = abs(np.linalg.det(vertices[faces]).sum()) / 6
    found = elements(mask, spacing)
    assert found.volume == pytest.approx(volume, rel=2e-3)
    assert found.area == pytest.approx(measure.mesh_surface_area(vertices, faces), rel=1e-2)


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
