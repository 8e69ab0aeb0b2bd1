"""What a built-in sample is: its words, its parameters with their ranges, and the function that makes it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from napari_segrobust.errors import CaseError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from napari_segrobust.cases.case import Case


@dataclass(frozen=True, slots=True)
class Range:
    """A number that a slider sets; `whole` numbers are counts and seeds."""

    name: str
    title: str
    unit: str
    default: float
    minimum: float
    maximum: float
    whole: bool = False
    source: str = ''

    def accept(self, value: Any) -> float | int:
        """Return `value` as a float (an int when `whole`), or raise `CaseError` outside the range."""
        try:
            number = float(value)
        except (TypeError, ValueError):
            number = float('nan')
        if not self.minimum <= number <= self.maximum or (self.whole and not number.is_integer()):
            kind = 'a whole number' if self.whole else 'a number'
            raise CaseError(
                f'Sample parameter {self.name} unusable',
                f'{value!r} is not {kind} from {self.minimum:g} to {self.maximum:g}',
                f'Give {self.name} within that range.',
            )
        return int(number) if self.whole else number


@dataclass(frozen=True, slots=True)
class Choice:
    """One word out of several."""

    name: str
    title: str
    default: str
    choices: tuple[str, ...]
    source: str = ''

    def accept(self, value: Any) -> str:
        """Return `value`, or raise `CaseError` when it is not one of the choices."""
        if value not in self.choices:
            raise CaseError(
                f'Sample parameter {self.name} unusable',
                f'{value!r} is none of its choices',
                f'Choose one of {", ".join(self.choices)}.',
            )
        return str(value)


@dataclass(frozen=True)
class SampleSpec:
    """A sample that comes with the package.

    Attributes
    ----------
    name, title, summary : str
        Key; words in the menu; one sentence for the tooltip.
    make : callable
        Takes every parameter by name and returns the case. The same parameters give the same voxels.
    parameters : tuple of Range or Choice
        What can be set; empty for an image that is simply there.
    """

    name: str
    title: str
    summary: str
    make: Callable[..., Case] = field(repr=False)
    parameters: tuple[Range | Choice, ...] = ()

    def defaults(self) -> dict[str, float | int | str]:
        """Every parameter at its default."""
        return {p.name: p.accept(p.default) for p in self.parameters}

    def accept(self, parameters: Mapping[str, Any]) -> dict[str, float | int | str]:
        """Complete `parameters` with the defaults; raise `CaseError` on an unknown name or a value out of range."""
        known = {p.name: p for p in self.parameters}
        for name in parameters:
            if name not in known:
                raise CaseError(
                    f'Sample {self.name} has no parameter {name!r}',
                    f'it has {", ".join(known) or "none"}',
                    'Check the spelling, or leave it out.',
                )
        return self.defaults() | {name: known[name].accept(value) for name, value in parameters.items()}
