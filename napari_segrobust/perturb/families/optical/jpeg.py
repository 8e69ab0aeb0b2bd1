"""JPEG: the codec of cameras, slide scanners and image archives."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_segrobust.perturb.families.optical._plane import whole_plane
from napari_segrobust.perturb.spec import Parameter, PerturbationSpec

if TYPE_CHECKING:
    from collections.abc import Mapping

    import torch
    from numpy.typing import NDArray

    from napari_segrobust.perturb.spec import FieldBlock


def apply(u: torch.Tensor, amounts: Mapping[str, float], field: FieldBlock) -> torch.Tensor:
    """Send every slice through the codec as 8 bits from lo to hi; what lies outside of them is carried along."""
    import torch

    inside = u.clamp(0.0, 1.0)
    outside = u.sub_(inside)[(slice(None), *field.keep)]
    levels = inside.mul_(255.0).round_().to(torch.uint8).cpu().numpy()
    slices = levels.reshape(len(u), -1, *u.shape[-2:])
    wanted = np.empty((*slices.shape[:2], *outside.shape[-2:]), np.float32)
    rows, columns = field.keep[-2:]
    for index in range(slices.shape[1]):
        for channels in (slice(0, 3),) if len(u) == 3 else [slice(c, c + 1) for c in range(len(u))]:
            wanted[channels, index] = coded(slices[channels, index], int(amounts['quality']))[:, rows, columns]
    return torch.from_numpy(wanted).to(u.device).div_(255.0).reshape(outside.shape).add_(outside)


def coded(image: NDArray[np.uint8], quality: int) -> NDArray[Any]:
    """Encode and decode an image (1, H, W), or (3, H, W) as colour with half the resolution, as the codec does."""
    from PIL import Image

    file = io.BytesIO()
    picture = Image.fromarray(np.moveaxis(image, 0, -1)) if len(image) == 3 else Image.fromarray(image[0])
    picture.save(file, 'JPEG', quality=quality)
    return np.atleast_3d(np.asarray(Image.open(file))).transpose(2, 0, 1)


SPEC = PerturbationSpec(
    name='jpeg',
    title='JPEG',
    group='optical',
    kind='discrete',
    stage='codec',
    response='nonlinear',
    parameters=(
        Parameter(
            'quality',
            'quality',
            '',
            (100, 50, 30, 15, 10, 7),
            1,
            100,
            'MedMNIST-C, jpeg_compression; ImageNet-C: 25, 18, 15, 10, 7',
            steps=True,
        ),
    ),
    summary='Blocks of 8 x 8 pixels and blurred colours of strong compression.',
    model='libjpeg on 8-bit slices from lo to hi, three channels as one colour image with chroma at half resolution',
    source='ITU-T T.81 (1992); Di Salvo et al. 2024 (MedMNIST-C); Hendrycks & Dietterich, ICLR 2019 (ImageNet-C)',
    apply=apply,
    halo=whole_plane,
    mixes_channels=True,
    modalities=('endoscopy', 'fundus', 'histology', 'US', 'X-ray', 'photograph'),
    caution='Quality 100 is not the untouched image: it still rounds to 8 bits.',
)
