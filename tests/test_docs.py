"""The documentation is true where a machine can tell: links lead somewhere, examples run."""

from __future__ import annotations

import doctest
import importlib
import re
from pathlib import Path

import pytest

from napari_segrobust.perturb import perturbations, presets

ROOT = Path(__file__).parents[1]
PAGES = sorted([*ROOT.glob('*.md'), *(ROOT / 'docs').rglob('*.md')])
LINK = re.compile(r'\]\((?!https?:|mailto:|#)([^)#\s]+)(?:#[^)]*)?\)')
EXAMPLE = re.compile(r'^```python\n(.*?)^```', re.MULTILINE | re.DOTALL)
WITH_EXAMPLES = sorted(
    '.'.join(path.relative_to(ROOT).with_suffix('').parts).removesuffix('.__init__')
    for path in (ROOT / 'napari_segrobust').rglob('*.py')
    if '>>> ' in path.read_text(encoding='utf-8')
)


@pytest.mark.parametrize('page', PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    targets = LINK.findall(page.read_text(encoding='utf-8'))
    assert not [target for target in targets if not (page.parent / target).exists()]


@pytest.mark.parametrize('page', PAGES, ids=lambda page: page.name)
def test_python_in_a_page_runs(page: Path) -> None:
    for example in EXAMPLE.findall(page.read_text(encoding='utf-8')):
        exec(compile(example, str(page), 'exec'), {})


@pytest.mark.parametrize('module', WITH_EXAMPLES)
def test_examples_in_docstrings_run(module: str) -> None:
    assert doctest.testmod(importlib.import_module(module)).failed == 0


def test_the_readme_counts_what_there_is() -> None:
    words = ' '.join((ROOT / 'README.md').read_text(encoding='utf-8').split())
    remedies = [spec for spec in perturbations().values() if spec.stage == 'remedy']
    assert f'catalogue](docs/perturbations.md) holds {len(perturbations())}:' in words
    assert f'and {len(remedies)} remedies' in words
    assert f'({len(perturbations())} perturbations, ' in words
    for preset in presets().values():
        assert preset.title in words
