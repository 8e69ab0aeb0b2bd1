"""A bundle in our hands against MONAI's own run of the same config: probabilities on the grid of the case."""

import nibabel
import numpy as np
import pytest
import torch
from monai.bundle import ConfigParser
from monai.data import MetaTensor
from PIL import Image

import napari_segrobust as sr
from napari_segrobust.context.record import Context
from napari_segrobust.segment.axes import model_axes
from napari_segrobust.segment.inference import start_inference
from napari_segrobust.segment.see import see
from napari_segrobust.segment.source import ArraySource

# MONAI tells everyone who reads a file that a decoder of NVIDIA's is not installed.
pytestmark = pytest.mark.filterwarnings('ignore:NvImgCodecPydicomReader')

#: In probability: float32 on the CPU, through two interpolations.
TOLERANCE = 1e-5


def run_monai(root, image):
    """Probabilities (K, *stored) and those on the network's own grid, by MONAI from config, weights and file alone."""
    parser = ConfigParser()
    parser.read_config(root / 'configs/inference.json')
    parser['bundle_root'] = str(root)
    parser['device'] = 'cpu'
    parser['postprocessing::transforms'] = parser['postprocessing::transforms'][:2]
    network = parser.get_parsed_content('network_def').eval()
    network.load_state_dict(torch.load(root / 'models/model.pt', weights_only=True))
    data = parser.get_parsed_content('preprocessing')({'image': str(image)})
    with torch.inference_mode():
        logits = parser.get_parsed_content('inferer')(data['image'][None], network)[0]
    seen = torch.softmax(logits, 0).numpy()
    data['pred'] = MetaTensor(logits, meta=data['image'].meta, applied_operations=data['image'].applied_operations)
    return parser.get_parsed_content('postprocessing')(data)['pred'].numpy(), seen


