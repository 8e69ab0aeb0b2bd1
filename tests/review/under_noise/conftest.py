"""A small case with five raters, and what simulated readers draw on a pack of it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

import napari_segrobust as sr
from napari_segrobust.cases import Case, Label, save_image
from napari_segrobust.perturb import Perturbation, new_perturbation, virtual_raters
from napari_segrobust.review.under_noise import Key

SPACING = (2.0, 1.0, 1.0)


@pytest.fixture(scope='session')
def truth() -> np.ndarray:
    """A ball of 9 mm."""
    z, y, x = np.ogrid[:14, :32, :32]
    inside = (2 * (z - 7)) ** 2 + (y - 16) ** 2 + (x - 15) ** 2 <= 81
    return np.asarray(inside, np.uint8)


@pytest.fixture(scope='session')
def case(truth: np.ndarray) -> Case:
    """An image of it, with five simulated raters."""
    image = 100 * truth + np.random.default_rng(0).normal(0, 5, truth.shape).astype(np.float32)
    raters = virtual_raters(truth, 5, sd_mm=1, correlation_mm=8, spacing=SPACING)
    return sr.load_case(image, raters=raters, spacing=SPACING, labels={1: Label('ball')}, name='ball')


@pytest.fixture
def noise() -> Perturbation:
    """What is swept."""
    return new_perturbation('gaussian_noise', 0, 7)


@pytest.fixture
def draw(truth: np.ndarray, case: Case) -> Callable[[Key, Path, int], None]:
    """``draw(key, folder, seed)``: a reader whose line wanders the more the noisier the image is."""

    def write(key: Key, folder: Path, seed: int) -> None:
        folder.mkdir(parents=True)
        for number, image in enumerate(key.images):
            sd = 0.5 + image.severity
            drawn = virtual_raters(truth, 1, sd_mm=sd, correlation_mm=8, seed=100 * seed + number, spacing=SPACING)
            save_image(folder / f'{image.code}_mask.nii.gz', next(iter(drawn.values())), case.geometry)

    return write
