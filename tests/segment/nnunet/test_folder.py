"""Trained-model folders without nnU-Net: found, read safely, and said again as a spec."""

from __future__ import annotations

import copy
import importlib.util
import os

import numpy as np
import pytest
import torch

from napari_segrobust.errors import ConsentNeeded, ModelError
from napari_segrobust.segment import ModelSpec, load_model
from napari_segrobust.segment.load import loaders
from napari_segrobust.segment.loaders.nnunet import LOADER
from napari_segrobust.segment.nnunet.checkpoint import read_checkpoint
from napari_segrobust.segment.nnunet.folder import Options, open_folder, root_of, split_options
from napari_segrobust.segment.nnunet.plans import configuration_of, labels_of, spec_of, whole_spec_of, why_not_windows
from napari_segrobust.segment.nnunet.predictor import exclusive


def test_a_folder_a_fold_and_a_checkpoint_are_recognised_before_others_take_them(bare):
    for inside in ('', 'fold_0', 'fold_0/checkpoint_final.pth'):
        first = next(loader for loader in loaders() if loader.recognises(bare / inside))
        assert first.kind == LOADER.kind
    assert not LOADER.recognises(bare / 'plans.json')
    assert not LOADER.recognises(bare.parent)
    assert not LOADER.recognises('brain-unet')
    assert root_of(bare / 'fold_0') == bare


@pytest.mark.skipif(importlib.util.find_spec('nnunetv2') is not None, reason='nnU-Net is installed')
def test_without_the_extra_one_line_says_how_to_install_it(bare):
    with pytest.raises(ModelError, match=r'not installed. Install it: pip install "napari-segrobust\[nnunet\]"'):
        load_model(bare)


@pytest.mark.parametrize(
    ('inside', 'options', 'expected'),
    [
        ('', {}, ['fold_0/checkpoint_final.pth', 'fold_1/checkpoint_final.pth']),
        ('', {'folds': (1,)}, ['fold_1/checkpoint_final.pth']),
        ('', {'checkpoint': 'best'}, ['fold_1/checkpoint_best.pth']),
        ('fold_1', {}, ['fold_1/checkpoint_final.pth']),
        ('fold_1/checkpoint_best.pth', {}, ['fold_1/checkpoint_best.pth']),
    ],
)
def test_folds_are_chosen(bare, inside, options, expected):
    folder = open_folder(bare / inside, Options(**options))
    assert [path.relative_to(bare).as_posix() for path in folder.checkpoints] == expected
    assert folder.name == 'Dataset999_Tiny'


@pytest.mark.parametrize(
    ('options', 'message'),
    [
        ({'folds': (0, 4)}, 'fold_4 has no checkpoint_final.pth; fold_0, fold_1 has one'),
        ({'folds': (0,), 'checkpoint': 'best'}, 'fold_0 has no checkpoint_best.pth'),
    ],
)
def test_folds_that_are_not_there(bare, options, message):
    with pytest.raises(ModelError, match=message):
        open_folder(bare, Options(**options))


def test_options_stand_beside_the_spec(bare):
    options, entries = split_options(bare, {'folds': [1], 'mirroring': False, 'overlap': 0.25})
    assert options == Options(folds=(1,), mirroring=False)
    assert entries == {'overlap': 0.25}
    assert split_options(bare, None) == (Options(), {})
    (bare / 'model.toml').write_text('run = "nnunet"\norientation = "SAR"\n')
    assert split_options(bare, None) == (Options(run='nnunet'), {'orientation': 'SAR'})
    with pytest.raises(ModelError, match=r'Options of nnUNet.* not usable: checkpoint'):
        split_options(bare, {'checkpoint': 'latest'})


@pytest.mark.parametrize('damage', ['{', '[]', None])
def test_damaged_plans_are_one_line(bare, damage):
    if damage is None:
        os.truncate(bare / 'dataset.json', 4)
    else:
        (bare / 'plans.json').write_text(damage)
    with pytest.raises(ModelError, match='Copy the folder again') as caught:
        open_folder(bare, Options())
    assert '\n' not in str(caught.value)


# -- checkpoints ----------------------------------------------------------------------------------------------


