"""What the curve runs along, and its spread over draws, in a real window."""

from __future__ import annotations

import pytest

from napari_segrobust.explore.state import Lane
from napari_segrobust.perturb import Perturbation
from napari_segrobust.ui.results import Results


@pytest.fixture
def curves(explorer, ball_case, qtbot):
    """The ball under noise, visited at three severities; the slice is measured."""
    docks = explorer.viewer.window.dock_widgets.values()
    results = next(widget for widget in docks if isinstance(widget, Results))
    session = explorer.session
    session.state.stack = (Perturbation(name='gaussian_noise', seed=7),)
    explorer.open_case(ball_case, [Lane(source='threshold')])
    for severity in (0.0, 2.0, 4.0):
        session.state.set_perturbation(0, severity=severity)
        qtbot.waitUntil(lambda: bool(session.settled and session.volume and session.volume.lanes), timeout=30_000)
    return results.curves


def points(curves):
    return dict(curves.curve._series[0].points)


def test_along_the_change_of_the_image(explorer, curves):
    assert set(points(curves)) == {0.0, 2.0, 4.0}
    values = list(points(curves).values())
    curves.axis.setCurrentText('change')
    assert explorer.session.state.curve_axis == 'rms'
    along = points(curves)
    assert list(along.values()) == values
    assert list(along) == sorted(along)
    assert max(along) == explorer.session.plane.rms_percent
    assert curves.curve._x.title == 'change (RMS %)'
    middle = list(along)[1]
    curves.curve.clicked.emit(middle)
    assert explorer.session.state.stack[0].severity == 2.0, 'a click goes to the severity of that image'


def test_it_is_stamped(curves):
    assert curves.curve.accessibleDescription().endswith('one image, one draw, one training')


def test_spread_over_draws(explorer, curves, qtbot):
    curves.open_card()
    curves.card.started.emit(3)
    assert curves.card.start.text() == 'Stop'
    qtbot.waitUntil(lambda: explorer.session.jobs.is_idle, timeout=60_000)
    assert curves.card.start.text() == 'Draw'
    assert curves.card.state.text() == 'shown slice, severity 4: one image, 3 draws, one training'
    lines = {line[0]: line[1:] for line in curves.card.lines()}
    assert lines['Dice'][-1] == '3'
    assert 'area (mm\u00b2)' in lines
    band = curves.curve._series[0].band
    assert [x for x, _, _ in band] == [1.0, 2.0, 3.0, 4.0, 5.0]
    assert all(low <= high for _, low, high in band)
    assert 'one image, 3 draws, one training' in curves.curve.accessibleDescription()
    assert explorer.session.status.kind == 'idle'
    curves.axis.setCurrentText('change')
    assert len(curves.curve._series[0].band) == 2, 'where the change of the image is known'
    assert not curves.curve.grab().isNull()


def test_draws_can_be_stopped(explorer, curves, qtbot):
    curves.start(5)
    explorer.session.cancel()
    assert explorer.session.jobs.is_idle
    assert curves.card.state.text() == 'Stopped.'
    curves.start(2)
    qtbot.waitUntil(lambda: explorer.session.jobs.is_idle, timeout=60_000)
    assert 'one image, 2 draws' in curves.card.state.text()


def test_why_there_are_no_draws_is_said(explorer, curves):
    explorer.session.state.set_perturbation(0, severity=0.0)
    curves.start(3)
    assert 'nothing that acts is random' in curves.card.state.text()
