"""Where voxels are, against nibabel."""

from __future__ import annotations

import itertools

import nibabel as nib
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from nibabel.orientations import axcodes2ornt, io_orientation, ornt_transform

from napari_segrobust.errors import CaseError
from napari_segrobust.geometry import AxisOrder, GridGeometry

ORDERS = [AxisOrder(p, f) for p in itertools.permutations(range(3)) for f in itertools.product((False, True), repeat=3)]
SPL_CODES = axcodes2ornt(('S', 'P', 'L'))


def tilted(degrees: float = 12.0, spacing: tuple[float, ...] = (0.8, 1.1, 3.0)) -> np.ndarray:
    """Affine with axes near (R, A, S), oblique, and an origin that is nothing special."""
    angle = np.radians(degrees)
    rotation = np.array([[1, 0, 0], [0, np.cos(angle), -np.sin(angle)], [0, np.sin(angle), np.cos(angle)]])
    affine = np.eye(4)
    affine[:3, :3] = rotation * spacing
    affine[:3, 3] = (-31.0, 17.5, 4.25)
    return affine


def test_there_are_48_orders() -> None:
    assert len(set(ORDERS)) == 48


@pytest.mark.parametrize('order', ORDERS, ids=str)
def test_order_round_trips_and_composes(order: AxisOrder) -> None:
    array = np.arange(24).reshape(2, 3, 4)
    assert np.array_equal(order.undo(order.apply(array)), array)
    channels = np.stack([array, -array])
    assert np.array_equal(order.apply(channels)[1], order.apply(-array))
    other = AxisOrder((2, 0, 1), (True, False, True))
    assert np.array_equal(order.then(other).apply(array), other.apply(order.apply(array)))


@pytest.mark.parametrize('order', ORDERS, ids=str)
def test_canonical_agrees_with_nibabel_in_all_48_orientations(order: AxisOrder) -> None:
    array = np.arange(2 * 3 * 4, dtype=np.int16).reshape(2, 3, 4)
    stored = GridGeometry(array.shape, tilted()).reordered(order).stored()
    # `stored()` goes back to the first grid; what a file in this orientation holds is the re-ordered one.
    file_grid = GridGeometry(order.apply(array).shape, GridGeometry(array.shape, tilted()).reordered(order).affine)
    assert stored.same_grid(GridGeometry(array.shape, tilted()))
    ours = file_grid.canonical()
    image = nib.Nifti1Image(order.apply(array), file_grid.affine)
    theirs = image.as_reoriented(ornt_transform(io_orientation(image.affine), SPL_CODES))
    assert np.array_equal(ours.order.apply(order.apply(array)), np.asanyarray(theirs.dataobj))
    np.testing.assert_allclose(ours.affine, theirs.affine, atol=1e-9)
    assert ours.letters == (('I', 'S'), ('A', 'P'), ('R', 'L'))
    assert ours.obliquity == pytest.approx(12.0)
    back = ours.stored()
    np.testing.assert_allclose(back.affine, file_grid.affine, atol=1e-9)
    assert back.shape == file_grid.shape


def test_order_remembers_every_step() -> None:
    array = np.arange(24).reshape(2, 3, 4)
    start = GridGeometry(array.shape, tilted())
    moved = start.reordered(ORDERS[11]).reordered(ORDERS[30]).canonical()
    assert np.array_equal(moved.order.undo(moved.order.apply(array)), array)
    np.testing.assert_allclose(moved.stored().affine, start.affine, atol=1e-9)


@given(st.sampled_from(ORDERS), st.sampled_from(ORDERS))
def test_towards_runs_along_the_target_past_45_degrees(first: AxisOrder, second: AxisOrder) -> None:
    # Two grids in the same places, on either side of where the nearest patient axis changes.
    base = GridGeometry((5, 6, 7), tilted(44.9999))
    target, other = base.reordered(first), base.reordered(second)
    assert target.same_grid(other.towards(target))


def test_equal_by_value_and_usable_as_key() -> None:
    one, two = (GridGeometry((2, 3, 4), tilted()) for _ in range(2))
    assert one == two
    assert len({one, two}) == 1
    assert one != one.reordered(ORDERS[5])
    assert one != 'a grid'


def test_affine_cannot_be_written() -> None:
    with pytest.raises(ValueError, match='read-only'):
        GridGeometry((2, 3, 4), tilted()).affine[0, 0] = 5


@pytest.mark.parametrize('size', [1e-7, 1e-4, 1.0, 1e4])
def test_spacing_holds_from_nanometres_to_metres(size: float) -> None:
    geometry = GridGeometry.from_spacing((4, 5, 6), (size, 2 * size, 3 * size))
    assert geometry.spacing == pytest.approx((size, 2 * size, 3 * size), rel=1e-6)
    assert geometry.letters is None


