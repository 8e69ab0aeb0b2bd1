"""nnU-Net's own predictor against ours, on a network that nnU-Net builds: run by make test-extras."""

from __future__ import annotations

import io
from contextlib import redirect_stdout

import numpy as np
import pytest
import torch

from napari_segrobust.cases.case import Case
from napari_segrobust.compare import interrupt
from napari_segrobust.context.record import Context
from napari_segrobust.errors import ConsentNeeded, ModelError
from napari_segrobust.geometry import GridGeometry
from napari_segrobust.segment import load_model, predict
from napari_segrobust.segment.inference import start_inference
from napari_segrobust.segment.module import TorchSegmenter
from napari_segrobust.segment.nnunet.predictor import PredictorSegmenter
from napari_segrobust.segment.source import ArraySource

pytest.importorskip('nnunetv2', reason='nnU-Net is an extra: make test-extras')
# What nnU-Net and what it imports say of themselves.
pytestmark = pytest.mark.filterwarnings('ignore::DeprecationWarning', 'ignore::FutureWarning', 'ignore::UserWarning')

SHAPE = (14, 40, 36)


def network(told, name, heads, seed):
    """A network of random weights, whose answers are made as sharp as those of a trained one."""
    from nnunetv2.utilities.get_network_from_plans import get_network_from_plans

    entry = told['configurations'][name]['architecture']
    torch.manual_seed(seed)
    made = get_network_from_plans(
        entry['network_class_name'], entry['arch_kwargs'], entry['_kw_requires_import'], 1, heads,
        allow_init=True, deep_supervision=True,
    )  # fmt: skip
    weights = made.state_dict()
    for key in weights:
        if 'seg_layers' in key:
            weights[key] = weights[key] * (0 if key.endswith('bias') else 40)
    return weights


@pytest.fixture
def folder(make, tmp_path):
    """Write a folder with trained-looking networks."""

    def write(told, name='3d_fullres', folds=(0, 1), dataset=None, mirror=(0, 1, 2), heads=3):
        mirror = mirror[: len(told['configurations'][name]['patch_size'])]
        files = {
            f'fold_{fold}/checkpoint_final.pth': make.checkpoint(network(told, name, heads, fold), told, name, mirror)
            for fold in folds
        }
        return make.lay(tmp_path / 'trained', told, dataset or make.dataset, files)

    return write


def blobs(shape=SHAPE, rim=0, seed=0):
    """Smooth blobs; 0 in a rim of so many voxels."""
    from scipy.ndimage import gaussian_filter

    image = gaussian_filter(np.random.default_rng(seed).normal(size=shape), 1.5).astype(np.float32) * 900 + 60
    inner = np.zeros(shape, np.float32)
    inner[tuple(slice(rim, n - rim) for n in shape)] = 1
    return image * inner


def theirs(root, image, spacing, mirroring=True, folds=(0, 1)):
    """What nnU-Net's predictor says, read and run by its own code."""
    with redirect_stdout(io.StringIO()):
        from nnunetv2.inference.predict_from_raw_data import nnUNetPredictor

        predictor = nnUNetPredictor(
            use_mirroring=mirroring,
            perform_everything_on_device=False,
            device=torch.device('cpu'),
            allow_tqdm=False,
        )
        predictor.initialize_from_trained_model_folder(str(root), folds)
        labels, probabilities = predictor.predict_single_npy_array(
            image[None], {'spacing': list(spacing)}, save_or_return_probabilities=True
        )
    return np.asarray(labels), np.asarray(probabilities)


def ours(root, image, spacing, **options):
    case = Case(name='blobs', image=image[None], geometry=GridGeometry.from_spacing(image.shape, spacing))
    model = load_model(root, spec=options or None, device='cpu')
    return model, predict(case, model)


def agreement(labels, found):
    """Share of voxels with the same label, and the Dice of all that is not background."""
    inside, there = labels > 0, found > 0
    return (labels == found).mean(), 2 * (inside & there).sum() / (inside.sum() + there.sum())


def hold(name, root, image, spacing, least, capsys, **options):
    """Compare, say the figures, and demand that so many labels are the same."""
    labels, probabilities = theirs(root, image, spacing, options.get('mirroring', True))
    model, found = ours(root, image, spacing, **options)
    same, dice = agreement(labels, found.labels)
    away = np.abs(probabilities - found.probabilities).max()
    with capsys.disabled():
        print(f'\n  {name}: {100 * same:.3f} % of labels the same, Dice {dice:.4f}, probabilities within {away:.2g}')
    assert len(np.unique(labels)) > 1, 'there is something to agree on'
    assert same >= least
    return model


PLAIN = {'spacing': (2.0, 1.0, 1.0)}


@pytest.mark.parametrize('scheme', ['ZScoreNormalization', 'CTNormalization', 'NoNormalization'])
def test_on_the_grid_of_the_training_windows_give_what_the_predictor_gives(make, folder, scheme, capsys):
    root = folder(make.plans({'3d_fullres': make.configuration((8, 16, 16), (2.0, 1.0, 1.0), scheme)}))
    model = hold(f'windows, {scheme}', root, blobs(), (2.0, 1.0, 1.0), 0.999, capsys)
    assert isinstance(model, TorchSegmenter)


