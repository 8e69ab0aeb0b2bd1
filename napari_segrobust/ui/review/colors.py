"""How raters are told apart on the canvas and in charts: as everywhere."""

from napari_segrobust.review.marks import RATER_COLORS, RATER_DASHES, color_of, dashes_of, letter_of, letters_of

__all__ = ['RATER_COLORS', 'RATER_DASHES', 'color_of', 'dashes_of', 'letter_of', 'letters_of']
