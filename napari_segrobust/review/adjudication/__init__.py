"""Disputes settled one by one: a worklist, blinded raters, a log that is only ever added to, and the mask it gives."""

from napari_segrobust.review.adjudication.adjudication import Adjudication
from napari_segrobust.review.adjudication.blinding import Blinding
from napari_segrobust.review.adjudication.decision import Answer, Decision
from napari_segrobust.review.adjudication.ledger import Ledger, Progress, State
from napari_segrobust.review.adjudication.log import Log
from napari_segrobust.review.adjudication.rows import Row
from napari_segrobust.review.adjudication.worklist import Item

__all__ = ['Adjudication', 'Answer', 'Blinding', 'Decision', 'Item', 'Log', 'Progress', 'Row', 'Ledger', 'State']
