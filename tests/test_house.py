"""Rules of the house that no linter knows: small files, mirrored tests, nothing unfinished, no one's machine."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / 'napari_segrobust'
FOLDERS = ('napari_segrobust', 'tests', 'benchmarks', 'examples', 'tools')
PYTHON = sorted(path for folder in FOLDERS for path in (ROOT / folder).rglob('*.py'))
PROSE = sorted([*ROOT.glob('*.md'), *(ROOT / 'docs').rglob('*.md')])
LONGEST = 400


def lines_with(pattern: str, paths: list[Path]) -> list[str]:
    """``file:line: text`` of every line in which `pattern` is found; this file may name what it forbids."""
    wanted = re.compile(pattern)
    return [
        f'{path.relative_to(ROOT)}:{number}: {line.strip()}'
        for path in paths
        if path != Path(__file__)
        for number, line in enumerate(path.read_text(encoding='utf-8').splitlines(), 1)
        if wanted.search(line)
    ]


def test_a_file_holds_one_idea() -> None:
    long = {str(path.relative_to(ROOT)): n for path in PYTHON if (n := path.read_text().count('\n')) > LONGEST}
    assert not long


def test_nothing_is_unfinished() -> None:
    assert not lines_with(r'\b(TODO|FIXME|XXX|raise NotImplementedError)\b', PYTHON)


def test_every_silenced_check_says_why() -> None:
    bare = r'# (noqa|type: ignore)(?!(: [A-Z0-9, ]+|\[[a-z-, ]+\])  # \S)'
    assert not lines_with(bare, PYTHON)


def test_tests_wait_for_events_and_never_for_the_clock() -> None:
    assert not lines_with(
        r'\b(time\.sleep|qtbot\.wait|QTest\.qWait)\(', [path for path in PYTHON if 'tests' in path.parts]
    )


def test_no_path_or_address_of_a_machine() -> None:
    texts = [*PYTHON, *PROSE, *ROOT.glob('*.toml'), *ROOT.glob('*.txt'), ROOT / 'Makefile']
    assert not lines_with(r'(?<![\w.])/(work|home|root|opt|Users)/\w', texts)


@pytest.mark.parametrize(
    ('word', 'instead'),
    [('ground[ -]truth', 'reference'), ('annotators?', 'rater')],
)
def test_one_word_for_one_thing(word: str, instead: str) -> None:
    package = [path for path in PYTHON if PACKAGE in path.parents]
    found = lines_with(rf'(?i)\b{word}\b', package)
    assert not found, f'say {instead}'
