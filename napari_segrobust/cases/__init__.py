"""Images, references and given predictions: read, brought onto one grid, checked and saved."""

from napari_segrobust.cases.case import Case, Expectations, Label
from napari_segrobust.cases.load import load_case
from napari_segrobust.cases.preflight import Finding, check
from napari_segrobust.cases.samples import load_sample, samples
from napari_segrobust.cases.save import save_image

__all__ = ['Case', 'Expectations', 'Finding', 'Label', 'check', 'load_case', 'load_sample', 'samples', 'save_image']
