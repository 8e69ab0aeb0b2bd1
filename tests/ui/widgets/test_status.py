"""Status line."""

import pytest
from qtpy.QtCore import Qt
from qtpy.QtGui import QColor

from napari_segrobust.ui.widgets.status import StatusLine

STATES = ('idle', 'waiting', 'running', 'stale', 'failed')


@pytest.fixture
def status(qtbot, palette):
    status = StatusLine(palette=palette)
    qtbot.addWidget(status)
    status.resize(300, 30)
    status.show()
    return status


@pytest.mark.parametrize(
    ('state', 'text', 'words'),
    [
        ('idle', '', 'idle'),
        ('running', '42 ms, 3 of 9 windows, cpu', 'running 42 ms, 3 of 9 windows, cpu'),
        ('stale', 'belongs to severity 2.0', 'stale: belongs to severity 2.0'),
        ('failed', 'the model returned NaN. See the log.', 'failed: the model returned NaN. See the log.'),
    ],
)
def test_words(status, state, text, words):
    status.set_status(state, text)
    assert status.text.text() == words
    assert status.text.toolTip() == words
    assert status.accessibleName() == f'Status: {words}'


def test_long_words_do_not_widen(status):
    status.set_status('failed', 'word ' * 200)
    assert status.minimumSizeHint().width() <= 300


def test_cancel_only_while_there_is_something_to_cancel(qtbot, status):
    for state in STATES:
        status.set_status(state)
        assert status.cancel.isVisible() is (state in ('waiting', 'running'))
    status.set_status('running')
    with qtbot.waitSignal(status.cancelled):
        qtbot.mouseClick(status.cancel, Qt.MouseButton.LeftButton)


def test_nothing_moves_between_states(status):
    widths = set()
    for state in STATES:
        status.set_status(state, 'text')
        widths.add((status.text.width(), status.height()))
    assert len(widths) == 1


def test_progress(status, palette):
    status.set_status('running')
    status.set_progress(3, 9)
    assert status.bar.accessibleName() == '3 of 9 windows'
    image = status.bar.grab().toImage()
    colours = [image.pixelColor(round(share * image.width()), 0) for share in (0.2, 0.6)]
    assert colours == [QColor(palette.accent), QColor(palette.primary)]
    status.set_status('idle')
    assert status.bar.total == 0


def test_every_state_has_its_shape(status):
    def ink(state):
        status.dot.show_state(state)
        image = status.dot.grab().toImage()
        plain = image.pixelColor(0, 0)
        places = [(x, y) for x in range(image.width()) for y in range(image.height())]
        return frozenset(place for place in places if image.pixelColor(*place) != plain)

    assert len({ink(state) for state in STATES}) == len(STATES)
