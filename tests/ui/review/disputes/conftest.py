"""Three raters and ten objects that one of them alone sees: ten disputes to settle."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from napari_segrobust.explore.state import Lane
from napari_segrobust.ui.review.room import show_review


@pytest.fixture
def ten_disputes(ball_case):
    """The ball three times, with a block of its own in each of ten corners."""
    ball = ball_case.references['expert']
    masks = {name: ball.copy() for name in ('anna', 'ben', 'carla')}
    for number in range(10):
        y, x = divmod(number, 5)
        names = [('anna',), ('ben',), ('carla',), ('anna', 'ben')][number % 4]
        for name in names:
            masks[name][2 + number % 3 : 5 + number % 3, 1 + 19 * y : 5 + 19 * y, 4 * x + 1 : 4 * x + 4] = 1
    return replace(ball_case, references=masks, raters=tuple(masks), predictions={})


@pytest.fixture
def page(explorer, ten_disputes, qtbot):
    """The page of disputes in a real window, with the list in it."""
    explorer.open_case(ten_disputes, [Lane(source='threshold')])
    session = explorer.session
    qtbot.waitUntil(lambda: bool(session.settled and session.volume and session.volume.lanes), timeout=30_000)
    made = show_review(explorer.viewer).show_page('Disputes')
    qtbot.waitUntil(lambda: len(made.work.disputes) == 10, timeout=30_000)
    return made


@pytest.fixture
def begin(page, tmp_path, qtbot):
    """``begin()``: start, or resume, as a person would."""

    def start(name='dora'):
        page.start.file.setText(str(tmp_path / 'ball.adjudication.jsonl'))
        page.start.name.setText(name)
        page.start.start.click()
        qtbot.waitUntil(lambda: page.work.adjudication is not None or bool(page.work.said), timeout=10_000)
        return page.work.adjudication

    return start


@pytest.fixture
def painted():
    """``painted(edit, slices)``: paint a block of an edit as napari's tools do."""

    def paint(edit, *slices):
        grids = np.meshgrid(*(np.arange(s.start, s.stop) for s in slices), indexing='ij')
        edit.layer.data_setitem(tuple(grid.ravel() for grid in grids), 1)

    return paint
