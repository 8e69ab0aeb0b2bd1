"""What follows preprocessing in a config as entries of a spec: inferer, network's answer, metadata; and code."""

import pytest

from napari_segrobust.errors import ConsentNeeded
from napari_segrobust.segment.bundle.resolver import Config
from napari_segrobust.segment.bundle.translate import translate

LOAD = {'_target_': 'LoadImaged', 'keys': 'image'}


def step(name, **arguments):
    return {'_target_': name, 'keys': 'image', **arguments}


@pytest.mark.parametrize(
    ('inferer', 'entries'),
    [
        ({'_target_': 'SimpleInferer'}, {'window': None}),
        ({'_target_': 'SlidingWindowInferer', 'roi_size': 32}, {'window': (32, 32, 32), 'overlap': 0.25}),
        ({'_target_': 'monai.inferers.SlidingWindowInferer', 'roi_size': [-1, -1, -1]}, {'window': None}),
        (
            {'_target_': 'SlidingWindowInferer', 'roi_size': [8, 8, 8], 'mode': 'gaussian', 'overlap': [0.5] * 3},
            {'blending': 'gaussian', 'overlap': 0.5},
        ),
    ],
)
def test_inferers_are_sliding_plans(fields, inferer, entries):
    found, _ = fields(inferer=inferer)
    assert {entry: found[entry] for entry in entries} == entries


@pytest.mark.parametrize(
    ('inferer', 'words'),
    [
        ({'_target_': 'SaliencyInferer', 'cam_name': 'GradCAM'}, 'SaliencyInferer is not known here as an inferer'),
        ({'_target_': 'SlidingWindowInferer', 'roi_size': [8, 8, -1]}, 'whole along some axes only'),
        ({'_target_': 'SlidingWindowInferer', 'roi_size': 8, 'overlap': [0.1, 0.2, 0.3]}, 'overlap holds 3 values'),
        ({'_target_': 'SlidingWindowInferer'}, 'arguments that are not understood'),
        (
            {'_target_': 'SlidingWindowInferer', 'roi_size': 8, 'mode': 'gaussian', 'sigma_scale': 0.3},
            'blends with a sigma of 0.3',
        ),
    ],
)
def test_other_inferers_are_named(refusal, inferer, words):
    assert words in refusal(inferer=inferer)


def test_padding_of_windows_is_said(fields):
    inferer = {'_target_': 'SlidingWindowInferer', 'roi_size': 8, 'padding_mode': 'replicate'}
    assert 'fills windows beyond the image by replicate' in fields(inferer=inferer)[1]


def after(name, **arguments):
    return {'_target_': name, 'keys': 'pred', **arguments}


@pytest.mark.parametrize(
    ('steps', 'entries'),
    [
        ([after('Activationsd', sigmoid=True), after('AsDiscreted', threshold=0.42)], {'threshold': 0.42}),
        ([after('Activationsd', sigmoid=[True])], {'activation': 'sigmoid'}),
        ([after('AsDiscreted', argmax=True)], {'activation': 'softmax'}),
        ([after('AsDiscreted', threshold=0.5)], {'activation': 'none'}),
        ([after('KeepLargestConnectedComponentd', applied_labels=[1])], {'post': {'largest_component': True}}),
        ([after('FillHolesd')], {'post': {'fill_holes': True}}),
        ([after('RemoveSmallObjectsd', min_size=100)], {'post': {'minimum_ml': 7.0}}),
        ([after('RemoveSmallObjectsd', min_size=500, by_measure=True)], {'post': {'minimum_ml': 0.5}}),
    ],
)
def test_steps_after_the_network(fields, steps, entries):
    found, messages = fields(postprocessing=steps)
    assert {entry: found[entry] for entry in entries} == entries
    assert 'names labels' not in messages


@pytest.mark.parametrize(
    ('steps', 'words'),
    [
        ([after('Lambdad', func='$lambda x: x[1:]')], 'Lambdad after the network is not known here, and is left out'),
        ([after('KeepLargestConnectedComponentd', applied_labels=[2])], 'names labels [2]: here it acts on each'),
        ([after('KeepLargestConnectedComponentd', num_components=2)], 'keeps several components'),
        ([after('KeepLargestConnectedComponentd', connectivity=1)], 'voxels that touch at a corner'),
        ([after('AsDiscreted', argmax=True), after('Invertd')], 'brings back labels'),
        ([after('Invertd'), after('Activationsd', softmax=True)], 'brings back logits'),
    ],
)
def test_what_is_done_otherwise_after_the_network_is_said(fields, steps, words):
    assert words in fields(postprocessing=steps)[1]


def test_small_objects_without_a_size_are_left(fields):
    found, messages = fields([], postprocessing=[after('RemoveSmallObjectsd', min_size=100)])
    assert found['post'] == {}
    assert 'counts 100 voxels of no given size' in messages


