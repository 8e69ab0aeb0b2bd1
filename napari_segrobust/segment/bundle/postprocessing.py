"""MONAI's transforms after the network: activation, threshold, and steps on labels."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from napari_segrobust.segment.bundle.draft import Step, steps_of, take
from napari_segrobust.segment.bundle.preprocessing import dictionary_name
from napari_segrobust.segment.bundle.resolver import Component

if TYPE_CHECKING:
    from collections.abc import Callable

    from napari_segrobust.segment.bundle.draft import Draft

#: Files are written by whoever asks for them.
_IDLE = (
    'EnsureTyped',
    'ToTensord',
    'ToDeviced',
    'CastToTyped',
    'Identityd',
    'SaveImaged',
    'DeleteItemsd',
    'SelectItemsd',
    'CopyItemsd',
)


def translate_postprocessing(value: Any, draft: Draft) -> None:
    """Read activation, threshold and steps on labels into a draft.

    Notes
    -----
    What is not known does not change probabilities: it is left out, and a note says so.
    """
    post: dict[str, Any] = {}
    draft.fields['post'] = post
    for item in steps_of(value):
        if not isinstance(item, Component):
            draft.leave(item)
            continue
        step = Step(item, dictionary_name(item.target), draft)
        if step.name not in _IDLE and not take(step, _TRANSLATORS, 'activation'):
            draft.notes.append(f'{step.name} after the network is not known here, and is left out.')


def _activate(step: Step) -> None:
    fields = step.draft.fields
    softmax, sigmoid = bool(step.single('softmax', False)), bool(step.single('sigmoid', False))
    if softmax == sigmoid or step.has('other'):
        step.fault('applies neither softmax nor sigmoid alone', 'activation')
        return
    fields['activation'] = 'softmax' if softmax else 'sigmoid'
    step.said(fields['activation'])


def _invert(step: Step) -> None:
    """Probabilities are brought back here in any case; a bundle may bring back logits or labels."""
    fields = step.draft.fields
    if fields.get('spacing') is None:
        return
    if step.draft.discrete:
        step.draft.notes.append(f'{step.name} brings back labels, and here probabilities: borders may differ a little.')
    elif 'activation' not in fields:
        step.draft.notes.append(f'{step.name} brings back logits, and here probabilities: borders may differ a little.')


def _discretise(step: Step) -> None:
    fields = step.draft.fields
    step.draft.discrete = True
    threshold = step.single('threshold')
    if step.single('argmax', False):
        # The most probable class is that of the largest logit.
        fields.setdefault('activation', 'softmax')
        step.said('the most probable class')
    elif threshold is not None and threshold is not False:
        # Without an activation the network's own outputs are compared with it.
        fields.setdefault('activation', 'none')
        fields['threshold'] = 0.5 if threshold is True else float(threshold)
        step.said(f'threshold {fields["threshold"]:g}')


def _keep_largest(step: Step) -> None:
    if step('num_components', 1) != 1:
        step.draft.notes.append(f'{step.name} keeps several components, which has no counterpart here: it is left out.')
        return
    step.draft.fields['post']['largest_component'] = True
    step.said('the largest component of each label')
    _mind_labels(step)
    if step('connectivity') not in (None, 3):
        step.draft.notes.append(f'{step.name}: here voxels that touch at a corner are connected.')


def _fill(step: Step) -> None:
    step.draft.fields['post']['fill_holes'] = True
    step.said('holes filled')
    _mind_labels(step)


def _remove_small(step: Step) -> None:
    fields = step.draft.fields
    least, spacing = float(step('min_size', 64)), fields.get('spacing')
    if step('by_measure', False):
        volume = least
    elif spacing is not None:
        volume = least * math.prod(spacing)
        step.draft.notes.append(f'{step.name}: {least:g} voxels are counted as {volume / 1000:g} ml.')
    else:
        step.draft.notes.append(f'{step.name} counts {least:g} voxels of no given size: it is left out.')
        return
    fields['post']['minimum_ml'] = volume / 1000
    step.said(f'nothing below {volume / 1000:g} ml')


def _mind_labels(step: Step) -> None:
    labels = step('applied_labels')
    every = set(range(1, step.draft.fields.get('outputs', 0)))
    if labels is not None and set(step.numbers('applied_labels')) != every:
        step.draft.notes.append(f'{step.name} names labels {labels}: here it acts on each label.')


_TRANSLATORS: dict[str, Callable[[Step], None]] = {
    'Activationsd': _activate,
    'Invertd': _invert,
    'AsDiscreted': _discretise,
    'KeepLargestConnectedComponentd': _keep_largest,
    'FillHolesd': _fill,
    'RemoveSmallObjectsd': _remove_small,
}
