import time

import numpy as np
import pytest
import torch

from napari_segrobust.cases.samples import load_sample
from napari_segrobust.errors import ModelError
from napari_segrobust.segment import load_model, models, predict
from napari_segrobust.segment.zoo import FOLDER, zoo_cards, zoo_names, zoo_spec, zoo_weights

BRAIN = ('brain-unet', 'brain-noskip', 'brain-attention', 'brain-unet3d')
TRAINED = tuple(
    f'texture-trained-{key}' for key in ('clean', 'noise', 'contrast', 'labels', 'entropy', 'dice', 'semimetric')
)
OTHERS = (
    *('lesion-unet3d', 'lesion-noskip3d', 'texture-unet', 'texture-noskip', 'texture-attention'),
    *('texture-unetr', 'texture-twopathways', 'texture-dilated', 'texture-transposed', 'texture-interpolated'),
    *TRAINED,
)


def dice(model, case):
    """Mean Dice over the labels of the first reference."""
    labels, reference = predict(case, model).labels, next(iter(case.references.values()))
    scores = [
        2 * ((labels == k) & (reference == k)).sum() / ((labels == k).sum() + (reference == k).sum())
        for k in case.labels
    ]
    return float(np.mean(scores))


def test_all_demo_models_are_there():
    assert set(zoo_names()) == {*BRAIN, *OTHERS}
    assert {spec.name for spec in models()} >= set(zoo_names())


def test_weights_are_small_and_half_precision():
    from safetensors.torch import load_file

    assert sum(zoo_weights(name).stat().st_size for name in zoo_names()) <= 6e6
    for name in zoo_names():
        kinds = {tensor.dtype for tensor in load_file(zoo_weights(name)).values()}
        assert kinds <= {torch.float16, torch.int64}


@pytest.mark.parametrize('name', [*BRAIN, *OTHERS])
def test_model_answers_in_its_shape(name):
    model = load_model(name, device='cpu')
    spec = model.spec
    shape = spec.window or (max(16, 2 * spec.pad_multiple),) * 2
    logits = model(torch.zeros(2, spec.channels, *shape))
    assert logits.shape == (2, len(spec.classes), *shape)
    assert logits.dtype == torch.float32
    assert torch.isfinite(logits).all()
    assert next(model.module.parameters()).dtype == torch.float32


@pytest.mark.parametrize('name', [*BRAIN, *OTHERS])
def test_card_says_what_it_must(name):
    card = zoo_cards()[name]
    assert card['use'] == 'teaching only'
    assert all(card[key] for key in ('title', 'sample', 'data', 'protocol', 'limits', 'scores'))
    assert zoo_spec(name).labelled == tuple(label.name for label in load_sample(card['sample']).labels.values())


@pytest.mark.parametrize('name', [*BRAIN, *OTHERS])
def test_scores_belong_to_these_weights_and_suffice(name):
    scores = zoo_cards()[name]['scores']
    assert scores['key'] == load_model(name, device='cpu').key
    least = 0.90 if name in BRAIN else 0.85
    assert scores['held_out']['clean']['mean'] >= least
    assert scores['held_out']['clean']['mean'] - scores['held_out']['noisy']['mean'] >= 0.10
    if name in BRAIN:
        assert scores['template']['clean']['mean'] >= 0.90
        assert 'training anatomy' in scores['template']['words']
        assert scores['deformed']['clean']['mean'] >= 0.80


def test_a_network_of_one_size_says_so():
    model = load_model('texture-unetr', device='cpu')
    with pytest.raises(ModelError, match='it is 32 x 32, and the network takes 160 x 160'):
        predict(load_sample('texture'), model, window=(32, 32))


@pytest.mark.parametrize('name', TRAINED)
def test_one_network_bears_the_noise_that_it_was_trained_with(name):
    noisy = zoo_cards()[name]['scores']['held_out']['noisy']['mean']
    assert noisy >= 0.5 if name.endswith('-noise') else noisy <= 0.1


@pytest.mark.parametrize('family', ['brain', 'lesion', 'texture'])
def test_family_fails_differently_under_noise(family):
    noisy = [
        card['scores']['held_out']['noisy']['mean'] for name, card in zoo_cards().items() if name.startswith(family)
    ]
    assert max(noisy) - min(noisy) >= 0.05


def test_scores_are_the_commands():
    import json

    content = json.loads((FOLDER / 'scores.json').read_text())
    assert content['made_by'] == 'tools/score_demo_models.py'
    assert content['noise'] == {'name': 'gaussian_noise', 'severity': 3.0, 'seed': 7}


@pytest.fixture(scope='module')
def slab():
    """A few axial slices of a head that no training drew."""
    from napari_segrobust.cases import load_case

    head = load_sample('head', seed=941)
    reference = next(iter(head.references.values()))
    case = load_case(head.image[0, 60:120:12], references={'r': reference[60:120:12]}, spacing=(12.0, 1.0, 1.0))
    return case.with_masks(labels=head.labels)


@pytest.mark.parametrize('name', BRAIN[:3])
def test_held_out_head_now(name, slab):
    model = load_model(name, device='cpu')
    started = time.perf_counter()
    assert dice(model, slab) >= 0.80
    print(f'{name}: {(time.perf_counter() - started) * 1e3 / len(slab.image[0]):.1f} ms a slice')


@pytest.mark.parametrize('name', OTHERS[2:])
def test_held_out_textures_now(name):
    model = load_model(name, device='cpu')
    assert np.mean([dice(model, load_sample('texture', seed=seed)) for seed in range(941, 947)]) >= 0.80


@pytest.mark.parametrize('name', OTHERS[:2])
def test_held_out_phantom_now(name):
    assert dice(load_model(name, device='cpu'), load_sample('lesion', seed=941)) >= 0.80


def test_mistakes_are_named():
    with pytest.raises(ModelError, match='Choose one of brain-attention'):
        zoo_spec('brain-net')
    with pytest.raises(ModelError, match='Leave spec out'):
        load_model('brain-unet', spec={'dimensions': 3})


def test_facts_load_no_torch():
    import subprocess
    import sys

    code = "import sys, napari_segrobust.segment as s; s.models(); assert not {'torch', 'monai'} & set(sys.modules)"
    subprocess.run([sys.executable, '-c', code], check=True)
