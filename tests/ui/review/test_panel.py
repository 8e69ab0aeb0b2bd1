"""The dock of the review in a real window."""

from __future__ import annotations

from dataclasses import replace

from napari_segrobust.explore.state import Lane
from napari_segrobust.ui import commands
from napari_segrobust.ui.results import Results

MAP = '[sr] consensus'


def test_the_title_says_who_is_reviewed(review_panel):
    assert review_panel.title.text().startswith('4 raters of ball')
    assert review_panel.refusal.isHidden()


def test_it_measures_while_it_is_seen(qtbot, reviewed, review_panel):
    review = reviewed.review
    review_panel.parentWidget().hide()
    reviewed.session.state.tolerance_mm = 3.5
    assert review.agreement.settings.tolerance_mm != 3.5
    review_panel.parentWidget().show()
    review_panel.parentWidget().raise_()
    qtbot.waitUntil(lambda: review.agreement is not None, timeout=30_000)
    assert review.agreement.settings.tolerance_mm == 3.5


def test_a_refusal_stands_above_the_tabs(qtbot, reviewed, raters_case, review_panel):
    masks = dict(list(raters_case.references.items())[:1])
    reviewed.open_case(replace(raters_case, references=masks, raters=()), [Lane(source='threshold')])
    assert 'Nothing to review' in review_panel.refusal.text()


def test_the_command_shows_and_hides_it(reviewed, review_panel, monkeypatch):
    monkeypatch.setattr(commands, '_viewer', lambda: reviewed.viewer)
    commands.review_raters()
    assert not review_panel.isVisible()
    commands.review_raters()
    assert review_panel.isVisible()


def test_what_covers_it_takes_its_page_off_the_canvas(reviewed, review_panel, qtbot):
    review_panel.show_page('Consensus')
    qtbot.waitUntil(lambda: MAP in reviewed.viewer.layers, timeout=30_000)
    results = next(w for w in reviewed.viewer.window.dock_widgets.values() if isinstance(w, Results))
    results.parentWidget().raise_()
    assert not review_panel.is_seen
    assert MAP not in reviewed.viewer.layers
    review_panel.parentWidget().raise_()
    qtbot.waitUntil(lambda: MAP in reviewed.viewer.layers, timeout=30_000)


def test_no_page_makes_the_window_higher_than_a_small_screen(reviewed, review_panel):
    window = reviewed.viewer.window._qt_window
    for title in ('Raters', 'Agreement', 'Consensus', 'Disputes', 'Which is human?', 'Model', 'Cases'):
        review_panel.show_page(title)
        assert review_panel.minimumSizeHint().height() <= 120, title
        assert window.minimumSizeHint().height() <= 760, title
        assert window.minimumSizeHint().width() <= 1280, title
