"""The demo leaves a table that its own predictions give again."""

from __future__ import annotations

import csv

import pytest

from napari_segrobust.cases import load_case, load_sample
from napari_segrobust.compare import compare, metric_specs
from napari_segrobust.ui import demo


@pytest.fixture(scope='module')
def recorded(tmp_path_factory):
    """What two stops of the slider leave; one drive serves every test."""
    folder = tmp_path_factory.mktemp('demo')
    demo.record(folder, severities=(0.0, 2.5))
    return folder


@pytest.fixture(scope='module')
def rows(recorded):
    """The table's rows."""
    with (recorded / demo.METRICS_FILE).open(newline='', encoding='utf-8') as file:
        return list(csv.DictReader(file))


def test_a_row_for_each_severity_begins_as_promised(rows):
    assert [float(row['severity']) for row in rows] == [0.0, 2.5]
    assert list(rows[0])[:3] == ['severity', 'label', 'scope']
    assert {(row['label'], row['scope']) for row in rows} == {('white matter', 'volume')}
    assert list(rows[0])[-2:] == ['shown_slice_ms', 'whole_volume_ms']


def test_noise_costs_dice(rows):
    assert float(rows[0]['dice']) > 0.9 > float(rows[1]['dice'])


def test_predictions_give_the_table_again(recorded, rows):
    brain = load_sample('brain')
    reference = next(iter(brain.references.values()))
    keys = [key for key in rows[0] if key in metric_specs()]
    assert {'dice', 'nsd', 'hd95', 'volume_difference_ml'} <= set(keys)
    for row in rows:
        path = recorded / demo.prediction_name(float(row['severity']))
        labels = load_case(path, references={'mask': path}).references['mask']
        values = compare(reference, labels, brain.geometry.spacing_mm, [demo.WHITE_MATTER], metrics=keys)
        for key, value in values.metrics[demo.WHITE_MATTER].items():
            assert row[key] == ('' if value.value is None else str(value.value)), key


def test_pictures_are_there(recorded):
    names = {path.name for path in recorded.glob('*.png')}
    assert {'window_severity_0.0.png', 'window_severity_2.5.png', 'side_by_side.png', 'light_theme.png'} <= names
