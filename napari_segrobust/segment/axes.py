"""From the axes of an image to those a model was trained on: exact re-ordering, never interpolation."""

from __future__ import annotations

from typing import TYPE_CHECKING

from napari_segrobust.errors import ModelError
from napari_segrobust.geometry import AxisOrder

if TYPE_CHECKING:
    from napari_segrobust.segment.spec import ModelSpec

#: Where the axes of an image that we read point to; those of a 2D image are the last two.
OURS = 'SPL'
_OPPOSITE = dict(zip('SIPALR', 'ISAPRL', strict=True))


def model_axes(spec: ModelSpec, ndim: int) -> AxisOrder:
    """How the axes of an image become those of a model.

    Parameters
    ----------
    spec : ModelSpec
        ``orientation`` names where each axis of the model points to ("RAS", or two letters for a 2D model);
        ``transpose`` reverses the order of the axes afterwards.
    ndim : int
        Axes of the image. A 2D model on a volume has those of a slice.

    Raises
    ------
    ModelError
        The orientation names other axes than the image or its slices have.
    """
    ours = OURS[-ndim:]
    if ndim > spec.dimensions:
        ours = ours.replace(OURS[spec.slice_axis], '')
    wanted = spec.orientation or ours
    flips = [letter not in ours for letter in wanted]
    found = [_OPPOSITE[letter] if flip else letter for letter, flip in zip(wanted, flips, strict=True)]
    if sorted(found) != sorted(ours):
        raise ModelError(
            f'{spec.name} cannot run on this image',
            f'it wants axes that point to {wanted}, and those here point to {ours}',
            'Correct orientation or slice_axis in its spec.',
        )
    permutation = [ours.index(letter) for letter in found]
    if spec.transpose:
        permutation.reverse()
        flips.reverse()
    return AxisOrder(tuple(permutation), tuple(flips))