def compare(root, image):
    case = sr.load_case(image)
    model = sr.load_model(root, device='cpu')
    expected, on_its_grid = run_monai(root, image)
    assert np.ptp(expected[1]) > 0.2, 'a network that says the same everywhere compares nothing'
    found = sr.predict(case, model).probabilities
    expected = case.geometry.order.apply(expected)
    # Beyond a crop MONAI has no class at all, and here it is background.
    expected[0][expected.sum(0) == 0] = 1
    np.testing.assert_allclose(found, expected, atol=TOLERANCE)

    seen, grid = see(model.spec, ArraySource(case.image, case.geometry.spacing))
    resampled = seen.block(tuple(slice(0, n) for n in grid.shape))
    model.spec = model.spec.model_copy(update={'spacing': 'native', 'crop_foreground': False})
    run = start_inference(model, ArraySource(resampled, grid.spacing), Context())
    run.advance(*run.pending())
    own = model_axes(model.spec, resampled.ndim - 1).apply(run.probabilities())
    # What MONAI pads an image with before the network is cut off again.
    cut = [slice((n - m) // 2, (n - m) // 2 + m) for n, m in zip(on_its_grid.shape, own.shape, strict=True)]
    on_its_grid = on_its_grid[tuple(cut)]
    np.testing.assert_allclose(own, on_its_grid, atol=TOLERANCE)


@pytest.fixture
def image(tmp_path):
    """Write an image: image(letters) gives the path of a file whose axes point there."""

    def write(letters):
        rng = np.random.default_rng(5)
        values = rng.normal(50, 120, (40, 36, 30)).astype(np.float32)
        values[:4] = values[:, -5:] = -rng.random()
        affine = np.diag([2.5, 3.0, 4.0, 1])
        affine[:3, 3] = -30, 12, 5
        start, end = (nibabel.orientations.axcodes2ornt(codes) for codes in ('RAS', letters))
        stored = nibabel.Nifti1Image(values, affine).as_reoriented(nibabel.orientations.ornt_transform(start, end))
        path = tmp_path / f'{letters}.nii.gz'
        nibabel.save(stored, path)
        return path

    return write


@pytest.mark.parametrize('letters', ['RAS', 'LPS', 'SAL', 'PIR'])
def test_a_bundle_runs_as_monai_runs_it(write_bundle, image, letters):
    compare(write_bundle(), image(letters))


def test_a_bundle_runs_as_monai_runs_it_on_a_real_ct(write_bundle, shared_data):
    compare(write_bundle(), shared_data / 'ct/ct.nii.gz')


def step(name, **arguments):
    return {'_target_': name, 'keys': 'image', **arguments}


SPACE = step('Spacingd', pixdim=[4.0, 3.5, 5.0], mode='bilinear')
SLIDE = {'_target_': 'SlidingWindowInferer', 'roi_size': [32, 24, 16], 'overlap': 0.25, 'mode': 'gaussian'}


@pytest.mark.parametrize(
    ('steps', 'inferer'),
    [
        ([SPACE, step('NormalizeIntensityd')], SLIDE),
        ([SPACE, step('ScaleIntensityRangePercentilesd', lower=2, upper=97, b_min=-1, b_max=1, clip=True)], SLIDE),
        ([step('CropForegroundd', source_key='image'), SPACE, step('ScaleIntensityd')], SLIDE),
        ([step('NormalizeIntensityd', nonzero=True)], SLIDE),
        ([step('NormalizeIntensityd'), step('DivisiblePadd', k=4)], {'_target_': 'SimpleInferer'}),
        ([SPACE, step('ScaleIntensityd')], {**SLIDE, 'roi_size': [64, 64, 64]}),
    ],
    ids=['zscore', 'percentiles', 'crop', 'nonzero', 'whole', 'padded'],
)
def test_other_pipelines_run_as_monai_runs_them(write_bundle, inference, image, steps, inferer):
    inference['inferer'] = inferer
    first = inference['preprocessing']['transforms'][:3]
    inference['preprocessing']['transforms'] = [*first, *steps]
    compare(write_bundle(inference), image('LAS'))


FLAT = {'spatial_dims': 2}


def test_slices_of_a_volume_run_as_monai_runs_them(write_bundle, inference, image):
    inference['network_def'] |= FLAT
    inference['inferer'] = {'_target_': 'SliceInferer', 'roi_size': [24, 16], 'spatial_dim': 2}
    inference['preprocessing']['transforms'][2:] = [step('ScaleIntensityd')]
    inference['postprocessing']['transforms'][1] = {'_target_': 'Identityd', 'keys': 'pred'}
    path = image('LPS')
    root = write_bundle(inference, network=inference['network_def'])
    case = sr.load_case(path)
    expected, _ = run_monai(root, path)
    found = sr.predict(case, sr.load_model(root, device='cpu')).probabilities
    np.testing.assert_allclose(found, case.geometry.order.apply(expected), atol=TOLERANCE)


def test_a_photograph_runs_as_monai_runs_it(write_bundle, inference, metadata, tmp_path):
    path = tmp_path / 'photo.png'
    Image.fromarray(np.random.default_rng(2).integers(0, 255, (36, 52), np.uint8)).save(path)
    inference['network_def'] |= FLAT
    inference['inferer'] = {'_target_': 'SlidingWindowInferer', 'roi_size': [24, 16], 'overlap': 0.25}
    inference['preprocessing']['transforms'][2:] = [step('ScaleIntensityd')]
    inference['postprocessing']['transforms'][1] = {'_target_': 'Identityd', 'keys': 'pred'}
    metadata['network_data_format']['inputs']['image']['spatial_shape'] = [24, 16]
    root = write_bundle(inference, metadata, network=inference['network_def'])
    expected, _ = run_monai(root, path)
    found = sr.predict(sr.load_case(path), sr.load_model(root, device='cpu')).probabilities
    # MONAI reads a photograph as (x, y).
    np.testing.assert_allclose(found, expected.swapaxes(1, 2), atol=TOLERANCE)
