"""The architecture grid: several models on one identical perturbed input, as values, as a figure and as a film."""

from napari_segrobust.grid.agreement import Agreement, agreement_of
from napari_segrobust.grid.sweep import Sweep, sweep
from napari_segrobust.grid.values import Grid, GridRow

__all__ = ['Agreement', 'Grid', 'GridRow', 'Sweep', 'agreement_of', 'sweep']
