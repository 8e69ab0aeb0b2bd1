"""Where and how a network computes stands in the panel, and what memory that ended has changed."""

import pytest

from napari_segrobust.explore.state import Lane
from napari_segrobust.ui.docks import open_docks
from napari_segrobust.ui.sections.model import ModelSection

WAIT_MS = 20_000


@pytest.fixture
def opened(make_napari_viewer, qtbot, ball_case):
    """Open the ball with a model, settled: opened(model) gives panel, Model section and session."""
    explorers = []

    def start(model):
        explorer, panel, _results = open_docks(make_napari_viewer())
        explorers.append(explorer)
        explorer.session.models['pretended'] = model
        explorer.open_case(ball_case, [Lane(source='pretended')])
        qtbot.waitUntil(lambda: explorer.session.settled, timeout=WAIT_MS)
        section = next(one for one in panel.sections if isinstance(one, ModelSection))
        return panel, section, explorer.session

    yield start
    for explorer in explorers:
        assert explorer.shutdown()


def test_on_a_cpu_there_is_nothing_to_say(opened, threshold_model):
    _, section, _ = opened(threshold_model())
    assert section.devices.computed.text() == ''
    assert section.devices.computed.isHidden()
    assert section.devices.device.currentText() == 'auto (cpu)'


def test_precision_is_shown(opened, pretend_gpu):
    _, section, _ = opened(pretend_gpu())
    assert section.devices.computed.text() == 'pretended: half precision: 0 % of labels differ.'
    assert not section.devices.computed.isHidden()
    assert section.devices.device.currentText() == 'auto (cuda:0)'


def test_what_memory_that_ended_changed_is_shown(opened, pretend_gpu, qtbot):
    model = pretend_gpu(moved=100)
    panel, section, session = opened(model)
    assert section.devices.computed.text() == 'pretended: single precision: half would change 17.4 % of labels.'
    model.room = 0
    session.state.set_perturbation(0, severity=1.0)
    qtbot.waitUntil(lambda: session.settled, timeout=WAIT_MS)
    assert panel.notice.text() == 'Out of memory on cuda:0: continuing on the CPU.'
    assert section.devices.device.currentText() == 'auto (cpu)'
    assert section.devices.computed.isHidden()
