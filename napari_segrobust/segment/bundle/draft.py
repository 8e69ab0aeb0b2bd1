"""A model spec that grows while a bundle is read, with what could not be read of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from napari_segrobust.segment.bundle.resolver import Component, Unread, walk

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

_ABSENT = object()


@dataclass(frozen=True)
class Fault:
    """What of a bundle has no counterpart here.

    Attributes
    ----------
    words : str
    settled_by : tuple of str
        Entries of a spec that, stated by a person, take its place.
    """

    words: str
    settled_by: tuple[str, ...]


@dataclass
class Draft:
    """What is known so far.

    Attributes
    ----------
    fields : dict
        Entries of a `ModelSpec`.
    images : tuple of str
        Keys under which MONAI's transforms find the image: one, or one for each channel.
    slices : int or None
        Axis of the image along which a 2D network goes slice by slice, in MONAI's order.
    discrete : bool
        Whether the steps so far have turned probabilities into labels.
    modality : str or None
        "CT" or "MR", where the bundle says so.
    said : list of str
        Every step that was understood, in the words of the spec.
    notes : list of str
        What a person must know.
    faults : list of Fault
    expressions : list of str
        Those that are needed and were left alone, as "place: text".
    """

    fields: dict[str, Any] = field(default_factory=dict)
    images: tuple[str, ...] = ()
    slices: int | None = None
    discrete: bool = False
    modality: str | None = None
    said: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    expressions: list[str] = field(default_factory=list)

    def fault(self, words: str, *settled_by: str) -> None:
        """Something has no counterpart, unless a person states these entries of the spec."""
        self.faults.append(Fault(words, settled_by))

    def leave(self, value: Any) -> None:
        """Keep the expressions in a resolved entry, which is needed."""
        for text in expressions_in(value):
            if text not in self.expressions:
                self.expressions.append(text)


class NeedsExpression(Exception):
    """A value that is needed hangs on an expression."""


class Step:
    """A component whose arguments are read one by one.

    Parameters
    ----------
    component : Component
    name : str
        Of the class, without its package.
    draft : Draft
    """

    def __init__(self, component: Component, name: str, draft: Draft) -> None:
        self.name = name
        self.place = component.place
        self.draft = draft
        self._arguments = component.arguments

    def __call__(self, argument: str, default: Any = None) -> Any:
        """Value of an argument.

        Raises
        ------
        NeedsExpression
            It was left alone; the draft keeps which expressions it hangs on.
        """
        value = self._arguments.get(argument, _ABSENT)
        if value is _ABSENT or value is None:
            return default
        if expressions_in(value):
            self.draft.leave(value)
            raise NeedsExpression(argument)
        return value

    def has(self, argument: str) -> bool:
        """Whether an argument is given, whatever it hangs on."""
        return self._arguments.get(argument) is not None

    def text(self, argument: str) -> str | None:
        """Text of an argument that is an expression, None of any other."""
        value = self._arguments.get(argument)
        return value.text if isinstance(value, Unread) else None

    def numbers(self, argument: str, default: Any = None) -> tuple[float, ...]:
        """Argument that may be one number or several.

        Raises
        ------
        NeedsExpression
            As for any argument.
        ValueError, TypeError
            It holds something else than numbers.
        """
        value = self(argument, default)
        return tuple(float(v) for v in (value if isinstance(value, (list, tuple)) else [value]))

    def single(self, argument: str, default: Any = None) -> Any:
        """Argument that may come in a list with one value for all keys.

        Raises
        ------
        NeedsExpression
            As for any argument.
        ValueError
            It holds several values.
        """
        value = self(argument, default)
        if isinstance(value, (list, tuple)):
            if len(set(map(repr, value))) != 1:
                raise ValueError(f'{argument} holds {len(value)} values')
            return value[0]
        return value

    def keys(self, argument: str = 'keys') -> tuple[str, ...]:
        """Keys of the items that a transform acts on."""
        value = self(argument, ())
        return (value,) if isinstance(value, str) else tuple(map(str, value))

    def fault(self, words: str, *settled_by: str) -> None:
        """Name this step in a fault."""
        self.draft.fault(f'{self.name} {words}', *settled_by)

    def said(self, words: str) -> None:
        """Say what became of this step."""
        self.draft.said.append(f'{self.name}: {words}')


def take(step: Step, translators: Mapping[str, Callable[[Step], None]], *settled_by: str) -> bool:
    """Translate one step.

    Parameters
    ----------
    step : Step
    translators : mapping of str to callable
        By name.
    settled_by : str
        Entries of a spec that take the place of a step whose arguments are not understood.

    Returns
    -------
    bool
        Whether there is a translator for it.
    """
    translate = translators.get(step.name)
    if translate is None:
        return False
    try:
        for word in ('_disabled_', '_mode_'):
            if step(word) is not None:
                step.fault(f'has {word} = {step(word)!r}', *settled_by)
                return True
        translate(step)
    except NeedsExpression:
        pass
    except (TypeError, ValueError, LookupError) as error:
        step.fault(f'has arguments that are not understood ({error})', *settled_by)
    return True


def name_in(target: str, package: str) -> str:
    """Name of a class of a MONAI package; the whole target where it is none.

    Parameters
    ----------
    target : str
        "UNet", "monai.networks.nets.UNet" and "monai.networks.nets.unet.UNet" are the same.
    package : str
        "monai.networks.nets".
    """
    return target.rsplit('.', 1)[-1] if target.startswith(f'{package}.') else target


def steps_of(value: Any) -> Sequence[Any]:
    """Transforms of a ``Compose``, one inside another too, or of a list; a single transform is a list of one."""
    if isinstance(value, Component) and name_in(value.target, 'monai.transforms') == 'Compose':
        value = value.arguments.get('transforms', [])
    if not isinstance(value, (list, tuple)):
        return [value]
    return [step for item in value for step in (steps_of(item) if isinstance(item, (Component, list)) else [item])]


def expressions_in(value: Any) -> list[str]:
    """Expressions that were left alone in a resolved entry, as "place: text"."""
    return [f'{item.place}: {item.text}' for item in walk(value) if isinstance(item, Unread)]


def one_line(text: str, most: int = 400) -> str:
    """Words of a stranger's file, for a message: on one line, and not without end."""
    words = ' '.join(text.split())
    return words if len(words) <= most else f'{words[:most]} ...'


def listed(numbers: Sequence[float]) -> str:
    """Write "1.5 x 1.5 x 2"."""
    return ' x '.join(f'{number:g}' for number in numbers)
