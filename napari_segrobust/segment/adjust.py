"""Turning the knobs of a model, by numbers or by the words of its choices."""

from __future__ import annotations

from typing import TYPE_CHECKING

from napari_segrobust.errors import ModelError
from napari_segrobust.segment.protocols import AdjustableSegmenter

if TYPE_CHECKING:
    from collections.abc import Mapping

    from napari_segrobust.segment.protocols import WholeSegmenter, WindowSegmenter


def adjust(
    model: WindowSegmenter | WholeSegmenter, values: Mapping[str, float | str]
) -> WindowSegmenter | WholeSegmenter:
    """A model with its knobs at these values; itself where there are none.

    Parameters
    ----------
    model : WindowSegmenter or WholeSegmenter
    values : mapping of str to float or str
        By the name of the knob; a choice may be named by its words.

    Raises
    ------
    ModelError
        It has no knobs, or no such knob, or the value is outside the range.
    """
    if not values:
        return model
    if not isinstance(model, AdjustableSegmenter):
        name = model.spec.name
        raise ModelError(f'{name} cannot be adjusted', 'it has no knobs', 'Leave its values out.')
    choices = {knob.name: knob.choices for knob in model.parameters}
    numbers: dict[str, float] = {}
    for name, value in values.items():
        known = choices.get(name, ())
        if isinstance(value, str) and value in known:
            numbers[name] = float(known.index(value))
            continue
        try:
            numbers[name] = float(value)
        except ValueError:
            remedy = f'Give one of {", ".join(known)}.' if known else 'Give a number.'
            raise ModelError(f'{name} of {model.spec.name} unusable', f'it is {value!r}', remedy) from None
    return model.adjusted(numbers)


def values_of(model: object) -> dict[str, float]:
    """Where the knobs of a model stand; none for a model that has none."""
    return dict(model.values) if isinstance(model, AdjustableSegmenter) else {}
