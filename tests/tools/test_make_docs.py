"""The pages that are made from the registries are those that the registries make now."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from types import ModuleType

ROOT = Path(__file__).parents[2]


def _load() -> ModuleType:
    spec = importlib.util.spec_from_file_location('make_docs', ROOT / 'tools' / 'make_docs.py')
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


make_docs = _load()


@pytest.mark.parametrize('path', make_docs.PAGES, ids=lambda path: path.name)
def test_page_is_up_to_date(path: Path) -> None:
    made = make_docs.PAGES[path]()
    assert path.read_text(encoding='utf-8') == made, f'{path.name} is out of date: run make docs'


def test_a_cell_cannot_break_a_table() -> None:
    assert make_docs.table(['a'], [['|x|']]).splitlines()[-1] == '| \\|x\\| |'


def test_dois_become_links() -> None:
    assert make_docs.linked('A 1, doi:10.1/x; B 2') == 'A 1, [doi:10.1/x](https://doi.org/10.1/x); B 2'


def test_empty_masks_are_computed_not_told() -> None:
    from napari_segrobust.compare import metric_specs

    assert make_docs.empty_cells(metric_specs()['dice']) == ['undefined', '0', '0']
    assert make_docs.empty_cells(metric_specs()['hd95']) == ['undefined'] * 3
    assert make_docs.empty_cells(metric_specs()['fp']) == ['computed'] * 3