def test_an_unknown_activation_is_named(refusal):
    for arguments in ({'other': '$f'}, {}, {'softmax': True, 'sigmoid': True}):
        message = refusal(postprocessing=[after('Activationsd', **arguments)])
        assert 'neither softmax nor sigmoid alone' in message
        assert 'State activation in spleen.toml' in message


@pytest.mark.parametrize(
    ('shape', 'multiple'),
    [
        (['16*n', '8*n', '8*n'], 16),
        (['2**4*n', '2**4*n', '2**4*n'], 16),
        (['*', '*', '*'], 1),
        ([32, 24, 16], 1),
        (['9999999*n', '1*n', '1*n'], 1),
        (['x', 'y', 'z'], 1),
    ],
)
def test_sizes_of_the_metadata_are_multiples(fields, shape, multiple):
    found, _ = fields(inferer={'_target_': 'SimpleInferer'}, image={'spatial_shape': shape})
    assert found.get('pad_multiple', 1) == multiple


def test_a_multiple_that_windows_are_not_is_said(fields):
    found, messages = fields(image={'spatial_shape': ['16*n'] * 3})
    assert 'pad_multiple' not in found
    assert 'asks for multiples of 16' in messages


def test_classes_are_named_by_the_metadata_or_asked_for(fields):
    found, _ = fields(pred={'channel_def': {'0': 'air', '1': 'spleen'}})
    assert found['classes'] == ('air', 'spleen')
    found, _ = fields(
        network={'out_channels': 1}, postprocessing=[after('Activationsd', sigmoid=True)], pred={'num_channels': 1}
    )
    assert found['classes'] == ('spleen',)
    found, messages = fields(network={'out_channels': 3}, postprocessing=[after('Activationsd', softmax=True)])
    assert 'classes' not in found
    assert 'names 2 classes, and its network has 3 outputs' in messages


def test_the_range_of_the_network_is_that_of_images_that_nothing_scales(fields):
    assert fields([])[0]['expectations'] == {'modality': 'CT', 'intensity_range': (0.0, 1.0)}
    assert fields()[0]['expectations']['modality'] == 'CT'


def test_networks_with_several_inputs_are_refused(refusal, metadata):
    metadata['network_data_format']['inputs']['points'] = {'num_channels': 1}
    assert 'takes 2 inputs (image, points)' in refusal()


def test_sizes_that_a_config_leaves_to_monai_are_monais(fields, inference):
    inference['network_def'] = {'_target_': 'monai.networks.nets.SegResNet', 'init_filters': 4}
    found, _ = fields()
    assert (found['dimensions'], found['channels'], found['architecture']['name']) == (3, 1, 'SegResNet')


CODE = [
    ({'network_def': {'_target_': 'scripts.net.Net'}}, ['network_def::_target_: scripts.net.Net']),
    ({'network_def': '$build()'}, ['network_def: $build()']),
    (
        {'network_def': {'_target_': 'UNet', 'act': {'_target_': 'torch.hub.load'}, 'channels': '$g()'}},
        ['network_def::act::_target_: torch.hub.load', 'network_def::channels: $g()'],
    ),
    (
        {'preprocessing': [LOAD, step('Spacingd', pixdim='$f()'), step('Orientationd', axcodes='$g()')]},
        ['preprocessing::1::pixdim: $f()', 'preprocessing::2::axcodes: $g()'],
    ),
    ({'preprocessing': '$h()'}, ['preprocessing: $h()']),
    ({'preprocessing': [LOAD, step('Resized', _disabled_='$k()')]}, ['preprocessing::1::_disabled_: $k()']),
    ({'preprocessing': [{'_target_': 'LoadImaged', 'keys': '$k()'}]}, ['preprocessing::0::keys: $k()']),
    ({'inferer': {'_target_': 'SlidingWindowInferer', 'roi_size': '$r()'}}, ['inferer::roi_size: $r()']),
]


@pytest.mark.parametrize(('entries', 'expressions'), CODE)
def test_code_that_is_needed_is_listed_for_a_person_to_read(inference, metadata, entries, expressions):
    with pytest.raises(ConsentNeeded) as caught:
        translate('spleen', Config(inference | entries), metadata, {}, beside='spleen.toml')
    assert list(caught.value.expressions) == expressions
    assert expressions[0] in str(caught.value)
    assert 'trust=True' in str(caught.value)


def test_code_that_is_not_needed_is_let_be(fields):
    found, messages = fields(initialize=['$danger()'], dataset={'_target_': 'os.system', 'command': '$x'})
    assert found['spacing'] == (4.0, 3.5, 5.0)
    assert 'danger' not in messages
