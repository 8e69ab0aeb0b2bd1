"""Settings of the metrics: shown, changed, printed with the number, undone."""

from __future__ import annotations

from dataclasses import fields

import pytest

from napari_segrobust.compare import MetricSettings
from napari_segrobust.explore.state import Lane
from napari_segrobust.ui.sections.definitions import RANGES, Definitions
from napari_segrobust.ui.widgets.palette import Palette


@pytest.fixture
def definitions(qtbot):
    made = Definitions(palette=Palette.from_theme('dark'))
    qtbot.addWidget(made)
    return made


def test_every_setting_but_the_tolerance_has_a_row_with_words(definitions):
    assert set(definitions.editors) == {field.name for field in fields(MetricSettings)} - {'tolerance_mm'}
    assert all(editor.toolTip() for editors in definitions.editors.values() for editor in editors)
    assert definitions.header._summary == 'as published'


def test_what_can_be_set_is_usable():
    for name, (low, high, _) in RANGES.items():
        for value in (low, high):
            MetricSettings(**{name: (value, value) if name == 'error_weights' else value})


def test_only_what_is_not_the_default_is_told(qtbot, definitions):
    with qtbot.waitSignal(definitions.changed) as caught:
        definitions.editors['beta'][0].setValue(1.0)
    assert caught.args == [{'beta': 1.0}]
    definitions.show_settings({'beta': 1.0}, 'mm', 'ml')
    with qtbot.waitSignal(definitions.changed) as caught:
        definitions.editors['error_weights'][1].setValue(0.5)
    assert caught.args == [{'beta': 1.0, 'error_weights': (0.3, 0.5)}]
    definitions.show_settings({'beta': 1.0, 'connectivity': 'face'}, 'voxels', 'voxels')
    assert definitions.header._summary == 'beta 1, connectivity face'
    assert definitions.editors['boundary_width_mm'][0].suffix() == ' voxels'
    with qtbot.waitSignal(definitions.changed) as caught:
        definitions.editors['beta'][0].setValue(2.0)
    assert caught.args == [{'connectivity': 'face'}]


def test_a_setting_is_printed_with_its_number_and_can_be_undone(explorer, panel, ball_case, qtbot):
    session = explorer.session
    session.metrics = ('dice', 'f_beta')
    explorer.open_case(ball_case, [Lane(source='shifted', given=True)])

    def chips():
        settled = session.settled and session.volume is not None and session.volume.lanes
        return session.volume.lanes[0].accuracy.chips if settled else {}

    qtbot.waitUntil(lambda: chips().get('f_beta') == 'beta 2', timeout=20_000)
    panel.compare.definitions.editors['beta'][0].setValue(0.5)
    assert session.state.definitions == {'beta': 0.5}
    qtbot.waitUntil(lambda: chips().get('f_beta') == 'beta 0.5', timeout=20_000)
    session.history.undo()
    assert session.state.definitions == {}
    assert panel.compare.definitions.editors['beta'][0].value() == 2.0