def test_spacing_hides_the_noise_of_float32() -> None:
    affine = np.diag([np.float32(0.43), np.float32(0.9765625), np.float32(2.1), 1]).astype(float)
    assert GridGeometry((4, 4, 4), affine).spacing == (0.43, 0.9765625, 2.1)


@pytest.mark.parametrize('scale', [1e-4, 1.0])
def test_singular_is_relative_to_the_voxel(scale: float) -> None:
    affine = np.diag([scale, scale, scale, 1.0])
    assert GridGeometry((2, 2, 2), affine).voxel_ml == pytest.approx(scale**3 / 1000)
    affine[:3, 2] = affine[:3, 1]
    with pytest.raises(CaseError, match='singular'):
        GridGeometry((2, 2, 2), affine)


@pytest.mark.parametrize(
    ('affine', 'why'),
    [
        (np.full((4, 4), np.nan), 'NaN'),
        (np.diag([np.inf, 1, 1, 1]), 'infinity'),
        (np.eye(3), '3'),
        (np.zeros((4, 4)), 'sing'),
    ],
)
def test_unusable_affines_are_refused(affine: np.ndarray, why: str) -> None:
    with pytest.raises(CaseError, match=why):
        GridGeometry((2, 2, 2), affine)


@pytest.mark.parametrize('spacing', [(1, 1), (1, 1, 0), (1, 1, np.nan), (1, -1, 1)])
def test_unusable_spacings_are_refused(spacing: tuple[float, ...]) -> None:
    with pytest.raises(CaseError, match='Spacing unusable'):
        GridGeometry.from_spacing((2, 2, 2), spacing)


def test_lengths_are_unknown_without_spacing() -> None:
    geometry = GridGeometry.from_spacing((3, 4))
    assert geometry.spacing == (1.0, 1.0)
    assert geometry.spacing_mm is None
    assert geometry.voxel_ml is None
    assert geometry.canonical() is geometry


def test_single_slices_are_turned_head_up() -> None:
    coronal = np.eye(4)[:, [0, 2, 1, 3]]
    shown = GridGeometry((6, 9), coronal).canonical()
    assert shown.shape == (9, 6)
    assert shown.letters == (('S', 'I'), ('R', 'L'))
    sagittal = np.eye(4)[:, [1, 2, 0, 3]]
    assert GridGeometry((6, 9), sagittal).canonical().letters == (('S', 'I'), ('A', 'P'))
    axial = GridGeometry((6, 9), np.diag([-1.0, 1.0, 1.0, 1.0])).canonical()
    assert axial.letters == (('A', 'P'), ('R', 'L'))
    np.testing.assert_allclose(axial.stored().affine, np.diag([-1.0, 1.0, 1.0, 1.0]), atol=1e-12)


def test_shear_is_measured() -> None:
    affine = np.eye(4)
    affine[1, 2] = np.tan(np.radians(15))
    assert GridGeometry((4, 4, 4), affine).shear == pytest.approx(15)
    assert GridGeometry((4, 4, 4), tilted(31)).shear == pytest.approx(0, abs=1e-6)


def change(row: int, column: int, by: float) -> np.ndarray:
    affine = tilted()
    affine[row, column] += by
    return affine


@pytest.mark.parametrize(
    ('affine', 'shape', 'words'),
    [
        (tilted(), (20, 30, 9), []),
        (change(0, 3, 0.03), (20, 30, 9), []),
        (change(0, 3, 0.2), (20, 30, 9), ['origin 0.2 mm apart']),
        (tilted(), (20, 30, 10), ['shape 10 x 30 x 20 against 9 x 30 x 20']),
        (change(0, 0, 0.01), (20, 30, 9), ['spacing 3 x 1.1 x 0.81 mm against 3 x 1.1 x 0.8 mm']),
        (tilted(13), (20, 30, 9), ['direction RAS (13 degrees oblique) against RAS (12 degrees oblique)']),
        (tilted(12.2), (20, 30, 9), ['direction 0.2 degrees apart']),
    ],
)
def test_differences_say_what_differs(affine: np.ndarray, shape: tuple[int, ...], words: list[str]) -> None:
    assert GridGeometry((20, 30, 9), tilted()).differences(GridGeometry(shape, affine)) == words


def test_voxel_size_decides_how_far_is_apart() -> None:
    fine, coarse = tilted(0, (1e-4, 1e-4, 1e-4)), tilted(0, (10, 10, 10))
    for affine, shift in ((fine, 1e-5), (coarse, 1.0)):
        moved = affine.copy()
        moved[0, 3] += shift
        assert not GridGeometry((5, 5, 5), affine).same_grid(GridGeometry((5, 5, 5), moved))
