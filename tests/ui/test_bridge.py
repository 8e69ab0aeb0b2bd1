"""Frames: at most one at a time, in the GUI thread, and the canvas is drawn after them."""

from __future__ import annotations

import threading

import pytest
from qtpy.QtWidgets import QWidget

from napari_segrobust.explore.state import Lane
from napari_segrobust.ui.bridge import FrameClock


def test_many_wakes_from_another_thread_are_one_frame(qtbot):
    frames: list[int] = []
    clock = FrameClock(lambda: frames.append(threading.get_ident()))
    thread = threading.Thread(target=lambda: [clock.wake() for _ in range(50)])
    thread.start()
    thread.join()
    qtbot.waitUntil(lambda: bool(frames))
    assert frames == [threading.get_ident()]
    clock.stop()


def test_after_stop_there_are_no_frames(qtbot):
    frames: list[int] = []
    clock, after = FrameClock(lambda: frames.append(1)), FrameClock(lambda: frames.append(2))
    clock.stop()
    clock.stop()
    clock.wake()
    after.wake()
    qtbot.waitUntil(lambda: bool(frames))
    assert frames == [2]
    after.stop()


def test_the_canvas_is_drawn_a_moment_after_the_frame_that_paints(qtbot):
    canvas, seen = QWidget(), []
    qtbot.addWidget(canvas)

    def paint() -> None:
        clock.hold()
        seen.append(canvas.updatesEnabled())

    clock = FrameClock(paint)
    clock.spare(canvas)
    clock.wake()
    qtbot.waitUntil(lambda: bool(seen))
    assert seen == [False]
    qtbot.waitUntil(canvas.updatesEnabled)
    clock.stop()


def test_a_frame_that_fails_does_not_leave_the_canvas_still(qtbot):
    canvas = QWidget()
    qtbot.addWidget(canvas)

    def fail() -> None:
        clock.hold()
        raise ValueError('no picture')

    clock = FrameClock(fail)
    clock.spare(canvas)
    with qtbot.captureExceptions() as raised:
        clock.wake()
        qtbot.waitUntil(lambda: bool(raised))
    qtbot.waitUntil(canvas.updatesEnabled)
    clock.stop()


def test_what_shows_no_picture_draws_no_canvas(explorer, ball_case, qtbot):
    """Progress comes several times a second; a draw takes the machine as long as a window of a small network."""
    held = []
    explorer.clock._let_draw = held.append
    explorer.session.status_changed.emit(explorer.session.status)
    assert held == []
    explorer.open_case(ball_case, [Lane(source='threshold')])
    qtbot.waitUntil(lambda: bool(explorer.session.settled), timeout=20_000)
    assert held[0] is False


@pytest.mark.parametrize('gone_first', [False, True])
def test_stopping_gives_the_canvas_back(qtbot, gone_first):
    canvas = QWidget()
    clock = FrameClock(lambda: None)
    clock.spare(canvas)
    canvas.setUpdatesEnabled(False)
    if gone_first:
        with qtbot.waitSignal(canvas.destroyed):
            canvas.deleteLater()
    clock.stop()
    assert gone_first or canvas.updatesEnabled()
