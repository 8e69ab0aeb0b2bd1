"""A receptive field in a few lines."""

from __future__ import annotations

from typing import TYPE_CHECKING

from napari_segrobust.explore.inside_jobs import FieldJob

if TYPE_CHECKING:
    from napari_segrobust.explore.inside import InsideWatch
    from napari_segrobust.inside.receptive import ReceptiveField

NOBODY = 'Pick a voxel (Q), then click one on the image: what the network can see from there, and what it does see.'


def field_lines(watch: InsideWatch) -> list[str]:
    """Say what there is of the field that is wanted."""
    if watch.voxel is None:
        return [NOBODY]
    where = f'voxel {", ".join(map(str, watch.voxel))}'
    field = watch.field
    if field is None:
        return [watch.refusal(FieldJob) or f'{where}: pending']
    return [f'{where}, {field.label_name}', *_numbers(field)]


def _numbers(field: ReceptiveField) -> list[str]:
    lines = []
    if field.box is not None:
        sides = [n for axis, n in enumerate(field.size) if not (len(field.size) == 3 and n == 1 and axis == 0)]
        lines.append(f'can see {" x ".join(map(str, sides))} voxels (outline)')
    if field.cut_off:
        lines.append(f'cut off {100 * field.cut_off:.3g} % of it (hatched)')
    used = '' if field.used is None else f', {100 * field.used:.3g} % of it'
    lines.append(f'does see {field.counted} voxels{used} (light), by {field.method}')
    return lines


def field_tooltip(field: ReceptiveField | None) -> str:
    """What the lines leave out."""
    said = (
        'A voxel counts as seen where it moves the logit at least 4.55 % as much as the strongest one (Luo 2016); '
        'of this one image, not on average.'
    )
    return said if field is None else '\n'.join([said, *field.notes])