def test_a_checkpoint_with_numbers_of_numpy_is_read_without_running_anything(bare, told, make):
    found = read_checkpoint(bare / 'fold_0/checkpoint_final.pth')
    assert (found.configuration, found.trainer, found.mirror_axes) == ('3d_fullres', 'nnUNetTrainer', (0, 1, 2))
    torch.testing.assert_close(found.weights, {'a': torch.ones(2)})
    torch.save(make.checkpoint({'module.a': torch.ones(2)}, told, mirror=None), bare / 'fold_0/checkpoint_final.pth')
    found = read_checkpoint(bare / 'fold_0/checkpoint_final.pth')
    assert set(found.weights) == {'a'}
    assert found.mirror_axes == ()


class Mark:
    """Leaves a file where it is unpickled."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return os.mkdir, (str(self.path),)


def test_code_in_a_checkpoint_is_run_for_who_allows_it_alone(bare, told, tmp_path, make):
    path = bare / 'fold_0/checkpoint_final.pth'
    torch.save({**make.checkpoint({'a': torch.ones(2)}, told), 'extra': Mark(tmp_path / 'ran')}, path)
    with pytest.raises(ConsentNeeded, match=r'it needs code of its own \(fold_0/checkpoint_final.pth: .*mkdir'):
        read_checkpoint(path)
    assert not (tmp_path / 'ran').exists()
    assert read_checkpoint(path, trust=True).configuration == '3d_fullres'
    assert (tmp_path / 'ran').exists()


@pytest.mark.parametrize(
    ('content', 'message'),
    [
        (b'', 'the file is empty'),
        (b'not a file of torch', 'damaged'),
        ({'state_dict': {}}, 'holds no network_weights'),
        ([1, 2], 'holds no network_weights'),
    ],
)
def test_what_is_no_checkpoint_is_one_line(tmp_path, content, message):
    path = tmp_path / 'checkpoint_final.pth'
    path.write_bytes(content) if isinstance(content, bytes) else torch.save(content, path)
    with pytest.raises(ModelError, match=message) as caught:
        read_checkpoint(path)
    assert '\n' not in str(caught.value)


# -- plans ----------------------------------------------------------------------------------------------------


@pytest.fixture
def spec(make):
    """The spec of a configuration."""

    def say(told, name='3d_fullres', mirror=(0, 1)):
        return ModelSpec(name='x', **spec_of(told, make.dataset, configuration_of(told, name), mirror))

    return say


def test_plans_of_a_3d_network(told, spec):
    found = spec(told)
    assert (found.dimensions, found.channels, found.classes) == (3, 1, ('background', 'organ', 'lesion'))
    assert (found.window, found.spacing, found.overlap) == ((8, 16, 16), (2.0, 1.0, 1.0), 0.5)
    assert (found.grid, found.blending, found.mirror_axes) == ('nnunet', 'gaussian', (0, 1))
    assert (found.intensity, found.crop_foreground, found.orientation) == ('zscore', True, 'SPL')


def test_transposed_axes_are_said_as_an_orientation(make, spec):
    told = make.plans({'3d_fullres': make.configuration((8, 16, 32), (3.0, 1.0, 0.5))}, transpose=(1, 2, 0))
    found = spec(told)
    assert found.orientation == 'PLS'
    assert (found.window, found.spacing) == ((8, 16, 32), (3.0, 1.0, 0.5)), 'in the order of the network'


def test_plans_of_a_2d_network_say_which_axis_the_slices_are_on(make, spec):
    told = make.plans({'2d': make.configuration((16, 32), (0.5, 0.7))}, transpose=(1, 0, 2))
    found = spec(told, '2d')
    assert (found.dimensions, found.slice_axis, found.orientation) == (2, 1, 'SL')
    assert (found.window, found.spacing) == ((16, 32), (0.5, 0.7))
    turned = make.plans({'2d': make.configuration((16, 32), (0.5, 0.7))}, transpose=(0, 2, 1))
    assert (spec(turned, '2d').window, spec(turned, '2d').orientation) == ((16, 32), 'LP')
    flat = make.plans({'2d': make.configuration((16, 32), (1.0, 1.0))}, reader='NaturalImage2DIO')
    assert spec(flat, '2d').spacing == 'native'
    assert whole_spec_of(flat, make.dataset, {})['dimensions'] == 2
    assert whole_spec_of(told, make.dataset, {})['dimensions'] == 3


@pytest.mark.parametrize(
    ('scheme', 'masked', 'expected', 'crop'),
    [
        ('ZScoreNormalization', True, 'zscore_nonzero', True),
        ('NoNormalization', False, 'none', True),
        ('RescaleTo01Normalization', False, 'minmax', True),
        ('RGBTo01Normalization', False, 'divide_255', False),
    ],
)
def test_normalisations(scheme, masked, expected, crop, make, spec):
    told = make.plans({'3d_fullres': make.configuration((8, 8, 8), (1, 1, 1), scheme, masked)})
    assert (spec(told).intensity, spec(told).crop_foreground) == (expected, crop)


def test_normalisation_of_ct(make, spec):
    told = make.plans(
        {'3d_fullres': make.configuration((8, 8, 8), (1, 1, 1), 'CTNormalization')}, reader='NibabelIOWithReorient'
    )
    found = spec(told)
    assert found.intensity.model_dump() == {'ct': (-80.0, 220.0), 'mean': 60.0, 'sd': 50.0}
    assert not found.crop_foreground
    assert found.orientation == 'SAR'


def test_inherited_entries(make):
    told = make.plans(
        {'a': make.configuration((8, 8, 8), (1, 1, 1)), 'b': {'inherits_from': 'a', 'patch_size': [4, 4, 4]}}
    )
    assert configuration_of(told, 'b')['patch_size'] == [4, 4, 4]
    assert configuration_of(told, 'b')['spacing'] == [1, 1, 1]
    told['configurations']['a']['inherits_from'] = 'b'
    for name in ('b', 'c'):
        with pytest.raises(ModelError, match=f"configuration '{'b' if name == 'b' else 'c'}' is not in plans.json"):
            configuration_of(told, name)


def test_labels_are_ordered_by_value_and_what_is_ignored_has_no_output(make):
    found = labels_of({'labels': {'lesion': 2, 'background': 0, 'ignore': 3, 'organ': [1]}})
    assert (found.names, found.values, found.heads) == (('background', 'organ', 'lesion'), (0, 1, 2), 3)
    regions = labels_of({**make.regions, 'regions_class_order': [1, 3, 2]})
    assert regions.names == ('background', 'whole', 'enhancing', 'core')
    assert (regions.values, regions.regions, regions.heads) == ((0, 1, 2, 3), (1, 3, 2), 3)
    with pytest.raises(ModelError, match='3 regions and 0 entries of regions_class_order'):
        labels_of({**make.dataset, 'labels': make.regions['labels']})


def test_why_a_model_runs_as_a_whole(told, make):
    plain = configuration_of(told, '3d_fullres')
    assert why_not_windows(told, plain, labels_of(make.dataset)) == ''
    assert 'regions' in why_not_windows(told, plain, labels_of(make.regions))
    mixed = {**plain, 'normalization_schemes': ['CTNormalization', 'ZScoreNormalization']}
    assert 'different ways' in why_not_windows(told, mixed, labels_of(make.dataset))
    own = {**plain, 'normalization_schemes': ['MyNormalization']}
    assert 'MyNormalization' in why_not_windows(told, own, labels_of(make.dataset))


def test_overlapping_regions_become_labels_as_they_are_laid():
    rng = np.random.default_rng(0)
    regions, places = rng.random((3, 40, 50), dtype=np.float32), (1, 3, 2)
    found = exclusive(regions.copy(), places)
    expected = np.zeros((40, 50), int)
    for region, place in zip(regions, places, strict=True):
        expected[region > 0.5] = place
    np.testing.assert_array_equal(found.argmax(axis=0), expected)
    np.testing.assert_allclose(found.sum(axis=0), 1, atol=1e-5)
    sure = exclusive(np.array([[0.9], [0.8], [0.1]], np.float32), (1, 2, 3))
    np.testing.assert_allclose(sure[:, 0], [0.1 * 0.2 * 0.9, 0.9 * 0.2 * 0.9, 0.8 * 0.9, 0.1], rtol=1e-5)


def test_plans_are_not_changed(told, spec):
    before = copy.deepcopy(told)
    spec(told)
    assert told == before
