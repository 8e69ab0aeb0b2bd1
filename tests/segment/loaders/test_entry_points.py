from importlib.metadata import EntryPoint, EntryPoints

import numpy as np
import pytest

from napari_segrobust.errors import ModelError
from napari_segrobust.segment.load import faults, load_model, models
from napari_segrobust.segment.loaders import entry_points
from napari_segrobust.segment.loaders.entry_points import GROUP, EntryPointLoader

PLUGIN = """
import numpy as np

def bright(image, spacing):
    return (image > 0.5).astype(np.float32)

bright.spec = {'dimensions': 2, 'channels': 1, 'classes': ['bright'], 'activation': 'sigmoid'}
made = []

class Maker:
    def __init__(self):
        made.append(self)
        self.spec = bright.spec

    def __call__(self, image, spacing):
        return bright(image, spacing)

def broken():
    raise RuntimeError('no licence\\n  found')

def plain(image, spacing):
    return image
"""


@pytest.fixture
def announce(tmp_path, monkeypatch):
    """Have a package announce models: announce(name='attribute', ...)."""
    (tmp_path / 'a_plugin_of_someone.py').write_text(PLUGIN)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(__import__('sys').modules, 'a_plugin_of_someone', raising=False)

    def say(**models):
        entries = EntryPoints(
            EntryPoint(name.replace('_', '-'), f'a_plugin_of_someone:{value}', GROUP) for name, value in models.items()
        )
        monkeypatch.setattr(entry_points.metadata, 'entry_points', lambda group: entries.select(group=group))
        fresh = EntryPointLoader()
        monkeypatch.setattr(entry_points, 'LOADER', fresh)
        return fresh

    return say


def test_models_of_packages_are_listed_and_loaded(announce, case):
    announce(my_model='bright', made_one='Maker')
    assert {'my-model', 'made-one', 'brain-unet'} <= {spec.name for spec in models()}
    for name in ('my-model', 'made-one'):
        model = load_model(name)
        found = model.segment(case.image, (1.0, 1.0), None)
        np.testing.assert_array_equal(found, case.image > 0.5)
        assert model.key == load_model(name).key
    assert load_model('my-model').key != load_model('made-one').key


def test_a_broken_one_is_said_and_the_others_are_there(announce):
    announce(bad='broken', gone='nothing', no_spec='plain', good='bright')
    assert {'good', 'brain-unet'} <= {spec.name for spec in models()}
    said = faults()
    assert len(said) == 3
    assert 'Model bad not loaded: its package raised RuntimeError: no licence found' in said[0]
    assert 'gone not loaded: its package raised AttributeError' in said[1]
    assert 'no-spec has no spec' in said[2]
    assert not any('\n' in line for line in said)
    with pytest.raises(ModelError, match='no licence'):
        load_model('bad')
    assert load_model('good').spec.classes == ('bright',)


def test_a_spec_may_be_given(announce):
    announce(no_spec='plain')
    spec = {'dimensions': 2, 'channels': 1, 'classes': ['a'], 'activation': 'sigmoid'}
    assert load_model('no-spec', spec=spec).spec.classes == ('a',)


def test_it_is_made_once_for_the_list(announce):
    loader = announce(made_one='Maker')
    import a_plugin_of_someone

    loader.specs()
    loader.specs()
    assert len(a_plugin_of_someone.made) == 1


def test_no_package_takes_the_name_of_a_demo_model(announce):
    loader = announce(brain_unet='bright')
    assert loader.specs() == []
    assert not loader.recognises('brain-unet')
