"""What the status line of a session says."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from napari_segrobust.segment.ensemble import incompleteness

if TYPE_CHECKING:
    from napari_segrobust.explore.resolve import Request


@dataclass(frozen=True, slots=True)
class Status:
    """What the status line says.

    Attributes
    ----------
    kind : {'idle', 'waiting', 'running', 'stale', 'failed'}
    text : str
        What follows the kind: "42 ms, 3 of 9 windows, cpu".
    done, total : int
        Windows.
    ms : float or None
        From the last change to its picture.
    device : str
    """

    kind: Literal['idle', 'waiting', 'running', 'stale', 'failed'] = 'idle'
    text: str = ''
    done: int = 0
    total: int = 0
    ms: float | None = None
    device: str = ''


def idle_words(request: Request) -> str:
    """What is said of a request that was answered in full: what is missing."""
    if not request.lanes:
        return 'choose a model, or a prediction'
    return ' '.join(dict.fromkeys(filter(None, (incompleteness(lane.now.model) for lane in request.lanes))))
