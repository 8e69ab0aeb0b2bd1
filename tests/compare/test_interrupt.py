"""A comparison can be given up half-way."""

from __future__ import annotations

import numpy as np
import pytest

from napari_segrobust.compare import compare
from napari_segrobust.compare.interrupt import interruptible


class Stop(Exception):
    pass


@pytest.fixture
def masks():
    rng = np.random.default_rng(3)
    return tuple((rng.random((6, 20, 20)) > 0.7).astype(np.uint8) for _ in range(2))


def test_what_is_raised_ends_it(masks):
    asked = []

    def stop_later():
        asked.append(1)
        if len(asked) > 5:
            raise Stop

    with pytest.raises(Stop), interruptible(stop_later):
        compare(*masks)
    assert len(asked) == 6


def test_asking_changes_nothing(masks):
    asked = []
    with interruptible(lambda: asked.append(1)):
        watched = compare(*masks)
        watched_items = watched.items
    plain = compare(*masks)
    assert asked
    assert watched.to_dict() == plain.to_dict()
    assert watched_items.to_dict() == plain.items.to_dict()


def test_nobody_is_asked_afterwards(masks):
    asked = []
    with interruptible(lambda: asked.append(1)):
        pass
    compare(*masks)
    assert not asked
