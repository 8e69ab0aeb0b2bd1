"""Put a layer on the mask."""

from napari_segrobust.perturb.edits._spec import EditSpec, Span

EDIT = EditSpec(
    name='dilate',
    title='Dilate',
    summary='Adds the voxels within the amount of the mask; exact distances.',
    unit='mm',
    amount=Span('Distance', 1.0, 0.0, 10.0),
    apply=lambda piece, edit: piece.grown(edit.amount),
)
