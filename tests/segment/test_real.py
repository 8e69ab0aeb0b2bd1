"""The demo model on a real image, against the script that a person would write with MONAI."""

import nibabel
import numpy as np
import pytest
import torch
from monai.inferers import sliding_window_inference
from monai.transforms import NormalizeIntensity

from napari_segrobust.cases.case import Case
from napari_segrobust.context.record import Context
from napari_segrobust.geometry import GridGeometry
from napari_segrobust.segment.load import load_model
from napari_segrobust.segment.prediction import predict

#: In probability: the whole chain, float32 on the CPU.
TOLERANCE = 1e-5


@pytest.fixture(scope='module')
def brain(shared_data):
    stored = nibabel.load(shared_data / 'mni/t1.nii.gz').get_fdata(dtype=np.float32)
    # (R, A, S) to (S, P, L): the middle slices are enough.
    image = np.ascontiguousarray(stored.transpose(2, 1, 0)[90:93, ::-1, ::-1])[None]
    return Case('brain', image, GridGeometry.from_spacing(image.shape[1:], (1, 1, 1)))


@pytest.mark.parametrize('window', [None, (128, 96)])
def test_a_demo_model_on_a_real_brain_equals_the_script(brain, window):
    model = load_model('brain-unet', device='cpu')
    found = predict(brain, model, window=window, overlap=0.5).probabilities
    multiple = model.spec.pad_multiple
    roi = window or [multiple * -(-n // multiple) for n in brain.shape[1:]]
    for index in range(brain.shape[0]):
        plane = torch.as_tensor(NormalizeIntensity()(brain.image[:, index].copy()))
        with torch.inference_mode():
            logits = sliding_window_inference(plane[None], roi, 1, model.module, 0.5, 'gaussian')
        expected = torch.softmax(logits[0], 0).numpy()
        np.testing.assert_allclose(found[:, index], expected, atol=TOLERANCE)


def test_a_context_box_changes_what_is_seen_and_nothing_else(brain):
    model = load_model('brain-unet', device='cpu')
    box = ((0, 2), (40, 168), (30, 158))
    prediction = predict(brain, model, context=Context(box=box))
    inside = tuple(slice(*edges) for edges in box)
    assert prediction.valid.sum() == prediction.valid[inside].sum() == 2 * 128 * 128
    assert set(np.unique(prediction.labels[inside])) == {0, 1, 2}
