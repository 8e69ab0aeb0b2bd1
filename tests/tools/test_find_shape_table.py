"""The search measures as we do, and the masks of the scene are what it looks for."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from napari_segrobust.lab import scenes

if TYPE_CHECKING:
    from types import ModuleType

    from numpy.typing import NDArray

ROOT = Path(__file__).parents[2]


def _load() -> ModuleType:
    spec = importlib.util.spec_from_file_location('find_shape_table', ROOT / 'tools' / 'find_shape_table.py')
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


tool = _load()


def as_bits(mask: NDArray[Any]) -> int:
    return sum(1 << cell for cell, value in zip(tool.CELLS, mask.ravel(), strict=True) if value)


@pytest.mark.parametrize('row', range(5))
def test_the_masks_of_the_scene_fit_the_print(row: int) -> None:
    pane = scenes()['shape_table'].draw()[row]
    reference, prediction = as_bits(pane.reference), as_bits(pane.prediction)
    assert reference.bit_count() == tool.REFERENCE_SIZE
    assert prediction.bit_count() == tool.PREDICTION_SIZE
    assert tool.pieces(reference) == 0
    assert tool.cost(reference, prediction, tool.PRINTED[row]) == 0
    keys = ('hd', 'hd95', 'assd', 'masd', 'nsd')
    found = pane.compare(keys).metrics[1]
    expected = [found[key].value for key in keys]
    assert tool.measure(tool.border(reference), tool.border(prediction)) == pytest.approx(expected)


def test_one_seed_gives_one_search() -> None:
    first, second = (tool.search(3, 300) for _ in range(2))
    assert first == second
    assert first[1].bit_count() == tool.REFERENCE_SIZE


def test_holes_and_pieces_are_counted() -> None:
    ring = sum(1 << tool.CELLS[i] for i in (11, 12, 13, 21, 23, 31, 32, 33))
    assert tool.pieces(ring) == 1
    assert tool.pieces(ring | 1 << tool.CELLS[99]) == 2
    assert tool.pieces(ring | 1 << tool.CELLS[22]) == 0
