"""A trained-model folder as nnU-Net leaves it, small enough for a test."""

from __future__ import annotations

import json
from types import SimpleNamespace

import numpy as np
import pytest
import torch

STRIDES = {2: [[1, 1], [2, 2]], 3: [[1, 1, 1], [1, 2, 2]]}


def architecture(ndim, features=(4, 6)):
    """Entry of the plans for a U-Net of two stages."""
    conv, norm = f'torch.nn.modules.conv.Conv{ndim}d', f'torch.nn.modules.instancenorm.InstanceNorm{ndim}d'
    return {
        'network_class_name': 'dynamic_network_architectures.architectures.unet.PlainConvUNet',
        'arch_kwargs': {
            'n_stages': 2,
            'features_per_stage': list(features),
            'conv_op': conv,
            'kernel_sizes': [[3] * ndim] * 2,
            'strides': STRIDES[ndim],
            'n_conv_per_stage': [1, 1],
            'n_conv_per_stage_decoder': [1],
            'conv_bias': True,
            'norm_op': norm,
            'norm_op_kwargs': {'eps': 1e-05, 'affine': True},
            'dropout_op': None,
            'dropout_op_kwargs': None,
            'nonlin': 'torch.nn.LeakyReLU',
            'nonlin_kwargs': {'inplace': True},
        },
        '_kw_requires_import': ['conv_op', 'norm_op', 'dropout_op', 'nonlin'],
    }


def resampling(name, order):
    kwargs = {'is_seg': name == 'seg', 'order': order, 'order_z': 0, 'force_separate_z': None}
    return {
        f'resampling_fn_{name}': 'resample_data_or_seg_to_shape',
        f'resampling_fn_{name}_kwargs': kwargs,
    }


def configuration(patch, spacing, scheme='ZScoreNormalization', masked=False):
    """Entry of the plans for one configuration."""
    return {
        'data_identifier': 'nnUNetPlans',
        'preprocessor_name': 'DefaultPreprocessor',
        'batch_size': 2,
        'patch_size': list(patch),
        'median_image_size_in_voxels': list(patch),
        'spacing': list(spacing),
        'normalization_schemes': [scheme],
        'use_mask_for_norm': [masked],
        **resampling('data', 3),
        **resampling('seg', 1),
        **resampling('probabilities', 1),
        'architecture': architecture(len(patch)),
        'batch_dice': False,
    }


def plans(configurations, transpose=(0, 1, 2), reader='SimpleITKIO'):
    """What ``plans.json`` holds."""
    return {
        'dataset_name': 'Dataset999_Tiny',
        'plans_name': 'nnUNetPlans',
        'transpose_forward': list(transpose),
        'transpose_backward': np.argsort(transpose).tolist(),
        'image_reader_writer': reader,
        'label_manager': 'LabelManager',
        'foreground_intensity_properties_per_channel': {
            '0': {
                'mean': 60.0,
                'std': 50.0,
                'percentile_00_5': -80.0,
                'percentile_99_5': 220.0,
                'min': -900.0,
                'max': 900.0,
            }
        },
        'configurations': configurations,
    }


DATASET = {
    'channel_names': {'0': 'MRI'},
    'labels': {'background': 0, 'organ': 1, 'lesion': 2},
    'numTraining': 2,
    'file_ending': '.nii.gz',
}
REGIONS = {
    **DATASET,
    'labels': {'background': 0, 'whole': [1, 2, 3], 'core': [2, 3], 'enhancing': 3},
    'regions_class_order': [1, 2, 3],
}


def checkpoint(weights, told, name='3d_fullres', mirror=(0, 1, 2), **more):
    """What ``nnUNetTrainer.save_checkpoint`` writes, with the numbers of numpy that are among it."""
    return {
        'network_weights': weights,
        'optimizer_state': {'state': {}, 'param_groups': [{'lr': 0.01}]},
        'grad_scaler_state': None,
        'logging': {'train_losses': [np.float32(-0.5)], 'mean_fg_dice': [np.float64(0.5)], 'epoch': [np.int64(3)]},
        '_best_ema': np.float64(0.4),
        'current_epoch': 2,
        'init_args': {'plans': told, 'configuration': name, 'fold': 0, 'device': torch.device('cpu'), **more},
        'trainer_name': 'nnUNetTrainer',
        'inference_allowed_mirroring_axes': mirror,
    }


def lay(folder, told, dataset=DATASET, checkpoints=None):
    """Write a folder; `checkpoints` holds what lies under each ``fold_X/checkpoint_Y.pth``."""
    folder.mkdir(exist_ok=True)
    (folder / 'plans.json').write_text(json.dumps(told))
    (folder / 'dataset.json').write_text(json.dumps(dataset))
    for place, content in (checkpoints or {}).items():
        (folder / place).parent.mkdir(exist_ok=True)
        torch.save(content, folder / place)
    return folder


@pytest.fixture(scope='session')
def make():
    """What tests make folders of."""
    return SimpleNamespace(
        plans=plans, configuration=configuration, checkpoint=checkpoint, lay=lay, dataset=DATASET, regions=REGIONS
    )


@pytest.fixture
def told():
    """Plans of a 3D network."""
    return plans({'3d_fullres': configuration((8, 16, 16), (2.0, 1.0, 1.0))})


@pytest.fixture
def bare(tmp_path, told):
    """A folder with two folds of weights that no network has."""
    some = {'a': torch.ones(2)}
    places = ('fold_0/checkpoint_final.pth', 'fold_1/checkpoint_final.pth', 'fold_1/checkpoint_best.pth')
    return lay(
        tmp_path / 'nnUNetTrainer__nnUNetPlans__3d_fullres',
        told,
        DATASET,
        dict.fromkeys(places, checkpoint(some, told)),
    )
