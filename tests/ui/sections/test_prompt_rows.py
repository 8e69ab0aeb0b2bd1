"""Perturbations of prompts in the stack: a row as others have it, for models that are shown something alone."""

from __future__ import annotations

import numpy as np
import pytest

from napari_segrobust.explore.state import Lane
from napari_segrobust.perturb import Perturbation
from napari_segrobust.prompts import Point, Prompts
from napari_segrobust.segment.spec import ModelSpec
from napari_segrobust.ui.sections.catalogue_picker import NO_PROMPTS

NOISE = Perturbation(name='gaussian_noise', severity=2.0, seed=7)
AT = (6.0, 12.0, 12.0)


class Seeded:
    """A ball of a few voxels around each point."""

    device, key = 'cpu', 'seeded'
    spec = ModelSpec(name='seeded', dimensions=3, classes=('background', 'object'), prompts=('points',))

    def segment(self, image, spacing, shown):
        found = np.zeros(image.shape[1:], np.float32)
        for point in shown.prompts.points:
            away = np.indices(found.shape) - np.reshape(point.at, (3, 1, 1, 1))
            found[(away**2).sum(axis=0) <= 9] = 1
        return np.stack([1 - found, found])


@pytest.fixture
def reasons(explorer, perturb):
    """Why entries of the picker cannot act."""
    return lambda: {choice.key: choice.why_not for choice in perturb.picker.choices(explorer.session.case)}


def test_a_row_acts_for_models_that_are_shown_points_and_says_so_where_there_is_none(
    explorer, perturb, reasons, settle, qtbot
):
    state = explorer.session.state
    assert reasons()['point_jitter'] == NO_PROMPTS
    perturb.add_entry('point_jitter')
    settle()
    row = perturb.rows[-1]
    assert (row.region.isHidden(), row.severity.isHidden(), row.seed.isHidden()) == (True, False, False)
    assert not perturb.still.isHidden()
    assert perturb.still.text() == NO_PROMPTS
    state.set_perturbation(2, severity=5.0, seed=3)
    settle()
    assert 'point jitter' not in explorer.overlays.text, 'nothing of it is on the canvas'

    explorer.session.models['seeded'] = Seeded()
    state.prompts = Prompts(points=(Point(at=AT),))
    state.lanes = (Lane(source='seeded'),)
    settle()
    qtbot.waitUntil(perturb.still.isHidden, timeout=20_000)
    assert reasons()['point_jitter'] == ''
    assert 'prompts moved: point jitter' in explorer.overlays.text
    moved = explorer.session.volume.lanes[0].labels
    state.set_perturbation(2, severity=0.0)
    settle()
    qtbot.waitUntil(lambda: explorer.session.volume.lanes[0].labels[6, 12, 12] != 0, timeout=20_000)
    assert not np.array_equal(moved, explorer.session.volume.lanes[0].labels)
