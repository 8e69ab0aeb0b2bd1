"""MONAI's dictionary transforms before the network, in the words of a model spec."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, Any

from napari_segrobust.segment.bundle import intensity
from napari_segrobust.segment.bundle.draft import NeedsExpression, Step, listed, name_in, steps_of, take
from napari_segrobust.segment.bundle.resolver import Component

if TYPE_CHECKING:
    from collections.abc import Callable

    from napari_segrobust.segment.bundle.draft import Draft

#: Entries of a spec that say the whole preprocessing.
ALL = ('intensity', 'spacing', 'orientation')
_ORDERS = {'nearest': 0, 'bilinear': 1, '0': 0, '1': 1, '3': 3}
#: What `CropForegroundd` does by default, written out.
_POSITIVE = re.compile(r'\$\s*lambda (\w+)\s*:\s*\1\s*>\s*0\s*')
#: Files are mostly stored so, or are read so: DICOM's own directions.
_AS_STORED = 'LPS'
_IDLE = (
    'EnsureTyped',
    'ToTensord',
    'ToDeviced',
    'CastToTyped',
    'Identityd',
    'DeleteItemsd',
    'SelectItemsd',
    'EnsureChannelFirstd',
    'AddChanneld',
    'AsChannelFirstd',
)


def translate_preprocessing(value: Any, draft: Draft) -> None:
    """Read a bundle's preprocessing into a draft that holds the network's channels and dimensions already.

    Parameters
    ----------
    value : Any
        Resolved: a ``Compose`` or a list of dictionary transforms.
    draft : Draft
    """
    for item in steps_of(value):
        if not isinstance(item, Component):
            draft.leave(item)
            if item is not None and not draft.expressions:
                draft.fault(f'its preprocessing holds {str(item)[:80]!r}, which is no transform', *ALL)
            continue
        step = Step(item, dictionary_name(item.target), draft)
        if step.name in _IDLE or not (_concerns_image(step) or step.name in ('LoadImaged', 'ConcatItemsd')):
            continue
        if not take(step, _TRANSLATORS, *ALL):
            step.fault('is not known here', *ALL)
    _say_axes(draft)


def dictionary_name(target: str) -> str:
    """Name of a dictionary transform, with which MONAI's ``LoadImageD`` and ``LoadImageDict`` are ``LoadImaged``."""
    name = name_in(target, 'monai.transforms')
    if name.endswith('Dict'):
        return name.removesuffix('Dict') + 'd'
    return name[:-1] + 'd' if name.endswith('D') else name


def _concerns_image(step: Step) -> bool:
    """Whether it acts on the image; a transform that acts on some of the channels is no channel's own here."""
    draft = step.draft
    try:
        keys = step.keys()
    except NeedsExpression:
        return False
    found = [key for key in draft.images if key in keys]
    if found and len(found) < len(draft.images):
        step.fault(f'acts on {", ".join(found)} and not on {len(draft.images) - len(found)} other images', *ALL)
        return False
    return bool(found) or not draft.images or not keys


def _load(step: Step) -> None:
    keys = step.keys()
    step.draft.images = keys
    if len(keys) > 1:
        step.said(f'channels in the order {", ".join(keys)}')


def _concatenate(step: Step) -> None:
    step.draft.images = (str(step('name')),)


def _orient(step: Step) -> None:
    fields = step.draft.fields
    codes = 'RAS' if step('as_closest_canonical', False) else ''.join(step('axcodes')).upper()
    if len(set(fields.get('spacing', ()))) > 1:
        step.fault('comes after Spacingd, whose numbers then belong to the axes of each file', 'spacing', 'orientation')
    fields['orientation'] = codes[: image_dimensions(step.draft)]
    step.said(f'orientation {fields["orientation"]}')


def _resample(step: Step) -> None:
    fields, dimensions = step.draft.fields, image_dimensions(step.draft)
    if 'intensity' in fields:
        step.fault('comes after a change of intensities, and here images are resampled first', 'spacing')
        return
    numbers = step.numbers('pixdim')
    spacing = (*numbers, *(numbers[-1],) * dimensions)[:dimensions]
    mode = str(step.single('mode', 'bilinear')).lower()
    if all(number <= 0 for number in spacing):
        return
    if any(number <= 0 for number in spacing) or step('min_pixdim') or step('max_pixdim') or step('diagonal', False):
        step.fault('leaves the spacing of some axes or images as it is', 'spacing')
    elif mode not in _ORDERS:
        step.fault(f'interpolates by {mode}, and here by nearest, bilinear or spline of order 3', 'resample')
    else:
        fields['spacing'] = spacing
        fields['resample'] = {'image': _ORDERS[mode], 'label': 0}
        step.said(f'spacing {listed(spacing)} mm, order {_ORDERS[mode]}')
        _mind_edges(step)


