"""MONAI's inferers as a sliding plan."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from napari_segrobust.segment.bundle.draft import Step, listed, name_in, take
from napari_segrobust.segment.bundle.resolver import Component

if TYPE_CHECKING:
    from collections.abc import Callable

    from napari_segrobust.segment.bundle.draft import Draft

_SIGMA = 0.125


def translate_inferer(value: Any, draft: Draft) -> None:
    """Read window, overlap and blending into a draft; nothing, where a bundle has no inferer."""
    if value is None:
        return
    draft.leave(value if not isinstance(value, Component) else None)
    if not isinstance(value, Component):
        return
    step = Step(value, name_in(value.target, 'monai.inferers'), draft)
    if not take(step, _TRANSLATORS, 'window', 'overlap', 'blending'):
        step.fault('is not known here as an inferer', 'window', 'overlap', 'blending')


def _slide(step: Step) -> None:
    fields = step.draft.fields
    size = tuple(int(n) for n in step.numbers('roi_size'))
    dimensions = fields.get('dimensions', len(size))
    size = (*size, *(size[-1],) * dimensions)[:dimensions]
    overlap = float(step.single('overlap', 0.25))
    mode = str(step('mode', 'constant')).lower()
    whole = all(n <= 0 for n in size)
    if not whole and any(n <= 0 for n in size):
        step.fault(f'takes windows of {listed(size)} voxels, whole along some axes only', 'window')
        return
    fields['window'] = None if whole else size
    fields['overlap'], fields['blending'] = overlap, mode
    step.said(f'window {"the whole image" if whole else listed(size)}, overlap {overlap:g}, {mode} blending')
    if mode == 'gaussian' and step.single('sigma_scale', _SIGMA) != _SIGMA:
        step.fault(f'blends with a sigma of {step.single("sigma_scale")} windows, and here it is {_SIGMA}', 'blending')
    padding = step('padding_mode', 'constant')
    if padding != 'constant' or step('cval', 0):
        step.draft.notes.append(
            f'{step.name} fills windows beyond the image by {padding}, value {step("cval", 0):g}: '
            'choose that in the context; the default is 0.'
        )


def _whole(step: Step) -> None:
    step.draft.fields['window'] = None
    step.said('the whole image at once')


def _slices(step: Step) -> None:
    step.draft.slices = int(step('spatial_dim', 0))
    step.draft.fields['dimensions'] = 2
    _slide(step)


_TRANSLATORS: dict[str, Callable[[Step], None]] = {
    'SlidingWindowInferer': _slide,
    'SliceInferer': _slices,
    'SimpleInferer': _whole,
}
