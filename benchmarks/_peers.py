"""What a person would call in MONAI and in TorchIO for the same change, as amounts that are near ours.

Each peer takes an image (1, *spatial) as a tensor and gives a function to be timed: the transform is made, its draw is
not. MONAI acts on slices (1, H, W) and volumes; TorchIO on volumes, a slice being one of depth 1.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import monai.transforms as mt
import torchio as tio

if TYPE_CHECKING:
    from collections.abc import Callable

    import torch

Peer = 'Callable[[torch.Tensor], Any]'


def monai_peers(ndim: int, span: float) -> dict[str, Callable[[torch.Tensor], Any]]:
    """MONAI's transforms by the name of ours; `span` is hi - lo of the image."""
    turn = (0.3,) * (3 if ndim == 3 else 1)
    elastic: dict[str, Any] = {'prob': 1.0, 'padding_mode': 'zeros'}
    made: dict[str, Callable[[torch.Tensor], Any]] = {
        'gaussian_noise': mt.RandGaussianNoise(prob=1.0, std=0.12 * span, sample_std=False),
        'rician_noise': mt.RandRicianNoise(prob=1.0, std=0.1 * span, sample_std=False),
        'gaussian_blur': mt.GaussianSmooth(sigma=2.0),
        'denoise_gaussian': mt.GaussianSmooth(sigma=1.0),
        'denoise_median': mt.MedianSmooth(radius=1),
        'bias_field': mt.RandBiasField(prob=1.0, degree=3, coeff_range=(0.0, 0.3)),
        'gamma': mt.AdjustContrast(gamma=1.8),
        'brightness': mt.ScaleIntensity(minv=None, maxv=None, factor=0.4),
        'histogram_shift': mt.RandHistogramShift(prob=1.0, num_control_points=5),
        'histogram_equalisation': mt.HistogramNormalize(num_bins=256),
        'renormalise': mt.NormalizeIntensity(),
        'gibbs': mt.GibbsNoise(alpha=0.5),
        'spike': mt.KSpaceSpikeNoise(loc=(0, *(20,) * ndim), k_intensity=15.0),
        # as ours averages and repeats; by default it takes every second voxel and averages nothing
        'isotropic': mt.RandSimulateLowResolution(
            prob=1.0, zoom_range=(0.45, 0.45), downsample_mode='area', upsample_mode='nearest'
        ),
        'cut_out': mt.RandCoarseDropout(holes=2, spatial_size=(40,) * ndim, prob=1.0),
        'flip': mt.Flip(spatial_axis=ndim - 1),
        'rigid': mt.Affine(rotate_params=turn, translate_params=(8.0,) * ndim, padding_mode='zeros', image_only=True),
        'elastic': (
            mt.Rand3DElastic(sigma_range=(8, 8), magnitude_range=(200, 200), **elastic)
            if ndim == 3
            else mt.Rand2DElastic(spacing=(64, 64), magnitude_range=(8, 8), **elastic)
        ),
    }
    # some of them write on what they are given
    for name in ('cut_out',):
        made[name] = _on_a_clone(made[name])
    return made


def torchio_peers(ndim: int, span: float) -> dict[str, Callable[[torch.Tensor], Any]]:
    """TorchIO's transforms by the name of ours, with fixed parameters where it has them."""
    flat = ndim == 2
    one = (0.0 if flat else 10.0, 0.0 if flat else 10.0, 10.0)
    bent = (0.0 if flat else 7.5, 7.5, 7.5)
    made = {
        'gaussian_noise': tio.Noise(mean=0.0, std=0.12 * span, seed=1),
        'gaussian_blur': tio.Blur(std=(0.0 if flat else 2.0, 2.0, 2.0)),
        'denoise_gaussian': tio.Blur(std=(0.0 if flat else 1.0, 1.0, 1.0)),
        'bias_field': tio.RandomBiasField(coefficients=0.3, order=3),
        'gamma': tio.RandomGamma(log_gamma=(0.588, 0.588)),
        'renormalise': tio.ZNormalization(),
        'ghosting': tio.RandomGhosting(num_ghosts=(5, 5), axes=(1,), intensity=(0.5, 0.5)),
        'spike': tio.RandomSpike(num_spikes=1, intensity=(0.4, 0.4)),
        'rigid_motion': tio.RandomMotion(degrees=(3, 3), translation=(6, 6), num_transforms=4),
        'rigid': tio.Affine(scales=1, degrees=one, translation=(0.0 if flat else 8.0, 8.0, 8.0)),
        'elastic': tio.RandomElasticDeformation(num_control_points=7, max_displacement=bent),
        'anisotropic': tio.RandomAnisotropy(axes=(1 if flat else 0,), downsampling=(4, 4)),
        'flip': tio.Flip(axes=(2,)),
    }
    return {name: _as_volume(transform) for name, transform in made.items()}


def _on_a_clone(transform: Any) -> Callable[[torch.Tensor], Any]:
    return lambda image: transform(image.clone())


def _as_volume(transform: Any) -> Callable[[torch.Tensor], Any]:
    """Give a slice the depth that TorchIO asks for."""
    return lambda image: transform(image if image.ndim == 4 else image[:, None])
