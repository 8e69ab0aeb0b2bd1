"""Images, references and given predictions: read, brought onto one grid, checked and saved."""

from napari_segrobust.cases.case import Case, Expectations, Label
from napari_segrobust.cases.load import load_case
from napari_segrobust.cases.preflight import Finding, check
from napari_segrobust.cases.rater_files import find_raters, propose_sessions
from napari_segrobust.cases.samples import load_sample, samples
from napari_segrobust.cases.save import save_image

__all__ = [
    'Case',
    'Expectations',
    'Finding',
    'Label',
    'check',
    'find_raters',
    'load_case',
    'load_sample',
    'propose_sessions',
    'samples',
    'save_image',
]