def _mind_edges(step: Step) -> None:
    """What of resampling is done in one way here, and changes voxels at the edge of the image."""
    others = [('padding_mode', 'border'), ('align_corners', False), ('scale_extent', False)]
    different = [name for name, ours in others if step.single(name, ours) != ours]
    if different:
        step.draft.notes.append(f'{step.name}: {", ".join(different)} not followed: the edge of the image may differ.')


def _crop(step: Step) -> None:
    fields = step.draft.fields
    chosen = step.text('select_fn')
    margin = set(step.numbers('margin', 0))
    if 'intensity' in fields:
        step.fault('looks for what is above 0 after intensities were changed', 'crop_foreground')
    elif margin != {0} or step('channel_indices') is not None or set(step.numbers('k_divisible', 1)) != {1}:
        step.fault('keeps a margin, a multiple, or looks at one channel', 'crop_foreground')
    elif not (chosen and _POSITIVE.fullmatch(chosen)) and step('select_fn') is not None:
        step.fault('chooses the foreground by a function', 'crop_foreground')
    else:
        fields['crop_foreground'] = True
        step.said('crop to what is above 0')
        if 'spacing' in fields:
            step.draft.notes.append(f'{step.name} comes after Spacingd, and here before: voxels lie a part of one off.')


def _pad_to_multiple(step: Step) -> None:
    multiples = {int(k) for k in step.numbers('k')}
    if len(multiples) > 1:
        step.fault('pads each axis to another multiple', 'pad_multiple')
    elif step.draft.fields.get('window') is None:
        step.draft.fields['pad_multiple'] = math.lcm(step.draft.fields.get('pad_multiple', 1), *multiples)
        step.said(f'multiple of {multiples.pop()}')


def _pad_to_size(step: Step) -> None:
    window = step.draft.fields.get('window') or ()
    size = step.numbers('spatial_size')
    size = (*size, *(size[-1],) * len(window))[: max(len(window), 1)]
    # Windows are filled up in the same way where the image is smaller than they are.
    if not window or any(a > b for a, b in zip(size, window, strict=True)):
        step.fault(f'pads every image to {listed(size)} voxels', 'window')


def _resize(step: Step) -> None:
    step.fault('brings every image to one number of voxels, whatever their size in mm', 'spacing')


_TRANSLATORS: dict[str, Callable[[Step], None]] = {
    **intensity.TRANSLATORS,
    'LoadImaged': _load,
    'ConcatItemsd': _concatenate,
    'Orientationd': _orient,
    'Spacingd': _resample,
    'CropForegroundd': _crop,
    'DivisiblePadd': _pad_to_multiple,
    'SpatialPadd': _pad_to_size,
    'Resized': _resize,
    'ResizeWithPadOrCropd': _resize,
}


def image_dimensions(draft: Draft) -> int:
    """Axes of the images: those of the network, or one more where it goes through a volume slice by slice."""
    return 3 if draft.slices is not None else int(draft.fields.get('dimensions', 3))


def _say_axes(draft: Draft) -> None:
    """MONAI reads axes as (x, y, z) and leaves their directions as they are stored, unless it is told."""
    fields = draft.fields
    fields.setdefault('intensity', 'none')
    if 'orientation' not in fields and image_dimensions(draft) == 3:
        fields['orientation'] = _AS_STORED
        draft.notes.append(
            f'It orients no image: axes go to it as {_AS_STORED}; if that is wrong, say orientation in its spec.'
        )
    elif 'orientation' not in fields:
        fields['transpose'] = True
    if draft.slices is not None:
        _slice(draft, draft.slices)


def _slice(draft: Draft, across: int) -> None:
    """Leave out the axis along which it goes slice by slice."""
    fields = draft.fields
    letters = fields['orientation']
    fields['orientation'] = letters[:across] + letters[across + 1 :]
    fields['slice_axis'] = next(n for n, pair in enumerate(('SI', 'PA', 'LR')) if letters[across] in pair)
    if 'spacing' in fields:
        spacing = fields['spacing']
        fields['spacing'] = spacing[:across] + spacing[across + 1 :]
        draft.fault(f'it brings slices to {spacing[across]:g} mm from each other, and here they stay', 'spacing')
