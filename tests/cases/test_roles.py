"""Masks are told from images, and roles proposed in the order of the files."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from napari_segrobust.cases import load_case
from napari_segrobust.cases.readers import read_stored
from napari_segrobust.cases.roles import Role, looks_like_mask, propose_roles

if TYPE_CHECKING:
    from pathlib import Path

BLOCKS = np.kron(np.arange(9).reshape(3, 3), np.ones((30, 30))).astype(np.uint8)
NOISE = np.random.default_rng(0).integers(0, 200, (90, 90)).astype(np.uint8)


@pytest.mark.parametrize(
    'mask', [BLOCKS, BLOCKS > 3, BLOCKS.astype(float), np.zeros((9, 9), int), BLOCKS * np.int16(50)]
)
def test_patches_of_few_whole_numbers_are_a_mask(mask: np.ndarray) -> None:
    assert looks_like_mask(mask)


@pytest.mark.parametrize(
    'image',
    [
        *(NOISE, BLOCKS - 1.0, BLOCKS + 0.5, np.where(BLOCKS == 1, np.nan, BLOCKS)),
        *(np.arange(90000).reshape(300, 300), BLOCKS * 1e6, BLOCKS * 1j, np.zeros((0, 3))),
    ],
)
def test_everything_else_is_an_image(image: np.ndarray) -> None:
    assert not looks_like_mask(image)


def test_real_files(shared_data: Path) -> None:
    masks = ['ct/organs.nii.gz', 'ct_dicom_organs.nii.gz', 'tumour/brain1_label.nrrd', 'stroke/reference.nii.gz']
    images = ['ct/ct.nii.gz', 'mr/mr.nii.gz', 'mni/t1.nii.gz', 'mni/wm.nii.gz', 'tumour/breast1_image.nrrd']
    assert [looks_like_mask(read_stored(shared_data / name).array) for name in masks] == [True] * len(masks)
    assert [looks_like_mask(read_stored(shared_data / name).array) for name in images] == [False] * len(images)


def test_first_mask_is_the_reference_second_the_prediction() -> None:
    assert propose_roles([False, True]) == [Role.IMAGE, Role.REFERENCE]
    assert propose_roles([True, False, True]) == [Role.REFERENCE, Role.IMAGE, Role.PREDICTION]
    assert propose_roles([True] * 4) == [Role.REFERENCE, Role.PREDICTION, Role.RATER, Role.RATER]
    assert propose_roles([]) == []


def test_a_case_is_not_changed_by_asking() -> None:
    case = load_case(BLOCKS)
    before = case.key
    looks_like_mask(case.image[0])
    assert load_case(BLOCKS).key == before
