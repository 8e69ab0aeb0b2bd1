from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from napari_segrobust.errors import PerturbationError
from napari_segrobust.perturb import (
    MAX_SEVERITY,
    Perturbation,
    Region,
    acts,
    amounts,
    catalogue,
    families,
    get_spec,
    new_perturbation,
    perturbations,
)
from napari_segrobust.perturb.spec import MODALITIES, STAGES
from napari_segrobust.registry import discover

NAMES = sorted(perturbations())


def test_every_file_is_an_entry_of_its_own_name_in_the_folder_of_its_group():
    folder = Path(families.__path__[0])
    files = {path.stem: path.parent.name for path in folder.rglob('*.py') if not path.name.startswith('_')}
    assert files == {spec.name: spec.group for spec in perturbations().values()}
    assert len(discover(families.__name__, 'SPEC')) == len(files)


def test_no_two_are_called_alike():
    titles = [spec.title.lower() for spec in perturbations().values()]
    assert sorted(titles) == sorted(set(titles))


@pytest.mark.parametrize('name', NAMES)
def test_entries_say_what_they_are(name):
    spec = get_spec(name)
    assert all((spec.title, spec.group, spec.summary, spec.model, spec.source, spec.modalities, spec.parameters))
    assert spec.summary.endswith('.')
    assert set(spec.modalities) <= set(MODALITIES)
    assert spec.stage in STAGES
    assert sum(effect is not None for effect in (spec.apply, spec.coordinates, spec.edit, spec.move, spec.header)) == 1
    assert (spec.kind == 'mask') == (spec.edit is not None)
    assert (spec.kind == 'header') == (spec.header is not None)
    assert (spec.kind == 'prompt') == (spec.move is not None) == ('prompts' in spec.needs)
    for parameter in spec.parameters:
        assert parameter.source
        assert all(parameter.minimum <= level <= parameter.maximum for level in parameter.levels)
        between = parameter.levels[3] if parameter.steps else (parameter.levels[2] + parameter.levels[3]) / 2
        assert parameter.at(2.5) == pytest.approx(between)
        if not parameter.steps:
            places = np.linspace(0, 5, 41)
            assert [parameter.at(float(x)) for x in places] == np.interp(places, range(6), parameter.levels).tolist()
        assert parameter.seen is None or parameter.seen_source
        assert len(parameter.words) in (0, 6)
    amount = list(spec.parameters[0].levels)
    rises = sorted(amount, reverse=amount[0] > amount[-1]) == amount
    assert rises
    assert len(set(amount)) == 6 or spec.kind == 'discrete'


def test_catalogue_is_plain_json():
    entries = json.loads(json.dumps(catalogue(), allow_nan=False))
    assert [entry['name'] for entry in entries] == NAMES
    assert {'title', 'kind', 'source', 'modalities', 'needs', 'random', 'parameters'} <= set(entries[0])
    assert all(len(parameter['levels']) == 6 for entry in entries for parameter in entry['parameters'])


@given(
    st.sampled_from(NAMES),
    st.floats(0, MAX_SEVERITY),
    st.integers(0, 2**63),
    st.sampled_from(
        [Region(), Region(kind='label', label=2, feather_mm=1.5), Region(kind='box', box=((0, 2), (1, 3)))]
    ),
)
def test_records_survive_json(name, severity, seed, region):
    parameter = get_spec(name).parameters[0]
    record = new_perturbation(name, severity, seed, region=region, parameters={parameter.name: parameter.levels[2]})
    again = Perturbation.model_validate_json(record.model_dump_json())
    assert again == record
    assert again.draw_key() == record.draw_key()
    others = {other.name: other.at(severity) for other in get_spec(name).parameters[1:]}
    assert amounts(again) == {parameter.name: parameter.levels[2]} | others


def test_an_entry_acts_unless_off_or_zero():
    assert not acts(new_perturbation('gamma', 0))
    assert acts(new_perturbation('gamma', 0.01))
    assert not acts(new_perturbation('gamma', 3).model_copy(update={'enabled': False}))


@pytest.mark.parametrize(
    ('arguments', 'words'),
    [
        (('gausian_noise', 1), ["'gausian_noise'", "Did you mean 'gaussian_noise'?"]),
        (('fog', 1), ['The verb perturbations lists all']),
        (('gamma', 5.1), ['5.1 for gamma', 'Choose 0 to 5']),
        (('gamma', float('nan')), ['nan for gamma']),
        (('gamma', 1, -1), ['-1 for gamma', 'whole number']),
        (('gamma', 1, 0.5), ['0.5 for gamma']),
    ],
)
def test_what_does_not_fit_is_refused_in_one_line(arguments, words):
    with pytest.raises(PerturbationError) as caught:
        new_perturbation(*arguments)
    assert '\n' not in str(caught.value)
    assert all(word in str(caught.value) for word in words)


@pytest.mark.parametrize(
    ('parameters', 'words'),
    [
        ({'sigmma': 1}, "Did you mean 'sigma'?"),
        ({'sigma': -1}, 'Choose 0 to 100 mm.'),
        ({'sigma': float('inf')}, 'inf'),
    ],
)
def test_parameters_that_do_not_fit_are_refused(parameters, words):
    with pytest.raises(PerturbationError) as caught:
        new_perturbation('gaussian_blur', 1, parameters=parameters)
    assert words in str(caught.value)


def test_listing_loads_neither_torch_nor_monai():
    code = (
        'import sys; from napari_segrobust.perturb import catalogue, make_field; catalogue();'
        "make_field('gaussian_noise', 0, 1, (4, 4), (1, 1)); sys.exit('torch' in sys.modules or 'monai' in sys.modules)"
    )
    assert subprocess.run([sys.executable, '-c', code], check=False).returncode == 0
