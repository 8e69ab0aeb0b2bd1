"""Where a perturbation acts, as weights from 0 to 1 with a soft edge in mm."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_segrobust.errors import PerturbationError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from napari_segrobust.perturb.record import Region
    from napari_segrobust.perturb.spec import Block, Shape, Spacing


#: Regions of one case whose weights are kept.
_KEPT = 8


class RegionWeights:
    """Weights of regions of one case, each made once; what `perturb_block` asks for blocks of them.

    Parameters
    ----------
    references : mapping of str to ndarray
        Label masks of the case, (*spatial); the first is the default.
    shape : tuple of int
        Spatial shape of the case.
    spacing : tuple of float or None
        In mm in array order; None makes the soft edge one of voxels.
    masks : mapping of str to ndarray, optional
        Drawn masks by their content hash.
    """

    def __init__(
        self,
        references: Mapping[str, NDArray[Any]],
        shape: Shape,
        spacing: Spacing | None,
        masks: Mapping[str, NDArray[Any]] | None = None,
    ) -> None:
        self._references = references
        self._shape = shape
        self._spacing = spacing
        self._masks = masks or {}
        self._made: dict[Region, NDArray[np.float32] | None] = {}

    def __call__(self, region: Region, block: Block) -> NDArray[np.float32] | None:
        """Weights of a block, (*block) float32; None where they are 1 everywhere."""
        if region.kind == 'box':  # follows the hand: nothing but the block is made
            return _box_weight(region, self._shape, self._spacing, block)
        if region not in self._made:
            if len(self._made) >= _KEPT:
                self._made.pop(next(iter(self._made)))
            mask = self._masks.get(region.mask_sha256 or '')
            self._made[region] = region_weight(
                region, references=self._references, shape=self._shape, spacing=self._spacing, mask=mask
            )
        weight = self._made[region]
        return None if weight is None else weight[block]


def region_weight(
    region: Region,
    *,
    references: Mapping[str, NDArray[Any]],
    shape: Shape,
    spacing: Spacing | None,
    mask: NDArray[Any] | None = None,
) -> NDArray[np.float32] | None:
    """Weights of a region over the whole case.

    Parameters
    ----------
    region : Region
        Where.
    references : mapping of str to ndarray
        Label masks, (*spatial), for foreground, background and label.
    shape : tuple of int
        Spatial shape.
    spacing : tuple of float or None
        In mm in array order; None for voxels.
    mask : ndarray, optional
        The drawn mask of kind ``mask``; inside where it is not 0.

    Returns
    -------
    ndarray, shape (*spatial), float32, or None
        0 outside; inside it rises to 1 over ``feather_mm``: the soft edge lies inside the region, so that nothing
        outside is touched. None for the whole image.

    Raises
    ------
    PerturbationError
        The region asks for a mask, a label or a box that is not there.
    """
    if region.kind == 'whole':
        return None
    if region.kind == 'box':
        return _box_weight(region, shape, spacing, tuple(slice(0, n) for n in shape))
    if region.kind == 'mask':
        if mask is None:
            raise _refusal(region, 'its mask is missing', 'Draw or load the mask again.')
        inside = _on_grid(region, mask, shape) != 0
    else:
        labels = _on_grid(region, _reference(region, references), shape)
        inside = _inside_labels(region, labels)
    return _feathered(inside, region.feather_mm, spacing or (1.0,) * len(shape))


def mask_sha256(mask: NDArray[Any]) -> str:
    """Content hash of a drawn mask: its shape and where it is not 0."""
    digest = hashlib.sha256(repr(mask.shape).encode())
    digest.update(np.packbits(np.not_equal(mask, 0)).tobytes())
    return digest.hexdigest()


def array_sha256(array: NDArray[Any]) -> str:
    """Content hash of an image: its shape, type and values."""
    digest = hashlib.sha256(f'{array.dtype} {array.shape}'.encode())
    digest.update(np.ascontiguousarray(array).data)
    return digest.hexdigest()


def _box_weight(region: Region, shape: Shape, spacing: Spacing | None, block: Block) -> NDArray[np.float32]:
    """Weights of a box on a block: the voxel outside that is nearest to one inside lies along an axis."""
    box, steps = region.box, spacing or (1.0,) * len(shape)
    if box is None or len(box) != len(shape):
        raise _refusal(region, 'no box for each axis', f'Give {len(shape)} pairs of start and stop.')
    if any(not 0 <= start < stop <= size for (start, stop), size in zip(box, shape, strict=True)):
        raise _refusal(region, f'{box} leaves the image', f'Keep it inside {shape}, start before stop.')
    feather = region.feather_mm if region.feather_mm > min(steps) else 0.0
    weight = np.ones(tuple(s.stop - s.start for s in block), np.float32)
    for axis, ((start, stop), size, step, part) in enumerate(zip(box, shape, steps, block, strict=True)):
        place = np.arange(part.start, part.stop)
        along = ((place >= start) & (place < stop)).astype(np.float32)
        if feather:
            from_start = (place - start + 1.0) * step if start > 0 else np.full(len(place), np.inf)
            from_stop = (stop - place) * step if stop < size else np.full(len(place), np.inf)
            along *= np.clip(np.minimum(from_start, from_stop) / feather, 0.0, 1.0).astype(np.float32)
        np.minimum(weight, along.reshape((-1,) + (1,) * (len(shape) - axis - 1)), out=weight)
    return weight


def _reference(region: Region, references: Mapping[str, NDArray[Any]]) -> NDArray[Any]:
    if not references:
        raise _refusal(region, 'the case has no reference mask', 'Add a reference, or choose another region.')
    name = next(iter(references)) if region.reference is None else region.reference
    if name not in references:
        raise _refusal(region, f'no reference {name!r}', f'Choose one of: {", ".join(references)}.')
    return references[name]


def _inside_labels(region: Region, labels: NDArray[Any]) -> NDArray[np.bool_]:
    if region.kind != 'label':
        foreground: NDArray[np.bool_] = np.not_equal(labels, 0)
        return foreground if region.kind == 'foreground' else ~foreground
    if region.label is None:
        raise _refusal(region, 'no label value given', 'Choose a label.')
    inside: NDArray[np.bool_] = np.equal(labels, region.label)
    if not inside.any():
        known = ', '.join(str(value) for value in np.unique(labels) if value)
        raise _refusal(region, f'label {region.label} is not in the reference', f'Choose one of: {known or "none"}.')
    return inside


def _on_grid(region: Region, mask: NDArray[Any], shape: Shape) -> NDArray[Any]:
    if mask.shape != shape:
        raise _refusal(region, f'mask {mask.shape} on an image {shape}', 'Use a mask on the grid of the image.')
    return mask


def _feathered(inside: NDArray[np.bool_], feather: float, spacing: Spacing) -> NDArray[np.float32]:
    """Distance to the outside over the width of the soft edge, at most 1; Euclidean, in mm."""
    weight = inside.astype(np.float32)
    if feather <= min(spacing) or inside.all() or not inside.any():
        return weight
    from scipy.ndimage import distance_transform_edt

    # Only voxels inside that are near the outside lie on the edge: measure there and nowhere else.
    reach = [int(np.ceil(feather / step)) for step in spacing]
    edge = tuple(
        slice(max(i.start - 1, o.start - r, 0), min(i.stop + 1, o.stop + r))
        for i, o, r in zip(_bounds(inside), _bounds(~inside), reach, strict=True)
    )
    distance = distance_transform_edt(inside[edge], sampling=spacing)
    np.minimum(distance / feather, 1.0, out=weight[edge], casting='same_kind')
    return weight


def _bounds(inside: NDArray[np.bool_]) -> Block:
    """Smallest block that holds every true voxel."""
    bounds = []
    for axis in range(inside.ndim):
        line = np.flatnonzero(inside.any(axis=tuple(a for a in range(inside.ndim) if a != axis)))
        bounds.append(slice(int(line[0]), int(line[-1]) + 1))
    return tuple(bounds)


def _refusal(region: Region, why: str, remedy: str) -> PerturbationError:
    return PerturbationError(f'Region {region.kind} unusable', why, remedy)
