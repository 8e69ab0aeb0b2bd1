"""Three and five raters of a block with bulges and objects of their own: a list of disputes to settle."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from napari_segrobust.review import Agreement, agree
from napari_segrobust.review.adjudication import Adjudication

SHAPE, SPACING = (8, 40, 40), (2.0, 1.0, 1.0)


def filled(*sides: tuple[int, int]) -> NDArray[np.bool_]:
    mask = np.zeros(SHAPE, bool)
    mask[tuple(slice(*side) for side in sides)] = True
    return mask


@pytest.fixture(scope='session')
def box() -> Callable[..., NDArray[np.bool_]]:
    """``box((start, stop), ...)``: a filled box in an empty image."""
    return filled


@pytest.fixture(scope='session')
def raters() -> dict[str, NDArray[np.bool_]]:
    """Two objects, two bulges and a rim; each is in for one or two of three."""
    core, rim = filled((2, 6), (12, 28), (12, 28)), filled((2, 6), (11, 29), (11, 29))
    left, right = filled((2, 6), (14, 26), (4, 12)), filled((2, 6), (14, 26), (28, 36))
    lone, shared = filled((1, 4), (33, 37), (33, 37)), filled((4, 7), (2, 6), (33, 36))
    return {'anna': core | lone, 'ben': rim | right | shared, 'carla': rim | left | shared}


@pytest.fixture(scope='session')
def agreement(raters: dict[str, NDArray[np.bool_]]) -> Agreement:
    """Agreement of anna, ben and carla: four disputes and a rim."""
    return agree(raters, spacing=SPACING)


@pytest.fixture
def opened(tmp_path: Path, agreement: Agreement) -> Callable[..., Adjudication]:
    """``opened(**arguments)``: an adjudication in one file of its own; opening it again resumes it."""

    def make(masks: Agreement = agreement, **arguments: Any) -> Adjudication:
        return Adjudication.open(tmp_path / 'case.jsonl', masks, **{'adjudicator': 'dora', 'seed': 1, **arguments})

    return make
