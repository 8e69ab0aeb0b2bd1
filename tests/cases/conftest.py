"""Small files of every kind."""

from __future__ import annotations

from typing import TYPE_CHECKING

import nibabel as nib
import numpy as np
import pytest

if TYPE_CHECKING:
    from pathlib import Path

AFFINE = np.array([[2.0, 0, 0, -10], [0, 3.0, 0, 20], [0, 0, 5.0, -30], [0, 0, 0, 1]])


@pytest.fixture
def phantom() -> np.ndarray:
    """Volume without any symmetry, (i, j, k) as stored, whole numbers."""
    return np.random.default_rng(3).integers(-50, 1000, (7, 8, 9)).astype(np.int16)


@pytest.fixture
def mask(phantom: np.ndarray) -> np.ndarray:
    """Blocks of two labels that touch no mirror image of themselves."""
    labels = np.zeros(phantom.shape, np.uint8)
    labels[1:4, 2:5, 1:4] = 1
    labels[4:6, 5:7, 5:8] = 2
    return labels


@pytest.fixture
def image_file(tmp_path: Path, phantom: np.ndarray) -> Path:
    """The phantom as NIfTI."""
    path = tmp_path / 'image.nii.gz'
    nib.save(nib.Nifti1Image(phantom, AFFINE), path)
    return path


@pytest.fixture
def mask_file(tmp_path: Path, mask: np.ndarray) -> Path:
    """Its mask."""
    path = tmp_path / 'organs.nii.gz'
    nib.save(nib.Nifti1Image(mask, AFFINE), path)
    return path
