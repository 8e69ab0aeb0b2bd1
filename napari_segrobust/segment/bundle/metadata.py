"""What ``metadata.json`` of a bundle says of its network's input and output."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from napari_segrobust.segment.bundle.draft import Draft

_LONGEST_SIZE = 30
#: "16*n" and "2**4*n": any multiple of a number.
_MULTIPLE = re.compile(r'^\s*(\d+)(?:\s*\*\*\s*(\d+))?\s*\*\s*[a-z]\s*$', re.IGNORECASE)
_MODALITIES = {'ct': 'CT', 'mr': 'MR', 'mri': 'MR'}
#: Entries of a model card, and where a bundle says them.
_CARD = {'title': ('task',), 'use': ('description', 'intended_use'), 'data': ('data_source',), 'protocol': ('authors',)}


def translate_metadata(metadata: Mapping[str, Any], draft: Draft) -> None:
    """Read names of classes, channels, sizes and what fits into a draft that holds the network's own numbers.

    Parameters
    ----------
    metadata : mapping
        Content of the file.
    draft : Draft
        Its activation is known, and says whether there is a background among the classes.

    References
    ----------
    .. [1] MONAI bundle specification, "network_data_format": https://docs.monai.io/en/stable/mb_specification.html
    """
    fields = draft.fields
    for entry, keys in _CARD.items():
        words = [str(metadata[key]).strip().rstrip('.') + '.' for key in keys if metadata.get(key)]
        if words:
            fields.setdefault('card', {})[entry] = ' '.join(words)
    if 'version' in metadata:
        fields.setdefault('card', {})['version'] = str(metadata['version'])
    if isinstance(metadata.get('name'), str):
        fields['name'] = metadata['name']
    images = _formats(metadata, 'inputs')
    if len(images) > 1:
        draft.fault(f'its network takes {len(images)} inputs ({", ".join(images)}), and here it is one image')
    for image in list(images.values())[:1]:
        _input(image, draft)
    for output in list(_formats(metadata, 'outputs').values())[:1]:
        _output(output, draft)


def modality_of(metadata: Mapping[str, Any]) -> str | None:
    """Return "CT" or "MR", None where the bundle says something else or nothing."""
    images = list(_formats(metadata, 'inputs').values())
    return _MODALITIES.get(str(images[0].get('modality', '')).lower()) if images else None


def _formats(metadata: Mapping[str, Any], side: str) -> dict[str, Mapping[str, Any]]:
    formats = metadata.get('network_data_format')
    found = formats.get(side) if isinstance(formats, Mapping) else None
    return {k: v for k, v in found.items() if isinstance(v, Mapping)} if isinstance(found, Mapping) else {}


def _input(image: Mapping[str, Any], draft: Draft) -> None:
    fields = draft.fields
    channels = image.get('num_channels')
    if isinstance(channels, int) and fields.setdefault('channels', channels) != channels:
        draft.notes.append(f'Its metadata says {channels} channels, and its network takes {fields["channels"]}.')
    _size(image.get('spatial_shape'), draft)
    expected: dict[str, Any] = {}
    if draft.modality:
        expected['modality'] = draft.modality
    # The range is that of the network's input: of the image too where nothing changes intensities.
    if fields.get('intensity') == 'none' and (value_range := _range(image.get('value_range'))):
        expected['intensity_range'] = value_range
    if expected:
        fields['expectations'] = expected


def _size(shape: Any, draft: Draft) -> None:
    """Any multiple of a number, or any size, or that of the windows."""
    if not isinstance(shape, (list, tuple)) or not shape:
        return
    fields = draft.fields
    fields.setdefault('dimensions', len(shape))
    multiples = [_multiple(entry) for entry in shape]
    if any(multiple is None for multiple in multiples):
        return
    multiple = math.lcm(fields.get('pad_multiple', 1), *(m for m in multiples if m))
    if all(n % multiple == 0 for n in fields.get('window') or ()):
        fields['pad_multiple'] = multiple
    else:
        draft.notes.append(f'Its metadata asks for multiples of {multiple}, and its windows are none: not followed.')


def _multiple(entry: Any) -> int | None:
    if not isinstance(entry, str) or len(entry) > _LONGEST_SIZE:
        return None
    if entry.strip() == '*':
        return 1
    found = _MULTIPLE.match(entry)
    if found is None or len(found[1]) > 4 or len(found[2] or '') > 1:
        return None
    return max(int(int(found[1]) ** int(found[2] or 1)), 1)


def _output(output: Mapping[str, Any], draft: Draft) -> None:
    fields = draft.fields
    named = output.get('channel_def')
    if not isinstance(named, Mapping) or not all(str(key).isdecimal() for key in named):
        return
    names = [str(named[key]) for key in sorted(named, key=int)]
    outputs = fields.get('outputs', len(names))
    if fields.get('activation') != 'softmax' and len(names) == outputs + 1:
        # One output of a sigmoid, and a name for what is none of it.
        names = names[1:]
    if len(names) == outputs:
        fields['classes'] = tuple(names)
    else:
        draft.notes.append(f'Its metadata names {len(names)} classes, and its network has {outputs} outputs.')


def _range(value: Any) -> tuple[float, float] | None:
    if not isinstance(value, (list, tuple)) or len(value) != 2 or not all(isinstance(v, (int, float)) for v in value):
        return None
    return (float(value[0]), float(value[1])) if value[0] < value[1] else None
