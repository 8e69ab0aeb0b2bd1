"""Call everything foreground."""

from dataclasses import replace

import numpy as np

from napari_segrobust.perturb.edits._spec import EditSpec, Span

EDIT = EditSpec(
    name='fill_all',
    title='Fill all',
    summary='Calls every voxel of the image foreground: the baseline that finds everything.',
    unit='switch',
    amount=Span('On', 1, 0, 1),
    apply=lambda piece, _: replace(piece, mask=np.ones(piece.shape, bool), origin=(0,) * len(piece.shape)),
)
