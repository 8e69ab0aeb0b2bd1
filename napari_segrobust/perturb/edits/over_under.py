"""Draw the border too far out, or too far in."""

from napari_segrobust.perturb.edits._spec import EditSpec, Span

EDIT = EditSpec(
    name='over_under',
    title='Over- or under-segment',
    summary='Moves the border outwards by the amount, inwards by a negative one; exact distances.',
    unit='mm',
    amount=Span('Border moved by', 1.0, -10.0, 10.0),
    apply=lambda piece, edit: piece.grown(edit.amount),
)
