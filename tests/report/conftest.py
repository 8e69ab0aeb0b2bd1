"""A case of four raters and a model, and its adjudication."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from napari_segrobust.cases import load_case
from napari_segrobust.geometry import GridGeometry
from napari_segrobust.report import Source
from napari_segrobust.review import agree
from napari_segrobust.review.adjudication import Adjudication

SHAPE = (8, 48, 40)


def filled(*sides: tuple[int, int]) -> np.ndarray:
    mask = np.zeros(SHAPE, np.uint8)
    mask[tuple(slice(*side) for side in sides)] = 1
    return mask


@pytest.fixture(scope='session')
def masks():
    """Two bulges, an object of one rater, and ties of two against two."""
    core = filled((2, 6), (12, 28), (12, 28))
    left, right = filled((2, 6), (14, 26), (4, 12)), filled((2, 6), (14, 26), (28, 36))
    lone = filled((1, 4), (36, 42), (30, 36))
    return {'anna': core | lone, 'ben & co': core | right, 'carla': core | left | right, 'dora': core | left}


@pytest.fixture(scope='session')
def geometry():
    return GridGeometry(SHAPE[::-1], np.diag([-1.0, -1.5, 3.0, 1.0])).canonical()


@pytest.fixture(scope='session')
def case(masks, geometry):
    rng = np.random.default_rng(0)
    image = (100 * masks['anna'] + rng.normal(40, 3, SHAPE)).astype(np.float32)
    made = load_case(image, spacing=geometry.spacing_mm)
    return made.with_masks(references=masks, raters=tuple(masks))


@pytest.fixture(scope='session')
def agreement(masks, geometry):
    # Two of them are mirror images of each other, which a person would have to look at.
    return agree(masks, geometry=geometry, allow=tuple(masks), model=filled((2, 6), (12, 28), (12, 30)))


@pytest.fixture
def source(case, agreement):
    return Source.of_case(case, agreement)


@pytest.fixture
def adjudication(tmp_path: Path, agreement):
    """Blinded, begun, the first dispute decided for carla."""
    with Adjudication.open(tmp_path / 'case.jsonl', agreement, adjudicator='zoe', seed=2) as made:
        made.decide(made.items[0].id, 'rater', rater='carla', reason='clear; "quite"', confidence=4)
        yield made
