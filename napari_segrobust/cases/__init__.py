"""Images, references and given predictions: read, brought onto one grid, checked and saved."""

from napari_segrobust.cases.case import Case, Expectations, Label
from napari_segrobust.cases.load import load_case
from napari_segrobust.cases.samples import load_sample, samples

__all__ = ['Case', 'Expectations', 'Label', 'load_case', 'load_sample', 'samples']
