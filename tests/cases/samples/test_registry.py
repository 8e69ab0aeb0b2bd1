import numpy as np
import pytest

from napari_segrobust.cases.samples import Choice, Range, load_sample, samples
from napari_segrobust.errors import CaseError


def test_names():
    assert {'brain', 'head', 'lesion', 'sphere', 'texture'} <= set(samples())


@pytest.mark.parametrize('name', ['lesion', 'sphere', 'texture'])
def test_same_parameters_give_the_same_voxels(name):
    one, two, other = load_sample(name, seed=5), load_sample(name, seed=5), load_sample(name, seed=6)
    assert one.key == two.key != other.key
    for reference in one.references:
        np.testing.assert_array_equal(one.references[reference], two.references[reference])


@pytest.mark.parametrize('name', samples())
def test_specs_are_usable(name):
    spec = samples()[name]
    assert spec.title
    assert spec.summary.endswith('.')
    assert spec.accept({}) == spec.defaults()
    for parameter in spec.parameters:
        assert isinstance(parameter, Range | Choice)
        assert parameter.title


def test_case_remembers_its_parameters():
    case = load_sample('texture', alpha=0.3)
    assert case.provenance['sample'] == {
        'name': 'texture',
        'seed': 1,
        'alpha': 0.3,
        'foreground': 'brick',
        'background': 'grass',
        'blended': 'foreground',
    }


@pytest.mark.parametrize(
    ('name', 'parameters', 'message'),
    [
        ('liver', {}, 'Choose one of brain, head, lesion, sphere, texture'),
        ('texture', {'beta': 1}, "no parameter 'beta'"),
        ('texture', {'alpha': 1.5}, '1.5 is not a number from 0 to 1'),
        ('texture', {'alpha': float('nan')}, 'nan is not a number'),
        ('texture', {'alpha': 'half'}, "'half' is not a number"),
        ('texture', {'background': 'sand'}, 'Choose one of brick, grass, gravel'),
        ('lesion', {'number': 2.5}, 'not a whole number from 1 to 8'),
        ('brain', {'seed': 1}, 'it has none'),
    ],
)
def test_mistakes_are_named(name, parameters, message):
    with pytest.raises(CaseError, match=message):
        load_sample(name, **parameters)
