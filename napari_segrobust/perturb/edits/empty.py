"""Empty the mask."""

from napari_segrobust.perturb.edits._spec import EditSpec, Span

EDIT = EditSpec(
    name='empty',
    title='Empty',
    summary='Removes everything.',
    unit='switch',
    amount=Span('On', 1, 0, 1),
    apply=lambda piece, _: piece.with_mask(piece.mask & False),
)
