"""Each step of a config as an entry of a spec; what a step does to intensities is MONAI's own word."""

import numpy as np
import pytest
import torch
from monai.bundle import ConfigParser

from napari_segrobust.errors import ConsentNeeded, ModelError, SpecMissing
from napari_segrobust.segment.bundle.resolver import Config
from napari_segrobust.segment.bundle.translate import translate
from napari_segrobust.segment.preprocess import measure, needs_statistics, normalise
from napari_segrobust.segment.spec import ModelSpec

LOAD = {'_target_': 'LoadImaged', 'keys': 'image'}


def step(name, **arguments):
    return {'_target_': name, 'keys': 'image', **arguments}


@pytest.fixture
def fields(inference, metadata):
    """Translate a changed bundle: fields(preprocessing=[...], **entries of the config) gives fields and messages."""

    def give(preprocessing=None, postprocessing=None, stated=(), network=None, image=None, pred=None, **entries):
        inference.update(entries)
        inference['network_def'] |= network or {}
        if preprocessing is not None:
            inference['preprocessing'] = {'_target_': 'Compose', 'transforms': [LOAD, *preprocessing]}
        if postprocessing is not None:
            inference['postprocessing']['transforms'] = postprocessing
        formats = metadata['network_data_format']
        formats['inputs']['image'].update(image or {})
        formats['outputs']['pred'].update(pred or {})
        found = translate('spleen', Config(inference), metadata, dict(stated), beside='spleen.toml')
        return found.fields, ' | '.join(found.messages)

    return give


def refusal(fields, *arguments, **entries):
    with pytest.raises(ModelError) as caught:
        fields(*arguments, **entries)
    assert not isinstance(caught.value, ConsentNeeded)
    assert '\n' not in str(caught.value)
    return str(caught.value)


def test_a_whole_bundle_is_a_whole_spec(fields):
    found, messages = fields()
    spec = ModelSpec(name='spleen', **found)
    assert (spec.dimensions, spec.channels, spec.classes) == (3, 1, ('background', 'spleen'))
    assert (spec.window, spec.overlap, spec.blending) == ((32, 24, 16), 0.5, 'constant')
    assert (spec.orientation, spec.spacing, spec.resample) == ('RAS', (4.0, 3.5, 5.0), {'image': 1, 'label': 0})
    assert (spec.intensity.clip, spec.intensity.to, spec.intensity.clipped) == ((-57, 164), (0, 1), True)
    assert (spec.activation, spec.expectations.modality, spec.card['title']) == (
        'softmax',
        'CT',
        'Spleen segmentation.',
    )
    assert spec.architecture['channels'] == [4, 8]
    assert 'Orientationd: orientation RAS; Spacingd: spacing 4 x 3.5 x 5 mm, order 1' in messages
    assert ' | ' not in messages


RANGE = {'a_min': -100, 'a_max': 300}
INTENSITIES = [
    [],
    [step('ScaleIntensityRanged', **RANGE, b_min=-1, b_max=1, clip=True)],
    [step('ScaleIntensityRanged', **RANGE, b_min=0, b_max=2)],
    [step('ScaleIntensityRanged', **RANGE)],
    [step('ScaleIntensityd')],
    [step('ScaleIntensityd', minv=-1, maxv=1)],
    [step('NormalizeIntensityd')],
    [step('NormalizeIntensityd', nonzero=True)],
    [step('NormalizeIntensityd', subtrahend=40, divisor=80)],
    [step('ScaleIntensityRangePercentilesd', lower=1, upper=99, b_min=0, b_max=1, clip=True)],
    [step('ScaleIntensityRangePercentilesd', lower=5, upper=90, b_min=0, b_max=1, clip=True, relative=True)],
    [step('ScaleIntensityRangePercentilesd', lower=0, upper=100, b_min=0, b_max=1)],
    [step('ScaleIntensityd', minv=0, maxv=1), step('NormalizeIntensityd')],
    [step('NormalizeIntensityd'), step('ScaleIntensityd', minv=-1, maxv=1)],
    [step('NormalizeIntensityd', subtrahend=40, divisor=80), step('ScaleIntensityd')],
    [step('ScaleIntensityd'), step('NormalizeIntensityd', subtrahend=0.5, divisor=0.5)],
    [
        step('ScaleIntensityRanged', **RANGE, b_min=0, b_max=1, clip=True),
        step('NormalizeIntensityd', subtrahend=[0.5], divisor=[0.25], channel_wise=True),
    ],
    [
        step('ScaleIntensityRanged', **RANGE, b_min=0, b_max=1, clip=True),
        step('ScaleIntensityRanged', a_min=0, a_max=1, b_min=-1, b_max=1, clip=True),
    ],
]


