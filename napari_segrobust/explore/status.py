"""What the status line of a session says."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


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
