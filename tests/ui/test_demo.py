"""The demo leaves a table that its own predictions give again, and a recipe that gives its last prediction again."""

from __future__ import annotations

import csv
from contextlib import redirect_stdout
from io import StringIO

import numpy as np
import pytest

from napari_segrobust.cases import load_case, load_sample
from napari_segrobust.compare import compare, metric_specs
from napari_segrobust.perturb import Region, load_recipe
from napari_segrobust.pipeline import run
from napari_segrobust.scenario import Scenario
from napari_segrobust.segment import load_model
from napari_segrobust.ui import demo, demo_stack


@pytest.fixture(scope='module')
def recorded(tmp_path_factory):
    """What two stops of the slider leave; one drive serves every test."""
    folder, said = tmp_path_factory.mktemp('demo'), StringIO()
    with redirect_stdout(said):
        demo.record(folder, severities=(0.0, 2.5))
    (folder / 'said.txt').write_text(said.getvalue())
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
    assert demo.STACK_PICTURE in names


def test_three_are_stacked_in_physical_order_one_of_them_in_a_region(recorded):
    recipe, masks = load_recipe(recorded / demo.RECIPE_FILE)
    assert not masks
    found = [(entry.name, entry.severity, entry.region) for entry in recipe.stack]
    label = Region(kind='label', label=demo.WHITE_MATTER, feather_mm=demo_stack.FEATHER_MM)
    assert found == [('bias_field', 3.0, Region()), ('ghosting', 1.5, Region()), ('rician_noise', 4.0, label)]


def test_the_recipe_gives_the_prediction_and_the_number_again(recorded):
    recipe, _ = load_recipe(recorded / demo.RECIPE_FILE)
    again = run(load_sample('brain'), load_model('brain-unet'), Scenario(perturbations=recipe.stack), metrics=['dice'])
    path = recorded / demo.STACK_PREDICTION
    np.testing.assert_array_equal(again.labels, load_case(path, references={'mask': path}).references['mask'])
    said = (recorded / 'said.txt').read_text()
    dice = again.comparison.metrics[demo.WHITE_MATTER]['dice'].value
    assert f'white matter: Dice {dice:.3f} (clean 0.928)' in said
    assert 'SIMULATED bias field, severity 3' in said
    assert 'rician noise, severity 4 (sigma 0.2), seed 0, in label 2' in said