@pytest.mark.parametrize('steps', INTENSITIES, ids=lambda steps: '+'.join(s['_target_'] for s in steps) or 'none')
def test_intensities_become_what_monai_makes_of_them(fields, steps):
    image = np.random.default_rng(1).normal(50, 200, (1, 9, 8, 7)).astype(np.float32)
    image[0, :3] = 0
    data = {'image': torch.from_numpy(image.copy())}
    for transform in ConfigParser({'steps': steps}).get_parsed_content('steps'):
        data = transform(data)
    spec = ModelSpec(name='x', **fields(steps)[0])
    statistics = measure([image], spec.intensity) if needs_statistics(spec) else None
    np.testing.assert_allclose(normalise(image, spec, statistics), data['image'].numpy(), atol=2e-5)


@pytest.mark.parametrize(
    ('steps', 'words'),
    [
        ([step('Resized', spatial_size=[96, 96, 96])], 'Resized brings every image to one number of voxels'),
        ([step('RandGaussianNoised')], 'RandGaussianNoised is not known here'),
        ([{'_target_': 'os.system', 'keys': 'image', 'command': 'true'}], 'os.system is not known here'),
        ([step('ScaleIntensityd', factor=0.1)], 'ScaleIntensityd multiplies by a factor'),
        ([step('ScaleIntensityRangePercentilesd', lower=1, upper=99, b_min=0, b_max=1)], 'without clipping'),
        ([step('NormalizeIntensityd', subtrahend=[1, 2], divisor=[1, 1])], 'one for each channel'),
        ([step('NormalizeIntensityd', nonzero=True, subtrahend=1, divisor=2)], 'one of mean and deviation'),
        ([step('ScaleIntensityd'), step('NormalizeIntensityd', nonzero=True)], 'NormalizeIntensityd comes after'),
        (
            [step('ScaleIntensityRanged', **RANGE, b_min=0, b_max=1, clip=True), step('NormalizeIntensityd')],
            'the two are not one',
        ),
        ([step('ScaleIntensityd'), step('Spacingd', pixdim=[1, 1, 1])], 'Spacingd comes after a change of intensities'),
        (
            [step('Spacingd', pixdim=[1, 1, 2]), step('Orientationd', axcodes='RAS')],
            'Orientationd comes after Spacingd',
        ),
        ([step('Spacingd', pixdim=[1, 1, -1])], 'leaves the spacing of some axes'),
        ([step('Spacingd', pixdim='wide')], 'arguments that are not understood'),
        ([step('Spacingd', pixdim=[1, 1, 1], mode=5)], 'interpolates by 5'),
        ([step('Spacingd', pixdim=[1, 1, 1], _mode_='callable')], "has _mode_ = 'callable'"),
        ([step('CropForegroundd', source_key='image', margin=3)], 'keeps a margin'),
        ([step('ScaleIntensityd'), step('CropForegroundd', source_key='image')], 'after intensities were changed'),
        ([step('SpatialPadd', spatial_size=[64, 24, 16])], 'pads every image to 64 x 24 x 16 voxels'),
        (['hello'], "its preprocessing holds 'hello', which is no transform"),
    ],
)
def test_steps_without_a_counterpart_are_named_with_the_way_out(fields, steps, words):
    message = refusal(fields, steps)
    assert words in message
    assert 'in spleen.toml beside it, or give spec=' in message


def test_what_would_take_their_place_is_asked_for_and_the_rest_is_known(fields):
    with pytest.raises(SpecMissing) as caught:
        fields([step('Orientationd', axcodes='RAS'), step('Resized', spatial_size=8)])
    assert caught.value.missing == ('spacing',)
    assert caught.value.known['orientation'] == 'RAS'
    assert 'spacing' not in caught.value.known


def test_every_such_step_is_named_at_once(fields):
    message = refusal(fields, [step('Resized', spatial_size=8), step('Lambdad', func='$f')])
    assert 'Resized' in message
    assert 'Lambdad' in message


def test_what_a_person_states_takes_the_place_of_a_step(fields):
    stated = {'intensity': 'zscore', 'spacing': 'native', 'orientation': 'LPS'}
    found, messages = fields([step('Lambdad', func='$f')], stated=stated)
    assert (found['intensity'], found['spacing'], found['orientation']) == ('zscore', 'native', 'LPS')
    assert 'Lambdad is not known here; its spec says intensity, spacing, orientation instead' in messages
    assert 'Lambdad' in refusal(fields, [step('Lambdad', func='$f')], stated={'intensity': 'zscore'})


