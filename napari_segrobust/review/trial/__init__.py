"""Whole cases, blinded: of two masks, which is the human's, and which would you use."""

from napari_segrobust.review.trial.pair import Answer, Entrant, Pair, Question
from napari_segrobust.review.trial.tally import Tally
from napari_segrobust.review.trial.trial import Trial

__all__ = ['Answer', 'Entrant', 'Pair', 'Question', 'Tally', 'Trial']
