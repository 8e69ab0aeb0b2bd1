"""On a real GPU: precision, agreement with the CPU, repeats, and memory that ends."""

import numpy as np
import pytest
import torch

from napari_segrobust import pipeline
from napari_segrobust.cases import load_sample
from napari_segrobust.perturb import Perturbation
from napari_segrobust.scenario import Scenario
from napari_segrobust.segment import load_model
from napari_segrobust.segment.precision import LIMIT, SINGLE, choose_precision, fix_precision
from napari_segrobust.segment.source import ArraySource

pytestmark = pytest.mark.skipif(not torch.cuda.is_available(), reason='no CUDA GPU')

NOISY = Scenario(perturbations=(Perturbation(name='gaussian_noise', severity=2, seed=3),))


@pytest.fixture(scope='module', params=[('texture', 'texture-unet'), ('lesion', 'lesion-unet3d')], ids=['2D', '3D'])
def pair(request):
    """Return a sample and the name of its model."""
    sample, model = request.param
    return load_sample(sample), model


@pytest.fixture
def little_memory():
    """Leave this process some MB of the GPU's memory: little_memory(MB)."""
    everything = torch.cuda.get_device_properties(0).total_memory

    def leave(megabytes):
        torch.cuda.empty_cache()
        torch.cuda.set_per_process_memory_fraction(megabytes * 2**20 / everything)

    yield leave
    torch.cuda.set_per_process_memory_fraction(1.0)


def test_labels_agree_with_the_cpu_as_well_as_was_measured(pair):
    case, name = pair
    on_gpu = pipeline.run(case, load_model(name, device='cuda'), NOISY)
    on_cpu = pipeline.run(case, load_model(name, device='cpu'), NOISY)
    assert on_gpu.device == 'cuda:0'
    assert on_gpu.precision.changed is not None
    assert on_gpu.precision.half == (on_gpu.precision.changed <= LIMIT)
    assert np.mean(on_gpu.labels != on_cpu.labels) < 3 * LIMIT, 'noise puts more voxels near a border'
    assert on_cpu.precision == SINGLE


def test_single_precision_agrees_with_the_cpu(pair):
    case, name = pair
    model = load_model(name, device='cuda')
    fix_precision(model, False, None, case.key)
    on_gpu = pipeline.run(case, model, NOISY)
    on_cpu = pipeline.run(case, load_model(name, device='cpu'), NOISY)
    np.testing.assert_allclose(on_gpu.probabilities, on_cpu.probabilities, atol=1e-3)


def test_a_repeat_is_equal_to_the_byte(pair):
    case, name = pair
    first = pipeline.run(case, load_model(name, device='cuda'), NOISY)
    model = load_model(name, device='cuda')
    fix_precision(model, first.precision.half, first.precision.changed, case.key)
    again = pipeline.run(case, model, NOISY)
    assert again.precision == first.precision
    assert again.probabilities.tobytes() == first.probabilities.tobytes()


def test_half_precision_is_really_computed_in(pair):
    case, name = pair
    model = load_model(name, device='cuda')
    fix_precision(model, True, 0.0, case.key)
    windows = torch.zeros(1, 1, *(64,) * model.spec.dimensions)
    assert model(windows).dtype == torch.float16
    fix_precision(model, False, 0.0, case.key)
    assert model(windows).dtype == torch.float32


def test_too_little_memory_ends_on_the_cpu(pair, little_memory):
    case, name = pair
    model = load_model(name, device='cuda')
    choose_precision(model, ArraySource(case.image, case.geometry.spacing), case.key)
    little_memory(1)
    found = pipeline.run(case, model, NOISY)
    assert found.device == 'cpu'
    assert found.messages[-1] == 'Out of memory on cuda:0: continuing on the CPU.'
    np.testing.assert_array_equal(found.labels, pipeline.run(case, load_model(name, device='cpu'), NOISY).labels)


def test_no_memory_for_the_weights_loads_on_the_cpu(little_memory):
    little_memory(0)
    model = load_model('texture-unet', device='cuda')
    assert model.device == 'cpu'
    assert 'finds no room on cuda:0' in model.messages[0]
