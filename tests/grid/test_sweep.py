"""A sweep shows what a run gives, and says what it cannot do."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

import napari_segrobust as sr
from napari_segrobust.errors import SegrobustError
from napari_segrobust.grid import sweep
from napari_segrobust.perturb import Perturbation
from napari_segrobust.scenario import Scenario


def test_every_number_is_that_of_a_run(ball_case, models, ball_sweep):
    assert ball_sweep.severities == (0, 2.5, 5)
    assert ball_sweep.entry == 'gaussian noise'
    noisy = Scenario(perturbations=(Perturbation(name='gaussian_noise', seed=7, severity=5.0),))
    grid = ball_sweep.at()
    assert (grid.label_name, grid.unit, grid.steps) == ('object', 'mm', (1.0, 1.0))
    assert grid.simulated.startswith('SIMULATED gaussian noise, severity 5')
    for row, model in zip(grid.rows, models, strict=True):
        run = sr.run(ball_case, model, noisy)
        np.testing.assert_array_equal(row.prediction, run.labels[6])
        plane = sr.compare(ball_case.references['expert'][6], run.labels[6], spacing=(1.0, 1.0))
        assert row.value('dice') == plane.metrics[1]['dice'].value
        np.testing.assert_array_equal(row.error, plane.error_map)
        np.testing.assert_array_equal(grid.perturbed[0], run.image[0, 6])
    assert ball_sweep.grids[0].rows[0].drop('dice') == 0
    assert grid.rows[0].drop('dice') == grid.rows[0].clean_value('dice') - grid.rows[0].value('dice') > 0
    np.testing.assert_array_equal(grid.clean, ball_case.image[:, 6])
    assert ball_sweep.course(1, 'dice')[2] == (5, grid.rows[1].value('dice'))


def test_numbers_of_the_whole(ball_case, models):
    found = sweep(ball_case, models[:1], scope='volume', metrics=('dice',))
    (grid,) = found.grids
    assert grid.scope == 'volume'
    assert grid.simulated == ''
    assert grid.rows[0].value('dice') == sr.run(ball_case, models[0]).comparison.metrics[1]['dice'].value


def test_two_lanes_of_one_model_and_a_given_mask(ball_case, models, scenario):
    found = sweep(ball_case, [models[0], models[0], 'shifted'], scenario, (3,))
    rows = found.at().rows
    assert [row.lane for row in rows] == [0, 1, 2]
    assert rows[0].value('dice') == rows[1].value('dice')
    assert rows[2].name == 'shifted'
    assert rows[2].drop('dice') == 0, 'noise does not reach a mask that was given'


def test_without_a_reference_stability_is_shown(ball_case, models, scenario):
    found = sweep(replace(ball_case, references={}, predictions={}), models, scenario, (0, 5), label=1)
    assert not found.at().has_reference
    assert found.at().metrics[0] == 'stability_dice'
    assert found.grids[0].rows[0].value('stability_dice') == 1
    assert found.at().rows[0].value('stability_dice') < 1


def test_progress_and_cancel(ball_case, models, scenario):
    told = []
    sweep(ball_case, models, scenario, (0, 1, 2), progress=lambda done, total: told.append((done, total)))
    assert told == [(1, 3), (2, 3), (3, 3)]
    with pytest.raises(SegrobustError, match='0 of 3 severities were done'):
        sweep(ball_case, models, scenario, (0, 1, 2), cancel=lambda: True)


@pytest.mark.parametrize(
    ('given', 'why'),
    [
        ({'models': []}, '0 models'),
        ({'severities': ()}, 'Nothing to sweep'),
        ({'scenario': Scenario()}, 'Nothing to sweep'),
        ({'index': 12}, 'No such slice'),
        ({'metrics': ('beauty',)}, 'No such metric: beauty'),
    ],
)
def test_what_does_not_fit_is_said(ball_case, models, scenario, given, why):
    asked = {'models': models, 'scenario': scenario, 'severities': (1,), **given}
    with pytest.raises(SegrobustError, match=why):
        sweep(ball_case, **asked)
