"""Windows one batch after the other, until they are done or nobody waits for them any more."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from napari_segrobust.compare.interrupt import Interrupted, interruptible

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from napari_segrobust.context.plan import Block, Window
    from napari_segrobust.segment.protocols import InferenceRun

#: While a network runs, it is asked so often whether anybody waits for it.
ASK_SECONDS = 0.005


def advance_windows(
    run: InferenceRun,
    block: Block | None,
    centre: Sequence[float] | None,
    cancel: Callable[[], bool],
    progress: Callable[[int, int], None] | None = None,
) -> bool:
    """Do the windows that touch `block` (all when None), nearest `centre` first.

    Returns
    -------
    bool
        True when all are done. False when cancelled, between windows or between two layers of a network; what is
        done stays done.
    """
    # Asked again at the end: a run that had to change its device has begun anew.
    while windows := run.pending(block, centre):
        while windows:
            # Asked each time: running out of memory makes the batch smaller.
            batch = max(1, run.batch)
            if cancel() or not _done(run, windows[:batch], cancel):
                return False
            windows = windows[batch:]
            if progress is not None:
                progress(run.done, run.total)
    return True


def _done(run: InferenceRun, windows: Sequence[Window], cancel: Callable[[], bool]) -> bool:
    """Run windows together; False when cancelled inside the network."""
    asked = time.perf_counter()

    def ask() -> None:
        nonlocal asked
        if time.perf_counter() - asked > ASK_SECONDS:
            asked = time.perf_counter()
            if cancel():
                raise Interrupted

    try:
        with interruptible(ask):
            run.advance(*windows)
    except Interrupted:
        return False
    return True
