"""What a method without weights is: a function of a picture and of knobs, with its source and its limits."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from napari_segrobust.errors import ModelError
from napari_segrobust.segment.protocols import Knob

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from numpy.typing import NDArray

    from napari_segrobust.prompts import PromptKind
    from napari_segrobust.segment.classical.picture import Picture

#: Values of the knob `scope`.
SLICE, VOLUME = 0, 1


class Run(Protocol):
    """What a method does."""

    def __call__(self, picture: Picture, values: Mapping[str, float]) -> NDArray[Any]:
        """Return labels (*spatial), 0 is background, or probabilities (K, *spatial) with the background first."""


@dataclass(frozen=True)
class Method:
    """One method.

    Attributes
    ----------
    name, title : str
        Name as a model; words for its card.
    run : Run
    knobs : tuple of Knob
        A knob `scope` lets it see the volume whole in place of one slice, and `classes` tells how many objects there
        are.
    source : str
        Paper, and the library that computes it.
    use, limits : str
        What it does, and what it cannot do.
    prompts : tuple of {'points', 'boxes', 'scribbles'}
        What it must be shown; any one of them will do.
    learn : callable, optional
        Makes a `run` from the slices that bear prompts, for a method that learns from them.
    version : int
        Grows when the same values give another answer than before.
    """

    name: str
    title: str
    run: Run
    knobs: tuple[Knob, ...]
    source: str
    use: str
    limits: str
    prompts: tuple[PromptKind, ...] = ()
    learn: Callable[[Sequence[Picture], Mapping[str, float]], Run] | None = None
    version: int = 1

    def values(self, given: Mapping[str, float]) -> dict[str, float]:
        """Values of all knobs: those that are given, the defaults of the others.

        Raises
        ------
        ModelError
            No such knob, or a value outside its range.
        """
        known = {knob.name: knob for knob in self.knobs}
        for name, value in given.items():
            if name not in known:
                raise ModelError(f'{self.title} has no knob {name}', 'not known', f'Choose from: {", ".join(known)}.')
            knob = known[name]
            if not knob.minimum <= value <= knob.maximum or (knob.choices and value != int(value)):
                raise ModelError(f'{name} of {self.name} unusable', f'it is {value:g}', f'Give {_range(knob)}.')
        return {name: float(given.get(name, knob.default)) for name, knob in known.items()}


def _range(knob: Knob) -> str:
    if knob.choices:
        return ', '.join(f'{number} ({words})' for number, words in enumerate(knob.choices))
    return f'{knob.minimum:g} to {knob.maximum:g} {knob.unit}'.rstrip()


def amount(
    name: str, title: str, unit: str, default: float, minimum: float, maximum: float, step: float, words: str
) -> Knob:
    """A knob that is a number."""
    return Knob(name, title, unit, default, minimum, maximum, step, (), words)


def choice(name: str, title: str, choices: tuple[str, ...], words: str, default: int = 0) -> Knob:
    """A knob that is one of a few."""
    return Knob(name, title, '', default, 0, len(choices) - 1, 1, choices, words)


def scope(default: int = SLICE, words: str = '') -> Knob:
    """Whether each slice is segmented for itself, or the volume at once."""
    plain = 'slice: each for itself, and quick. volume: all voxels at once, one answer for all slices'
    return choice('scope', 'sees', ('slice', 'volume'), words or plain, default)


SMOOTH = amount('smooth', 'smooth', 'mm', 0.0, 0.0, 5.0, 0.1, 'Gaussian blur before, standard deviation')
SIDE = choice('side', 'object is', ('bright', 'dark'), 'Which side of a threshold is the object')
CHANNEL = choice(
    'channel', 'channel', ('mean', '1', '2', '3', '4'), 'Of an image with several: their mean, or one of them'
)
CLASSES = amount('classes', 'objects', '', 1, 1, 4, 1, 'How many kinds of object are marked, beside the background')
CLICK = amount('click', 'click size', 'mm', 1.0, 0.0, 10.0, 0.5, 'Radius of the disc that a click marks')
