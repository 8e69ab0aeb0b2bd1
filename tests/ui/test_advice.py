"""Which metric to look at: asked with a button, answered with the figures of the case."""

from __future__ import annotations

import pytest
from qtpy.QtWidgets import QLabel, QPushButton

from napari_segrobust.explore.state import Lane
from napari_segrobust.lab.facts import look_at_case
from napari_segrobust.ui.advice import facts_in_words
from napari_segrobust.ui.results import Results


@pytest.fixture
def results(explorer) -> Results:
    docks = explorer.viewer.window.dock_widgets.values()
    return next(widget for widget in docks if isinstance(widget, Results))


def test_the_answer_is_about_the_case(explorer, ball_case, results, qtbot):
    adviser = results.adviser
    assert not adviser.button.isEnabled()
    explorer.open_case(ball_case, [Lane(source='shifted', given=True)])
    session = explorer.session
    qtbot.waitUntil(lambda: bool(session.settled and session.volume and session.volume.lanes), timeout=20_000)
    assert adviser.button.isEnabled()
    adviser.button.click()
    qtbot.waitUntil(adviser.card.isVisible, timeout=20_000)
    facts = look_at_case(ball_case, 1)
    words = [label.text() for label in adviser.card.findChildren(QLabel)]
    assert facts_in_words(facts, 'object') in words
    assert f'{facts.volume:.3g} ml' in facts_in_words(facts, 'object')
    assert any(f'one layer costs {facts.layer_cost:.2g} Dice; look at NSD and volume' in text for text in words)
    chosen = next(
        button for button in adviser.card.findChildren(QPushButton) if button.text() == 'Volume diff., absolute'
    )
    chosen.click()
    assert not adviser.card.isVisible()
    assert 'absolute_volume_difference_ml' in session.metrics
    assert results.card.isVisible()
    results.card.reject()
    adviser.button.click()
    assert adviser.card.isVisible(), 'what was seen once is known'
    adviser.card.reject()


def test_contrast_stands_beside(ball_case):
    words = facts_in_words(look_at_case(ball_case, 1), 'object')
    assert words.startswith('object: ')
    assert ', 1 object' in words
