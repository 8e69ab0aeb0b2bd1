"""A bundle in our hands against MONAI's own run of the same config: probabilities on the grid of the case."""

import nibabel
import numpy as np
import pytest
import torch
from monai.bundle import ConfigParser
from monai.data import MetaTensor

import napari_segrobust as sr
from napari_segrobust.context.record import Context
from napari_segrobust.segment.axes import model_axes
from napari_segrobust.segment.inference import start_inference
from napari_segrobust.segment.see import see
from napari_segrobust.segment.source import ArraySource

# MONAI tells everyone who reads a file that a decoder of NVIDIA's is not installed.
pytestmark = pytest.mark.filterwarnings('ignore:NvImgCodecPydicomReader')

#: In probability: float32 on the CPU, through two interpolations.
TOLERANCE = 1e-4


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
    np.testing.assert_allclose(found, case.geometry.order.apply(expected), atol=TOLERANCE)

    seen, grid = see(model.spec, ArraySource(case.image, case.geometry.spacing))
    resampled = seen.block(tuple(slice(0, n) for n in grid.shape))
    model.spec = model.spec.model_copy(update={'spacing': 'native'})
    run = start_inference(model, ArraySource(resampled, grid.spacing), Context())
    run.advance(*run.pending())
    own = model_axes(model.spec, resampled.ndim - 1).apply(run.probabilities())
    np.testing.assert_allclose(own, on_its_grid, atol=TOLERANCE)


@pytest.mark.parametrize('letters', ['RAS', 'LPS', 'SAL'])
def test_a_bundle_runs_as_monai_runs_it(write_bundle, tmp_path, letters):
    values = np.random.default_rng(5).normal(50, 120, (40, 36, 30)).astype(np.float32)
    affine = np.diag([2.5, 3.0, 4.0, 1])
    affine[:3, 3] = -30, 12, 5
    start, end = (nibabel.orientations.axcodes2ornt(codes) for codes in ('RAS', letters))
    stored = nibabel.Nifti1Image(values, affine).as_reoriented(nibabel.orientations.ornt_transform(start, end))
    nibabel.save(stored, tmp_path / 'image.nii.gz')
    compare(write_bundle(), tmp_path / 'image.nii.gz')


def test_a_bundle_runs_as_monai_runs_it_on_a_real_ct(write_bundle, shared_data):
    compare(write_bundle(), shared_data / 'ct/ct.nii.gz')
