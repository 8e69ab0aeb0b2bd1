"""What a hand does in the window, through real events of mouse and keyboard; and waiting for the answer."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from qtpy.QtCore import QEventLoop, QPoint, Qt, QTimer
from qtpy.QtTest import QTest

from napari_segrobust.errors import SegrobustError

if TYPE_CHECKING:
    from collections.abc import Callable

    from qtpy.QtWidgets import QComboBox

    from napari_segrobust.explore.session import Session
    from napari_segrobust.ui.sections.perturb import PerturbSection
    from napari_segrobust.ui.widgets.severity_row import SeverityRow
    from napari_segrobust.ui.widgets.slider import FloatSlider

#: Longest wait for one answer.
PATIENCE_MS = 120_000


def wait(session: Session, ready: Callable[[], bool]) -> None:
    """Let the event loop turn until `ready`, or until the status says that it failed."""
    loop, timeout = QEventLoop(), QTimer()
    timeout.setSingleShot(True)
    timeout.timeout.connect(loop.quit)
    poll = QTimer()
    poll.timeout.connect(lambda: loop.quit() if ready() or session.status.kind == 'failed' else None)
    poll.start(20)
    timeout.start(PATIENCE_MS)
    loop.exec()
    poll.stop()
    if not ready():
        raise SegrobustError(
            'Demo stopped', session.status.text or 'no answer in time', 'Run it again, or see the log.'
        )


def drag_to(slider: FloatSlider, value: float) -> None:
    """Press, move and release the mouse on a slider's handle, then set the last steps with the arrow keys."""
    handle = slider.slider
    y = handle.height() // 2

    def at(share: float) -> QPoint:
        return QPoint(round(6 + share * (handle.width() - 12)), y)

    low, high = handle.minimum(), handle.maximum()
    now, target = (handle.value() - low) / (high - low), value / slider.maximum
    left = Qt.MouseButton.LeftButton
    QTest.mousePress(handle, left, Qt.KeyboardModifier.NoModifier, at(now))
    for share in np.linspace(now, target, 8):
        QTest.mouseMove(handle, at(float(share)))
        QTest.qWait(25)
    QTest.mouseRelease(handle, left, Qt.KeyboardModifier.NoModifier, at(target))
    wanted = round(target * (high - low)) + low
    while handle.value() != wanted:
        QTest.keyClick(handle, Qt.Key.Key_Right if handle.value() < wanted else Qt.Key.Key_Left)


def add_entry(section: PerturbSection, words: str) -> SeverityRow:
    """Open the catalogue with its button, type, and take the first that is found.

    Returns
    -------
    SeverityRow
        The new one.
    """
    known = set(section.rows)
    QTest.mouseClick(section.add, Qt.MouseButton.LeftButton)
    QTest.keyClicks(section.picker.search, words)
    QTest.keyClick(section.picker.search, Qt.Key.Key_Return)
    return next(row for row in section.rows if row not in known)


def choose(combo: QComboBox, words: str) -> None:
    """Open a list, and take the line that says `words`."""
    combo.showPopup()
    view = combo.view()
    view.setCurrentIndex(combo.model().index(combo.findText(words), combo.modelColumn()))
    QTest.keyClick(view, Qt.Key.Key_Return)
