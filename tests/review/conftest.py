"""Masks of raters: discs and balls with room around them, and a short way to make votes of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from napari_segrobust.review import Votes


@pytest.fixture
def disc() -> Callable[..., NDArray[np.uint8]]:
    """``disc(radius, centre=(20, 20), size=40)``: a filled circle."""

    def make(radius: float, centre: tuple[float, float] = (20, 20), size: int = 40) -> NDArray[np.uint8]:
        y, x = np.ogrid[:size, :size]
        return ((y - centre[0]) ** 2 + (x - centre[1]) ** 2 <= radius**2).astype(np.uint8)

    return make


@pytest.fixture
def ball() -> Callable[..., NDArray[np.uint8]]:
    """``ball(radius, centre=(12, 12, 12), size=24)``: a filled sphere."""

    def make(radius: float, centre: Sequence[float] = (12, 12, 12), size: int = 24) -> NDArray[np.uint8]:
        grid = np.indices((size,) * 3)
        inside = sum((axis - c) ** 2 for axis, c in zip(grid, centre, strict=True)) <= radius**2
        return np.asarray(inside, np.uint8)

    return make


@pytest.fixture
def votes() -> Callable[..., Votes]:
    """``votes(masks, looked=None, spacing=None)``: raters A, B, C and so on."""

    def make(masks: Sequence[NDArray[Any]], looked: Any = None, spacing: tuple[float, ...] | None = None) -> Votes:
        seen = (None,) * len(masks) if looked is None else tuple(looked)
        drawn = tuple(
            np.asarray(mask, bool) if there is None else np.asarray(mask, bool) & there
            for mask, there in zip(masks, seen, strict=True)
        )
        return Votes(tuple('ABCDEFGHIJKLMNOPQRSTUVWXYZ'[: len(masks)]), drawn, seen, spacing)

    return make
