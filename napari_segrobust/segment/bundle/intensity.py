"""MONAI's intensity transforms in the words of a model spec; several in a row become one where they are one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from napari_segrobust.segment.bundle.draft import Step

Range = tuple[float, float]
#: What a straight line before them does not change: they measure the image anew.
_MEASURED = ('zscore', 'minmax')


def scale_range(step: Step) -> None:
    """``ScaleIntensityRanged``: a window of intensities to a range, clipped or not."""
    window = float(step.single('a_min')), float(step.single('a_max'))
    low, high = step.single('b_min'), step.single('b_max')
    to = (0.0, 1.0) if low is None or high is None else (float(low), float(high))
    _then_line(step, window, to, clipped=bool(step.single('clip', False)))


def scale(step: Step) -> None:
    """``ScaleIntensityd``: minimum and maximum to a range."""
    low, high = step('minv', 0.0), step('maxv', 1.0)
    if step('factor') is not None:
        step.fault('multiplies by a factor', 'intensity')
        return
    to = (float(low), float(high))
    _then_measured(step, 'minmax' if to == (0.0, 1.0) else {'percentiles': (0.0, 100.0), 'to': to})


def scale_percentiles(step: Step) -> None:
    """``ScaleIntensityRangePercentilesd``: two percentiles of the image to a range."""
    lower, upper = float(step('lower')), float(step('upper'))
    to = float(step('b_min', 0.0)), float(step('b_max', 1.0))
    if step('relative', False):
        span = to[1] - to[0]
        to = to[0] + span * lower / 100, to[0] + span * upper / 100
    if not step('clip', False) and (lower, upper) != (0, 100):
        step.fault('maps percentiles without clipping to them', 'intensity')
        return
    _then_measured(step, {'percentiles': (lower, upper), 'to': to})


def normalise(step: Step) -> None:
    """``NormalizeIntensityd``: to mean 0 and standard deviation 1, or by given numbers."""
    given = [step(name) is not None for name in ('subtrahend', 'divisor')]
    nonzero = bool(step('nonzero', False))
    if not any(given):
        _then_measured(step, 'zscore_nonzero' if nonzero else 'zscore')
        return
    offsets, widths = set(step.numbers('subtrahend')), set(step.numbers('divisor'))
    if not all(given) or nonzero or len(offsets) > 1 or len(widths) > 1:
        step.fault('has a number for one of mean and deviation only, or one for each channel', 'intensity')
        return
    offset, width = offsets.pop(), widths.pop()
    _then_line(step, (offset, offset + width), (0.0, 1.0), clipped=False)


TRANSLATORS: dict[str, Callable[[Step], None]] = {
    'ScaleIntensityRanged': scale_range,
    'ScaleIntensityd': scale,
    'ScaleIntensityRangePercentilesd': scale_percentiles,
    'NormalizeIntensityd': normalise,
}


def _then_measured(step: Step, intensity: str | dict[str, Any]) -> None:
    """After what was there: nothing, or a straight line, which is the same as nothing."""
    before = step.draft.fields.get('intensity', 'none')
    straight = before in ('none', *_MEASURED) or (isinstance(before, dict) and before.get('clipped') is False)
    if before == 'zscore_nonzero' and step.draft.modality == 'CT' and intensity != 'zscore_nonzero':
        # Zero is any tissue's value there: the few voxels of exactly 0 HU became their neighbours' mean.
        step.draft.notes.append(f'{step.name}: voxels of exactly 0 HU are not set apart as they were in training.')
        straight = True
    if not straight or (before != 'none' and intensity == 'zscore_nonzero'):
        step.fault('comes after another change of intensities, and the two are not one', 'intensity')
        return
    if step.draft.fields.get('channels', 1) > 1 and not step('channel_wise', False):
        step.fault('measures all channels together, and here each is measured by itself', 'intensity')
        return
    _set(step, intensity)


def _then_line(step: Step, window: Range, to: Range, *, clipped: bool) -> None:
    """After what was there: nothing, or what has a range of its own, which goes along the line."""
    before = step.draft.fields.get('intensity', 'none')
    if before == 'none':
        _set(step, {'clip': window, 'to': to, 'clipped': clipped})
        return
    if before == 'minmax':
        before = {'percentiles': (0.0, 100.0), 'to': (0.0, 1.0)}
    bounded = isinstance(before, dict) and before.get('clipped', True)
    if not isinstance(before, dict) or (clipped and not (bounded and _within(before['to'], window))):
        step.fault('comes after another change of intensities, and the two are not one', 'intensity')
        return
    slope = (to[1] - to[0]) / (window[1] - window[0])
    low, high = (to[0] + (end - window[0]) * slope for end in before['to'])
    _set(step, {**before, 'to': (low, high)})


def _set(step: Step, intensity: str | dict[str, Any]) -> None:
    step.draft.fields['intensity'] = intensity
    step.said(f'intensity {_in_words(intensity)}')


def _in_words(intensity: str | dict[str, Any]) -> str:
    if isinstance(intensity, str):
        return intensity
    low, high = intensity['to']
    if 'percentiles' in intensity:
        first, last = intensity['percentiles']
        return f'percentiles {first:g} and {last:g} to {low:g} .. {high:g}'
    first, last = intensity['clip']
    return f'{first:g} .. {last:g} to {low:g} .. {high:g}{", clipped" if intensity["clipped"] else ""}'


def _within(inner: Range, outer: Range) -> bool:
    return min(outer) <= min(inner) and max(inner) <= max(outer)
