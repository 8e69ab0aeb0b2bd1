"""How much a number would have been another with another draw: trueness and precision over k seeds."""

from napari_segrobust._callable import make_callable
from napari_segrobust.spread.numbers import REPEATABILITY, VOLUME, Band, Numbers, Spread, stamp
from napari_segrobust.spread.runs import band, is_random, spread

__all__ = ['REPEATABILITY', 'VOLUME', 'Band', 'Numbers', 'Spread', 'band', 'is_random', 'spread', 'stamp']

make_callable(__name__)
