"""Take a layer off the mask."""

from napari_segrobust.perturb.edits._spec import EditSpec, Span

EDIT = EditSpec(
    name='erode',
    title='Erode',
    summary='Keeps the voxels that are farther than the amount from the outside; exact distances.',
    unit='mm',
    amount=Span('Depth', 1.0, 0.0, 10.0),
    apply=lambda piece, edit: piece.grown(-edit.amount),
)
