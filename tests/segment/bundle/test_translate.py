"""Each step of a config as an entry of a spec; what a step does to intensities is MONAI's own word."""

import numpy as np
import pytest
import torch
from monai.bundle import ConfigParser

from napari_segrobust.errors import SpecMissing
from napari_segrobust.segment.preprocess import measure, needs_statistics, normalise
from napari_segrobust.segment.spec import ModelSpec

LOAD = {'_target_': 'LoadImaged', 'keys': 'image'}


def step(name, **arguments):
    return {'_target_': name, 'keys': 'image', **arguments}


def test_a_whole_bundle_is_a_whole_spec(fields):
    found, messages = fields()
    spec = ModelSpec(name='spleen', **found)
    assert (spec.dimensions, spec.channels, spec.classes) == (3, 1, ('background', 'spleen'))
    assert (spec.window, spec.overlap, spec.blending) == ((32, 24, 16), 0.5, 'constant')
    assert (spec.orientation, spec.spacing, spec.resample) == ('RAS', (4.0, 3.5, 5.0), {'image': 1, 'label': 0})
    assert (spec.intensity.clip, spec.intensity.to, spec.intensity.clipped) == ((-57, 164), (0, 1), True)
    assert (spec.activation, spec.expectations.modality) == ('softmax', 'CT')
    assert spec.card == {'title': 'Spleen segmentation.', 'use': 'Made in a test.', 'version': '0.1.0'}
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
def test_steps_without_a_counterpart_are_named_with_the_way_out(refusal, steps, words):
    message = refusal(steps)
    assert words in message
    assert 'in spleen.toml beside it, or give spec=' in message


def test_what_would_take_their_place_is_asked_for_and_the_rest_is_known(fields):
    with pytest.raises(SpecMissing) as caught:
        fields([step('Orientationd', axcodes='RAS'), step('Resized', spatial_size=8)])
    assert caught.value.missing == ('spacing',)
    assert caught.value.known['orientation'] == 'RAS'
    assert 'spacing' not in caught.value.known


def test_every_such_step_is_named_at_once(refusal):
    message = refusal([step('Resized', spatial_size=8), step('Lambdad', func='$f')])
    assert 'Resized' in message
    assert 'Lambdad' in message


def test_what_a_person_states_takes_the_place_of_a_step(fields, refusal):
    stated = {'intensity': 'zscore', 'spacing': 'native', 'orientation': 'LPS'}
    found, messages = fields([step('Lambdad', func='$f')], stated=stated)
    assert (found['intensity'], found['spacing'], found['orientation']) == ('zscore', 'native', 'LPS')
    assert 'Lambdad is not known here; its spec says intensity, spacing, orientation instead' in messages
    assert 'Lambdad' in refusal([step('Lambdad', func='$f')], stated={'intensity': 'zscore'})


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


def test_slices_of_a_volume_for_a_2d_network(fields, refusal):
    entries = {'network': {'spatial_dims': 2}, 'inferer': {'_target_': 'SliceInferer', 'roi_size': [16, 24]}}
    entries['inferer']['spatial_dim'] = 2
    found, _ = fields([step('Orientationd', axcodes='RAS')], **entries)
    spec = ModelSpec(name='x', **found)
    assert (spec.dimensions, spec.slice_axis, spec.orientation, spec.window) == (2, 0, 'RA', (16, 24))
    assert 'here they stay' in refusal([step('Spacingd', pixdim=[1, 1, 5])], **entries)


def test_channels_are_images_in_the_order_of_their_keys(fields, refusal):
    keys = ['t1', 't2']
    load = {'_target_': 'LoadImaged', 'keys': keys}
    join = {'_target_': 'ConcatItemsd', 'keys': keys, 'name': 'image'}
    each = {'_target_': 'NormalizeIntensityd', 'keys': keys, 'channel_wise': True}
    found, messages = fields([load, each, join], network={'in_channels': 2})
    assert (found['channels'], found['intensity']) == (2, 'zscore')
    assert 'channels in the order t1, t2' in messages
    assert 'its network takes 2' in messages
    one = {**each, 'keys': 't1'}
    assert 'acts on t1 and not on 1 other' in refusal([load, one, join], network={'in_channels': 2})
    together = step('NormalizeIntensityd')
    assert 'measures all channels together' in refusal([together], network={'in_channels': 2})


def test_zeros_set_apart_in_a_ct_are_few(fields, refusal):
    steps = [step('NormalizeIntensityd', nonzero=True), step('ScaleIntensityd', minv=-1, maxv=1)]
    found, messages = fields(steps)
    assert found['intensity'] == {'percentiles': (0, 100), 'to': (-1, 1)}
    assert 'voxels of exactly 0 HU' in messages
    assert 'the two are not one' in refusal(steps, image={'modality': 'MR'})
