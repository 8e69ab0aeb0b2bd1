"""Numbers as people read them, in the window as everywhere."""

from napari_segrobust.digits import MINUS, decimals_for, on_screen, three_digits, trimmed

__all__ = ['MINUS', 'decimals_for', 'on_screen', 'three_digits', 'trimmed']
