"""Outlines of raters on the shown slice."""

from __future__ import annotations

import numpy as np
import pytest

from napari_segrobust.cases import load_case
from napari_segrobust.explore.state import Lane
from napari_segrobust.review.marks import color_of
from napari_segrobust.ui.review.contours import Contours, outlines_of

#: The explorer ignores it when it makes its layers, which here was in an earlier test: pytest forgets that.
pytestmark = pytest.mark.filterwarnings('ignore:Contours are not displayed during 3D rendering')


@pytest.fixture
def contours(reviewed):
    made = Contours(reviewed)
    yield made
    made.close()


def raters(case):
    return outlines_of(case.raters, [case.references[name] > 0 for name in case.raters])


def in_voxels(layer, image):
    """Starts of the lines, in voxels of the image."""
    world = [layer.data_to_world(point) for point in layer.data[:, 0]]
    return np.array([image.world_to_data(point) for point in world])


def test_letters_and_colours_stay_with_their_raters(raters_case):
    names, masks = raters_case.raters, list(raters_case.references.values())
    (one,) = outlines_of(names, masks, title=str.upper, chosen=['carla'])
    assert (one.letter, one.title, one.color) == ('C', 'CARLA', color_of(2))


@pytest.mark.parametrize('axis', [0, 1, 2])
def test_lines_lie_on_the_borders_of_the_shown_slice(reviewed, raters_case, contours, axis):
    viewer = reviewed.viewer
    order = (axis, *(other for other in range(3) if other != axis))
    viewer.dims.order = order
    index = raters_case.shape[axis] // 2
    viewer.dims.set_current_step(axis, index)
    (one,) = raters(raters_case)[:1]
    contours.show([one])
    points = in_voxels(viewer.layers['[sr] contours'], viewer.layers['[sr] image'])
    np.testing.assert_allclose(points[:, axis], index)
    inside = np.take(one.mask, index, axis)
    rows, columns = (points[:, other] for other in order[1:])
    where = np.argwhere(inside)
    np.testing.assert_allclose((rows.min(), columns.min()), where.min(axis=0) - 0.5, atol=1e-5)
    np.testing.assert_allclose((rows.max(), columns.max()), where.max(axis=0) + 0.5, atol=1e-5)


def test_they_follow_the_slice(reviewed, raters_case, contours):
    viewer = reviewed.viewer
    contours.show(raters(raters_case))
    assert len(viewer.layers['[sr] contours'].data)
    viewer.dims.set_current_step(0, 0)
    assert not len(viewer.layers['[sr] contours'].data)
    assert not viewer.layers['[sr] contours letters'].shown.any()


def test_no_slider_steps_in_other_widths(reviewed, raters_case, contours):
    before = tuple(reviewed.viewer.dims.range)
    contours.show(raters(raters_case))
    assert tuple(reviewed.viewer.dims.range) == before


def test_each_has_its_badge(reviewed, raters_case, contours):
    contours.show(raters(raters_case))
    letters = reviewed.viewer.layers['[sr] contours letters']
    assert list(letters.text.values) == ['A', 'B', 'C', 'D']
    assert len(np.unique(letters.data, axis=0)) == 4


def test_lines_are_as_wide_at_any_zoom(reviewed, raters_case, contours):
    viewer = reviewed.viewer
    contours.show(raters(raters_case))
    layer = viewer.layers['[sr] contours']
    seen = layer.edge_width * viewer.scene.camera.zoom
    viewer.scene.camera.zoom *= 3
    assert layer.edge_width * viewer.scene.camera.zoom == pytest.approx(seen)


def test_nothing_is_drawn_in_3d(reviewed, raters_case, contours):
    contours.show(raters(raters_case))
    reviewed.viewer.dims.ndisplay = 3
    assert not len(reviewed.viewer.layers['[sr] contours'].data)


def test_they_go_with_the_case_and_when_one_layer_goes(reviewed, raters_case, contours):
    viewer = reviewed.viewer
    contours.show(raters(raters_case))
    viewer.layers.remove('[sr] contours letters')
    assert not contours.is_shown
    assert '[sr] contours' not in viewer.layers
    contours.show(raters(raters_case))
    reviewed.open_case(raters_case)
    assert not contours.is_shown
    assert not [layer.name for layer in viewer.layers if 'contours' in layer.name]


def test_a_flat_image_has_them_too(reviewed, contours):
    mask = np.zeros((20, 24), np.uint8)
    mask[5:12, 6:15] = 1
    other = np.roll(mask, 2, axis=1)
    case = load_case(mask.astype(np.float32), raters={'anna': mask, 'ben': other})
    reviewed.open_case(case, [Lane(source='threshold')])
    contours.show(outlines_of(case.raters, [mask > 0, other > 0]))
    points = reviewed.viewer.layers['[sr] contours'].data[:, 0]
    np.testing.assert_allclose((points.min(axis=0), points.max(axis=0)), ((4.5, 5.5), (11.5, 16.5)))
    assert reviewed.viewer.layers['[sr] contours letters'].shown.sum() == 2
