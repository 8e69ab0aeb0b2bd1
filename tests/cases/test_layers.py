"""A case from layers, whoever made them."""

from __future__ import annotations

from typing import Any

import dask.array as da
import numpy as np
import pytest

from napari_segrobust.cases.layers import METADATA_KEY, LayerFacts, case_from_layers
from napari_segrobust.cases.roles import Role
from napari_segrobust.errors import CaseError, GridMismatchError
from napari_segrobust.geometry import GridGeometry

PIXELS = np.random.default_rng(0).normal(size=(4, 5, 6)).astype(np.float32)
MASK = (PIXELS > 0).astype(np.int64)


def layer(
    name: str,
    data: Any,
    role: Role,
    scale: tuple[float, ...] = (3, 1, 1),
    translate: tuple[float, ...] = (0, 0, 0),
    **more: Any,
) -> LayerFacts:
    """A layer with a plain scale in mm."""
    affine = np.diag([*scale, 1.0])
    affine[:-1, -1] = translate
    return LayerFacts(name, data, role, affine, **{'units': ('mm',) * len(scale), **more})


def test_scale_is_the_spacing_and_the_orientation_is_unknown() -> None:
    case = case_from_layers([layer('t1', PIXELS, Role.IMAGE), layer('m', MASK, Role.REFERENCE)])
    assert (case.name, case.shape) == ('t1', (4, 5, 6))
    assert np.shares_memory(case.image, PIXELS)
    assert case.geometry.spacing_mm == (3.0, 1.0, 1.0)
    assert case.geometry.letters is None
    assert case.references['m'].dtype == np.uint8
    assert np.array_equal(case.references['m'], MASK)


@pytest.mark.parametrize(
    ('units', 'spacing'),
    [
        (('micrometer',) * 3, (0.003, 0.001, 0.001)),
        (('cm',) * 3, (30.0, 10.0, 10.0)),
        (('pixel',) * 3, None),
        ((), None),
    ],
)
def test_only_units_of_length_are_a_spacing(units: tuple[str, ...], spacing: tuple[float, ...] | None) -> None:
    assert case_from_layers([layer('t1', PIXELS, Role.IMAGE, units=units)]).geometry.spacing_mm == spacing


def test_geometry_of_our_reader_counts() -> None:
    grid = GridGeometry((4, 5, 6), np.diag([2.0, 2.0, 5.0, 1.0]))
    ours = {METADATA_KEY: {'geometry': grid, 'provenance': {'modality': 'CT'}, 'notes': ('told',)}}
    image = layer('ct', PIXELS, Role.IMAGE, metadata=ours)
    case = case_from_layers([image, layer('painted', MASK, Role.PREDICTION)])
    assert case.geometry == grid
    assert (case.modality, case.notes) == ('CT', ('told',))
    assert np.array_equal(case.predictions['painted'], MASK)


def test_masks_of_our_reader_are_matched_by_their_geometry() -> None:
    grid = GridGeometry((4, 5, 6), np.diag([2.0, 2.0, 5.0, 1.0]))
    flipped = GridGeometry((4, 5, 6), np.diag([-2.0, 2.0, 5.0, 1.0]) + np.eye(4, k=3) * 6)
    image = layer('ct', PIXELS, Role.IMAGE, metadata={METADATA_KEY: {'geometry': grid}})
    mask = layer('m', MASK, Role.RATER, metadata={METADATA_KEY: {'geometry': flipped}})
    case = case_from_layers([image, mask])
    assert np.array_equal(case.references['m'], MASK[::-1])
    assert case.raters == ('m',)
    far = GridGeometry((4, 5, 6), np.diag([2.0, 2.0, 5.0, 1.0]) + np.eye(4, k=3) * 60)
    with pytest.raises(GridMismatchError, match='origin 60 mm apart'):
        case_from_layers([image, layer('m', MASK, Role.RATER, metadata={METADATA_KEY: {'geometry': far}})])


@pytest.mark.parametrize(
    ('mask', 'words'),
    [
        (layer('m', MASK[1:], Role.REFERENCE), 'shape 6 x 5 x 3 against 6 x 5 x 4'),
        (layer('m', MASK, Role.REFERENCE, scale=(2, 1, 1)), 'spacing 1 x 1 x 2 mm against 1 x 1 x 3 mm'),
        (layer('m', MASK, Role.REFERENCE, translate=(0, 0, 2)), 'shifted'),
    ],
)
def test_masks_that_lie_elsewhere_are_refused(mask: LayerFacts, words: str) -> None:
    with pytest.raises(GridMismatchError, match=words):
        case_from_layers([layer('t1', PIXELS, Role.IMAGE), mask])


def test_lazy_colour_and_multiscale_layers() -> None:
    lazy = layer('t1', da.from_array(PIXELS), Role.IMAGE)
    assert np.array_equal(case_from_layers([lazy]).image[0], PIXELS)
    levels = layer('t1', [PIXELS, PIXELS[:, ::2, ::2]], Role.IMAGE, multiscale=True)
    assert np.array_equal(case_from_layers([levels]).image[0], PIXELS)
    colour = layer('t1', (PIXELS[0, ..., None] > np.arange(3)).astype(np.uint8), Role.IMAGE, (1, 1), (0, 0), rgb=True)
    case = case_from_layers([colour])
    assert case.image.shape == (3, 5, 6)
    assert case.provenance['dtype'] == 'uint8'


def test_what_cannot_be_a_case() -> None:
    turned = np.eye(4)
    turned[:2, :2] = [[0.8, -0.6], [0.6, 0.8]]
    with pytest.raises(CaseError, match='rotated, sheared or mirrored'):
        case_from_layers([LayerFacts('t1', PIXELS, Role.IMAGE, turned)])
    with pytest.raises(CaseError, match='t1 has 4 axes'):
        case_from_layers([layer('t1', PIXELS[None], Role.IMAGE, (1, 1, 1, 1), (0, 0, 0, 0))])
    with pytest.raises(CaseError, match='t1 is too large'):
        case_from_layers([layer('t1', da.zeros((10**5, 10**5, 10**5), chunks=-1), Role.IMAGE)])
    with pytest.raises(CaseError, match='0 layers have the role'):
        case_from_layers([layer('m', MASK, Role.REFERENCE)])
    with pytest.raises(CaseError, match=r'm is not a mask.*threshold'):
        case_from_layers([layer('t1', PIXELS, Role.IMAGE), layer('m', np.abs(PIXELS), Role.REFERENCE)])
