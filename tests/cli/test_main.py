"""The door itself: what is printed where, and the exit status."""

from __future__ import annotations

import pytest

from napari_segrobust import cli
from napari_segrobust.cli import Verb, main
from napari_segrobust.errors import CaseError


@pytest.fixture
def verbs(monkeypatch: pytest.MonkeyPatch) -> list[Verb]:
    """The list that stands for the discovered verbs."""
    listed: list[Verb] = []
    monkeypatch.setattr(cli, 'discover', lambda package, attribute: listed)
    return listed


def test_a_verb_gets_its_arguments(verbs: list[Verb], capsys: pytest.CaptureFixture[str]) -> None:
    verbs.append(Verb('say', 'Say it.', lambda parser: parser.add_argument('word'), lambda given: print(given.word)))
    assert main(['say', 'mask']) == 0
    assert capsys.readouterr().out == 'mask\n'


def test_a_mistake_is_one_line_and_exit_status_two(verbs: list[Verb], capsys: pytest.CaptureFixture[str]) -> None:
    def fail(_: object) -> None:
        raise CaseError('Image not read', 'two\nlines', 'Mend it.')

    verbs.append(Verb('fail', 'Fail.', lambda parser: None, fail))
    assert main(['fail']) == 2
    assert capsys.readouterr() == ('', 'Image not read: two lines. Mend it.\n')


@pytest.mark.parametrize('words', [[], ['no-such-verb'], ['say'], ['say', 'a', '--no-such-option']])
def test_words_that_cannot_be_parsed_are_one_line(
    words: list[str], verbs: list[Verb], capsys: pytest.CaptureFixture[str]
) -> None:
    verbs.append(Verb('say', 'Say it.', lambda parser: parser.add_argument('word'), lambda given: None))
    with pytest.raises(SystemExit) as stop:
        main(words)
    assert stop.value.code == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.endswith('--help')


def test_a_defect_of_ours_is_not_hidden(verbs: list[Verb]) -> None:
    verbs.append(Verb('break', 'Break.', lambda parser: None, lambda given: 1 / 0))
    with pytest.raises(ZeroDivisionError):
        main(['break'])


def test_real_verbs_have_names_and_help_of_their_own() -> None:
    found = cli.discover('napari_segrobust.cli', 'VERB')
    assert len({verb.name for verb in found}) == len(found)
    assert all(verb.help for verb in found)
