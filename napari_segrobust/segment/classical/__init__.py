"""Methods without weights: one file each, which defines `METHOD`; they stand in the same comparison as networks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from napari_segrobust.registry import discover

if TYPE_CHECKING:
    from napari_segrobust.segment.classical.method import Method


def methods() -> dict[str, Method]:
    """Every method by its name, in the order of their files' names."""
    found: list[Method] = discover('napari_segrobust.segment.classical', 'METHOD')
    return {method.name: method for method in found}
