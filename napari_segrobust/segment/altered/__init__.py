"""A loaded network with one thing changed: its padding, or how much of its skip connections comes through."""

from __future__ import annotations

from napari_segrobust.segment.altered.padding import PADDINGS, with_padding
from napari_segrobust.segment.altered.skip_gain import with_skip_gain

__all__ = ['PADDINGS', 'with_padding', 'with_skip_gain']
