"""One perturbation of one array: the door for scripts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from napari_segrobust.errors import PerturbationError
from napari_segrobust.perturb.catalogue import get_spec, new_perturbation
from napari_segrobust.perturb.clean import Clean, unmet
from napari_segrobust.perturb.record import Region
from napari_segrobust.perturb.regions import array_sha256, mask_sha256
from napari_segrobust.perturb.scale import intensity_range as range_of
from napari_segrobust.perturb.stack import perturb_block

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import ArrayLike, NDArray


def perturb(
    array: ArrayLike,
    name: str,
    severity: float,
    seed: int = 0,
    spacing: Sequence[float] | None = None,
    parameters: Mapping[str, float] | None = None,
    region: Region | NDArray[Any] | None = None,
    intensity_range: tuple[float, float] | None = None,
    device: str = 'cpu',
    channel_axis: int | None = None,
    reference: NDArray[Any] | None = None,
    target: NDArray[Any] | None = None,
    **options: Any,
) -> NDArray[np.float32]:
    """Perturb an image.

    Parameters
    ----------
    array : array_like, shape ([Z,] Y, X), with one more axis where `channel_axis` is given
        Never changed.
    name : str
        One of `perturbations`.
    severity : float
        0 (identity, bit for bit in float32) to 5. The same seed at another severity scales the same draw.
    seed : int
        Which draw.
    spacing : sequence of float, optional
        In mm in array order; None makes every length one of voxels.
    parameters : mapping of str to float, optional
        Physical parameters instead of those that severity gives.
    region : Region or ndarray, optional
        Where it acts; an array acts where it is not 0.
    intensity_range : (float, float), optional
        (lo, hi) of the intensity scale; by default p1 and p99 (8 bit: minimum and maximum) of `array`.
    device : str
        A torch device.
    channel_axis : int, optional
        Axis of the channels; each has a draw of its own.
    reference : ndarray, optional
        Label mask that the perturbation uses, or a region of kind foreground, background or label refers to.
    target : ndarray, optional
        Another image, towards which a style transfer leads.
    **options
        Other fields of `Perturbation`: ``channels``, ``scale``, ``clip``.

    Returns
    -------
    ndarray, float32
        New, in the shape of `array`.

    Raises
    ------
    PerturbationError
        Unknown name or parameter, a value outside its range, or arrays that do not fit.

    Examples
    --------
    >>> import numpy as np
    >>> image = np.linspace(0, 100, 64 * 64).reshape(64, 64)
    >>> noisy = perturb(image, 'gaussian_noise', 2.0, seed=7)
    >>> round(float((noisy - image).std() / (99 - 1)), 2)
    0.12
    """
    spec = get_spec(name)
    if not spec.changes_voxels:
        doors = {'mask': ('masks', 'perturb_labels'), 'prompt': ('prompts', 'move_prompts')}
        what, door = doors.get(spec.kind, ('headers', 'told_spacing'))
        raise unmet(spec, f'it acts on {what} and changes no voxel of an image', f'Use {door}.')
    image = _channels_first(np.asarray(array), channel_axis)
    shape = image.shape[1:]
    lo, hi = range_of(image) if intensity_range is None else intensity_range
    if not (np.isfinite([lo, hi]).all() and lo < hi):
        raise PerturbationError('Intensity range unusable', f'({lo}, {hi})', 'Give two numbers, the smaller one first.')
    masks = {}
    if isinstance(region, np.ndarray):
        key = mask_sha256(region)
        masks[key], region = region, Region(kind='mask', mask_sha256=key)
    region = region or Region()
    steps = _spacing(spacing, len(shape))
    targets = {}
    if target is not None:
        options['target'] = array_sha256(target)
        targets[options['target']] = target
    clean = Clean(
        np.ascontiguousarray(image, np.float32),
        (lo, hi),
        steps,
        references={} if reference is None else {region.reference or 'reference': reference},
        masks=masks,
        targets=targets,
    )
    record = new_perturbation(name, severity, seed, region=region, parameters=parameters, **options)
    whole = tuple(slice(0, size) for size in shape)
    result = perturb_block(clean, [record], block=whole, device=_device(device))
    result = np.array(result)
    return result[0] if channel_axis is None else np.moveaxis(result, 0, channel_axis)


def _channels_first(array: NDArray[Any], channel_axis: int | None) -> NDArray[Any]:
    if array.dtype.kind not in 'biuf':
        raise PerturbationError('Image unusable', f'its values are {array.dtype}', 'Give real numbers.')
    spatial = array.ndim - (channel_axis is not None)
    if spatial not in (2, 3) or 0 in array.shape:
        remedy = 'Give ([Z,] Y, X), and channel_axis=... where there is one more axis.'
        raise PerturbationError('Image unusable', f'its shape is {array.shape}', remedy)
    return array[None] if channel_axis is None else np.moveaxis(array, channel_axis, 0)


def _spacing(spacing: Sequence[float] | None, ndim: int) -> tuple[float, ...] | None:
    if spacing is None:
        return None
    steps = tuple(float(step) for step in spacing)
    if len(steps) != ndim or not all(np.isfinite(step) and step > 0 for step in steps):
        remedy = f'Give {ndim} positive numbers in mm, in array order.'
        raise PerturbationError('Spacing unusable', f'{steps} for {ndim} spatial axes', remedy)
    return steps


def _device(name: str) -> str:
    import torch

    try:
        torch.empty(0, device=name)
    except (RuntimeError, AssertionError) as error:  # torch built without CUDA asserts
        raise PerturbationError('Device unusable', f'{name!r}: {error}'.splitlines()[0], "Use 'cpu'.") from error
    return name
