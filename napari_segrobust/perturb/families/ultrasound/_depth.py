"""Gains along the rows: the transducer is at the top of the image."""

from __future__ import annotations

from math import log
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import torch

#: From decibels of amplitude to natural logarithms.
NEPER = log(10) / 20


def amplify(u: torch.Tensor, gain: torch.Tensor) -> torch.Tensor:
    """Multiply by 10^(gain / 20); the gain in dB is overwritten."""
    return u.mul_(gain.mul_(NEPER).exp_())