@pytest.mark.parametrize(
    ('steps', 'entries'),
    [
        (
            [step('Spacingd', pixdim=2.0, mode=['nearest'])],
            {'spacing': (2, 2, 2), 'resample': {'image': 0, 'label': 0}},
        ),
        ([step('Spacingd', pixdim=[1, 2, 3], mode=3)], {'spacing': (1, 2, 3), 'resample': {'image': 3, 'label': 0}}),
        ([step('Spacingd', pixdim=[-1, -1, -1])], {'orientation': 'LPS'}),
        ([step('Orientationd', as_closest_canonical=True)], {'orientation': 'RAS'}),
        ([step('monai.transforms.Orientationd', axcodes='lps')], {'orientation': 'LPS'}),
        ([step('monai.transforms.spatial.dictionary.OrientationD', axcodes='LAS')], {'orientation': 'LAS'}),
        ([step('OrientationDict', axcodes=['L', 'A', 'S'])], {'orientation': 'LAS'}),
        ([step('CropForegroundd', source_key='image')], {'crop_foreground': True}),
        ([step('CropForegroundd', source_key='image', select_fn='$lambda x: x > 0')], {'crop_foreground': True}),
        ([step('SpatialPadd', spatial_size=[32, 24, 16])], {'window': (32, 24, 16)}),
        ([{'_target_': 'Resized', 'keys': 'label', 'spatial_size': 8}], {'intensity': 'none'}),
        ([step('Resized', spatial_size=8, _disabled_=True)], {'intensity': 'none'}),
        ([{'_target_': 'Compose', 'transforms': [step('NormalizeIntensityd')]}], {'intensity': 'zscore'}),
    ],
)
def test_steps_are_entries(fields, steps, entries):
    found, _ = fields(steps)
    assert {entry: found[entry] for entry in entries} == entries


def test_what_differs_at_the_edges_is_said(fields):
    _, messages = fields([step('Spacingd', pixdim=[1, 1, 1], padding_mode='zeros', align_corners=True)])
    assert 'padding_mode, align_corners not followed: the edge of the image may differ' in messages


def test_a_crop_after_resampling_is_said(fields):
    crop = step('CropForegroundd', source_key='image')
    assert 'and here before' in fields([step('Spacingd', pixdim=[1, 1, 1]), crop])[1]
    assert 'and here before' not in fields([crop, step('Spacingd', pixdim=[1, 1, 1])])[1]


def test_axes_are_those_of_most_files_where_nothing_orients_them(fields):
    found, messages = fields([])
    assert found['orientation'] == 'LPS'
    assert 'It orients no image' in messages
    found, _ = fields([], network={'spatial_dims': 2}, inferer={'_target_': 'SimpleInferer'})
    assert (found['transpose'], found['window']) == (True, None)
    assert 'orientation' not in found


def test_slices_of_a_volume_for_a_2d_network(fields):
    entries = {'network': {'spatial_dims': 2}, 'inferer': {'_target_': 'SliceInferer', 'roi_size': [16, 24]}}
    entries['inferer']['spatial_dim'] = 2
    found, _ = fields([step('Orientationd', axcodes='RAS')], **entries)
    spec = ModelSpec(name='x', **found)
    assert (spec.dimensions, spec.slice_axis, spec.orientation, spec.window) == (2, 0, 'RA', (16, 24))
    assert 'here they stay' in refusal(fields, [step('Spacingd', pixdim=[1, 1, 5])], **entries)


def test_channels_are_images_in_the_order_of_their_keys(fields):
    keys = ['t1', 't2']
    load = {'_target_': 'LoadImaged', 'keys': keys}
    join = {'_target_': 'ConcatItemsd', 'keys': keys, 'name': 'image'}
    each = {'_target_': 'NormalizeIntensityd', 'keys': keys, 'channel_wise': True}
    found, messages = fields([load, each, join], network={'in_channels': 2})
    assert (found['channels'], found['intensity']) == (2, 'zscore')
    assert 'channels in the order t1, t2' in messages
    assert 'its network takes 2' in messages
    one = {**each, 'keys': 't1'}
    assert 'acts on t1 and not on 1 other' in refusal(fields, [load, one, join], network={'in_channels': 2})
    together = step('NormalizeIntensityd')
    assert 'measures all channels together' in refusal(fields, [together], network={'in_channels': 2})


def test_zeros_set_apart_in_a_ct_are_few(fields):
    steps = [step('NormalizeIntensityd', nonzero=True), step('ScaleIntensityd', minv=-1, maxv=1)]
    found, messages = fields(steps)
    assert found['intensity'] == {'percentiles': (0, 100), 'to': (-1, 1)}
    assert 'voxels of exactly 0 HU' in messages
    assert 'the two are not one' in refusal(fields, steps, image={'modality': 'MR'})


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
def test_other_inferers_are_named(fields, inferer, words):
    assert words in refusal(fields, inferer=inferer)


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


def test_an_unknown_activation_is_named(fields):
    for arguments in ({'other': '$f'}, {}, {'softmax': True, 'sigmoid': True}):
        message = refusal(fields, postprocessing=[after('Activationsd', **arguments)])
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


def test_networks_with_several_inputs_are_refused(fields, metadata):
    metadata['network_data_format']['inputs']['points'] = {'num_channels': 1}
    assert 'takes 2 inputs (image, points)' in refusal(fields)


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