def test_cut_to_the_foreground_and_transposed(make, folder, capsys):
    entry = make.configuration((16, 8, 16), (1.0, 2.0, 1.0), masked=True)
    root = folder(make.plans({'3d_fullres': entry}, transpose=(1, 0, 2)))
    hold('windows, cropped, transposed, norm in the mask', root, blobs(rim=3), (2.0, 1.0, 1.0), 0.999, capsys)


def test_without_mirroring_and_of_one_fold(make, folder, capsys):
    root = folder(make.plans({'3d_fullres': make.configuration((8, 16, 16), (2.0, 1.0, 1.0))}))
    model = hold('windows, not mirrored', root, blobs(), (2.0, 1.0, 1.0), 0.999, capsys, mirroring=False)
    assert model.spec.mirror_axes == ()
    one, _ = ours(root, blobs(), (2.0, 1.0, 1.0), folds=[1])
    labels, _ = theirs(root, blobs(), (2.0, 1.0, 1.0), folds=(1,))
    assert (ours(root / 'fold_1', blobs(), (2.0, 1.0, 1.0))[1].labels == labels).mean() > 0.999
    assert one.key != model.key


def test_an_image_smaller_than_a_window(make, folder, capsys):
    root = folder(make.plans({'3d_fullres': make.configuration((16, 48, 48), (2.0, 1.0, 1.0))}))
    hold('windows, larger than the image', root, blobs((11, 30, 27)), (2.0, 1.0, 1.0), 0.999, capsys)


def test_a_2d_network_on_a_volume(make, folder, capsys):
    root = folder(make.plans({'2d': make.configuration((16, 24), (1.0, 1.0))}), '2d')
    model = hold('windows, 2D', root, blobs(), (3.0, 1.0, 1.0), 0.999, capsys)
    assert model.spec.dimensions == 2


@pytest.mark.parametrize('spacing', [(2.6, 1.3, 0.9), (2.0, 1.4, 1.4), (4.0, 1.2, 0.9)])
def test_resampled(make, folder, spacing, capsys):
    root = folder(make.plans({'3d_fullres': make.configuration((8, 16, 16), (2.0, 1.0, 1.0))}))
    hold(f'windows, resampled from {spacing} mm', root, blobs(), spacing, 0.999, capsys)
    hold(f'predictor, resampled from {spacing} mm', root, blobs(), spacing, 1.0, capsys, run='nnunet')


def test_the_adapter_around_the_predictor_gives_its_labels(make, folder, capsys):
    for patch, name, spacing in (((8, 16, 16), '3d_fullres', (5.0, 1.2, 0.9)), ((16, 24), '2d', (3.0, 1.1, 0.9))):
        root = folder(make.plans({name: make.configuration(patch, (2.0, 1.0, 1.0)[-len(patch) :])}), name)
        model = hold(f'predictor, {name}', root, blobs(rim=2), spacing, 1.0, capsys, run='nnunet')
        assert isinstance(model, PredictorSegmenter)


def test_regions_run_through_the_predictor_and_become_its_labels(make, folder, capsys):
    root = folder(make.plans({'3d_fullres': make.configuration((8, 16, 16), (2.0, 1.0, 1.0))}), dataset=make.regions)
    labels, _ = theirs(root, blobs(), (2.0, 1.0, 1.0))
    model, found = ours(root, blobs(), (2.0, 1.0, 1.0))
    assert model.spec.classes == ('background', 'whole', 'core', 'enhancing')
    np.testing.assert_array_equal(found.labels, labels)
    assert 'regions that overlap' in load_model(root, device='cpu').messages[0]
    with pytest.raises(ModelError, match='cannot run through windows: its outputs are regions'):
        load_model(root, spec={'run': 'windows'})


def test_it_gives_up_between_two_windows(make, folder):
    root = folder(make.plans({'3d_fullres': make.configuration((8, 16, 16), (2.0, 1.0, 1.0))}))
    model = load_model(root, spec={'run': 'nnunet'}, device='cpu')
    asked = []

    def nobody_waits():
        asked.append(None)
        if len(asked) > 3:
            raise interrupt.Interrupted

    run = start_inference(model, ArraySource(blobs()[None], (2.0, 1.0, 1.0), True), Context())
    with pytest.raises(interrupt.Interrupted), interrupt.interruptible(nobody_waits):
        run.advance(*run.pending())
    run.advance(*run.pending())
    assert run.done == run.total == 1


def test_a_class_from_elsewhere_needs_consent_and_other_weights_are_refused(make, folder):
    told = make.plans({'3d_fullres': make.configuration((8, 16, 16), (2.0, 1.0, 1.0))})
    root = folder(told)
    told['configurations']['3d_fullres']['architecture']['network_class_name'] = 'somewhere.Network'
    make.lay(root, told)
    with pytest.raises(ConsentNeeded, match=r'plans.json: somewhere.Network'):
        load_model(root)
    other = make.configuration((8, 16, 16), (2.0, 1.0, 1.0))
    other['architecture']['arch_kwargs']['features_per_stage'] = [4, 8]
    make.lay(root, make.plans({'3d_fullres': other}))
    with pytest.raises(ModelError, match=r'Weights do not fit the network of plans.json: trained by nnUNetTrainer'):
        load_model(root)


def test_an_empty_image_is_background(make, folder):
    root = folder(make.plans({'3d_fullres': make.configuration((8, 16, 16), (2.0, 1.0, 1.0))}))
    for run in ('nnunet', 'windows'):
        assert not ours(root, np.zeros(SHAPE, np.float32), (2.0, 1.0, 1.0), run=run)[1].labels.any()
