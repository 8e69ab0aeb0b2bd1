"""What a stack does to a reference: warps of the image may carry it along, noise of annotations redraws it.

The order is that of the stack. Noise on the image, codecs and everything else that changes intensities leave masks as
they are, and so does a warp of some channels alone: then the channels moved against each other, and the scene did not.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from napari_segrobust.perturb.catalogue import amounts, get_spec, in_order
from napari_segrobust.perturb.clean import Clean
from napari_segrobust.perturb.stack import perturb_block
from napari_segrobust.perturb.warp import Warp, everything, nearest, source_block

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    from napari_segrobust.perturb.record import Perturbation
    from napari_segrobust.perturb.spec import Block, Spacing


def acts_on_image(record: Perturbation) -> bool:
    """Whether an entry changes the image's voxels, or what its header says of them."""
    spec = get_spec(record.name)
    return spec.edit is None and spec.move is None


def carries(record: Perturbation, channels: int = 1) -> bool:
    """Whether an entry warps all channels of the image and takes the reference along."""
    moved = set(range(channels)) if record.channels is None else set(record.channels)
    return bool(get_spec(record.name).coordinates) and record.moves_reference and moved >= set(range(channels))


def mask_stack(stack: Iterable[Perturbation], channels: int = 1) -> tuple[Perturbation, ...]:
    """Entries of a stack that act on the reference, in order: warps that carry it, and edits of masks.

    Parameters
    ----------
    stack : iterable of Perturbation
    channels : int
        Of the image.
    """
    return tuple(record for record in in_order(stack) if get_spec(record.name).edit or carries(record, channels))


def perturb_labels(
    clean: Clean, labels: NDArray[Any], stack: Sequence[Perturbation], *, block: Block | None = None
) -> NDArray[Any]:
    """Let a stack act on a label mask.

    Parameters
    ----------
    clean : Clean
        The case: its grid, its draws and its regions.
    labels : ndarray of int or bool, shape (*spatial)
        On the grid of the case. Never changed.
    stack : sequence of Perturbation
        In order of application; entries that act on images alone are left out (see `mask_stack`).
    block : tuple of slice, optional
        The part that is wanted; the whole when None.

    Returns
    -------
    ndarray, shape (*block)
        A view of `labels` when nothing acts. Warps take the nearest voxel, and background from beyond the case; an edit
        acts where the weight of its region is at least a half.

    Raises
    ------
    PerturbationError
        An entry that does not fit the catalogue, the case or the mask.
    """
    block = everything(clean.shape) if block is None else block
    acting = mask_stack(stack, len(clean.image))
    for record in acting:
        clean.check(record)
    return _followed(clean, labels, acting, block)


def _followed(clean: Clean, labels: NDArray[Any], stack: Sequence[Perturbation], block: Block) -> NDArray[Any]:
    """Follow a block from the end of the stack to its beginning, as `perturb_block` does; an edit needs it whole."""
    if not stack:
        return labels[block]
    *before, last = stack
    edit = get_spec(last.name).edit
    if edit is None:
        warp = Warp(clean, last)
        source = source_block(warp, block)
        return nearest(_followed(clean, labels, before, source), warp, source, block)
    whole = _followed(clean, labels, before, everything(clean.shape))
    edited = edit(whole, amounts(last), last.seed, clean.spacing)
    if last.region.kind != 'whole':
        weights = clean.region_weights(last.region, everything(clean.shape))
        edited = edited if weights is None else np.where(weights >= 0.5, edited, whole)
    return edited[block]


def carried(
    clean: Clean, maps: NDArray[np.float32], stack: Sequence[Perturbation], *, block: Block | None = None
) -> NDArray[np.float32]:
    """Carry maps along with the warps of a stack, linearly: probabilities of a soft reference, or the clean image.

    Parameters
    ----------
    clean : Clean
        The case.
    maps : ndarray, shape (n, *spatial), float32
        On the grid of the case; 0 lies beyond it.
    stack : sequence of Perturbation
        Warps carry the maps, everything else leaves them.
    block : tuple of slice, optional

    Returns
    -------
    ndarray, shape (n, *block), float32
        A view of `maps` where nothing moves.
    """
    block = everything(clean.shape) if block is None else block
    warps = [
        record.model_copy(update={'clip': False, 'scale': 'robust', 'channels': None})
        for record in in_order(stack)
        if carries(record, len(clean.image))
    ]
    if not warps:
        return maps[(slice(None), *block)]
    scene = Clean(
        maps,
        (0.0, 1.0),
        clean.known_spacing,
        references=clean.references,
        fields=clean.fields,
        region_weights=clean.region_weights,
    )
    return perturb_block(scene, warps, block=block)


def told_spacing(spacing: Spacing, stack: Iterable[Perturbation]) -> Spacing:
    """Spacing that a network is told: the true one after the entries that change headers, in mm in array order."""
    for record in in_order(stack):
        header = get_spec(record.name).header
        if header is not None:
            spacing = tuple(header(spacing, amounts(record)))
    return spacing


def mask_record(record: Perturbation) -> dict[str, Any]:
    """Return what of an entry a mask depends on, for keys: not its scale, its clip, nor its target."""
    return record.model_dump(mode='json', include={'name', 'severity', 'seed', 'region', 'parameters'})
