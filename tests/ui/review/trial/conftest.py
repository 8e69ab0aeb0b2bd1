"""The page of the trial, and a person at its keyboard."""

from __future__ import annotations

import pytest


@pytest.fixture
def page(reviewed, review_panel, qtbot):
    """The page in a real window: four raters, and the mask of a threshold."""
    made = review_panel.show_page('Which is human?')
    qtbot.waitUntil(lambda: len(made.work.choices) > 1, timeout=30_000)
    made.sync()
    return made


@pytest.fixture
def begin(page, tmp_path, qtbot):
    """``begin(question, against)``: start, or go on, as a person would."""

    def start(question=0, against=0, name='dora', file='ball.trial.jsonl'):
        page.start.file.setText(str(tmp_path / file))
        page.start.name.setText(name)
        page.start.question.setCurrentIndex(question)
        page.start.against.setCurrentIndex(against)
        page.start.start.click()
        qtbot.waitUntil(lambda: page.work.trial is not None or bool(page.work.said), timeout=10_000)
        return page.work.trial

    return start
