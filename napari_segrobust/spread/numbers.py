"""Numbers over several draws: their trueness and their precision."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping

#: Two measurements of the same thing differ by less than this many standard deviations in 95 of 100 pairs:
#: 1.96 sqrt(2). Bland & Altman, Stat Methods Med Res 8:135 (1999).
REPEATABILITY = 2.77
#: Key of the predicted volume among the numbers of a label.
VOLUME = 'predicted_volume'
_SCHEMA = 1


@dataclass(frozen=True)
class Numbers:
    """One number over several draws.

    Attributes
    ----------
    values : tuple of float or None
        One for each draw; None where it is undefined.
    clean : float or None
        The same number on the clean image.
    unit : str or None
    """

    values: tuple[float | None, ...]
    clean: float | None = None
    unit: str | None = None

    @property
    def defined(self) -> tuple[float, ...]:
        """Values of the draws for which it is defined."""
        return tuple(value for value in self.values if value is not None)

    @property
    def n(self) -> int:
        """Number of draws for which it is defined."""
        return len(self.defined)

    @property
    def mean(self) -> float | None:
        """Mean of the defined values; None without one."""
        return math.fsum(self.defined) / self.n if self.n else None

    @property
    def bias(self) -> float | None:
        """Trueness: mean minus the clean number."""
        return None if self.mean is None or self.clean is None else self.mean - self.clean

    @property
    def sd(self) -> float | None:
        """Precision: sample standard deviation (n - 1); None for fewer than two values."""
        mean = self.mean
        if mean is None or self.n < 2:
            return None
        return math.sqrt(math.fsum((value - mean) ** 2 for value in self.defined) / (self.n - 1))

    @property
    def rc(self) -> float | None:
        """Repeatability coefficient, 2.77 standard deviations."""
        return None if self.sd is None else REPEATABILITY * self.sd

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready form."""
        plain = ('clean', 'mean', 'bias', 'sd', 'rc', 'n', 'unit')
        return {'values': list(self.values), **{key: getattr(self, key) for key in plain}}


@dataclass(frozen=True)
class Spread:
    """What came out of the same scenario with several draws.

    Attributes
    ----------
    seeds : tuple of int
        One for each draw; each is the seed of the whole stack. One alone where nothing in the stack is random.
    labels : mapping of int to mapping of str to Numbers
        Label to metric to numbers; `VOLUME` is the predicted volume.
    random : bool
        Whether anything in the stack depends on its seed.
    against : str
        What the metrics compare with: ``reference``, or ``clean prediction`` where the case has no reference.
    """

    seeds: tuple[int, ...]
    labels: Mapping[int, Mapping[str, Numbers]]
    random: bool
    against: str

    @property
    def stamp(self) -> str:
        """From how much it was made, in words."""
        return stamp(draws=len(self.seeds))

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready form: no NaN, keys of labels are strings."""
        return {
            'schema': _SCHEMA,
            'stamp': self.stamp,
            'seeds': list(self.seeds),
            'random': self.random,
            'against': self.against,
            'repeatability': f'{REPEATABILITY} standard deviations',
            'labels': {
                str(label): {key: numbers.to_dict() for key, numbers in found.items()}
                for label, found in self.labels.items()
            },
        }


@dataclass(frozen=True)
class Band:
    """One metric along the severity of one entry, with its spread over draws.

    Attributes
    ----------
    metric : str
    label : int
    severities : tuple of float
    seeds : tuple of int
    numbers : tuple of Numbers
        One for each severity.
    """

    metric: str
    label: int
    severities: tuple[float, ...]
    seeds: tuple[int, ...]
    numbers: tuple[Numbers, ...]

    @property
    def low(self) -> tuple[float | None, ...]:
        """Least value at each severity."""
        return tuple(min(at.defined, default=None) for at in self.numbers)

    @property
    def median(self) -> tuple[float | None, ...]:
        """Median at each severity."""
        return tuple(float(np.median(at.defined)) if at.n else None for at in self.numbers)

    @property
    def high(self) -> tuple[float | None, ...]:
        """Largest value at each severity."""
        return tuple(max(at.defined, default=None) for at in self.numbers)

    @property
    def mean(self) -> tuple[float | None, ...]:
        """Mean at each severity."""
        return tuple(at.mean for at in self.numbers)

    @property
    def sd(self) -> tuple[float | None, ...]:
        """Standard deviation at each severity."""
        return tuple(at.sd for at in self.numbers)

    @property
    def stamp(self) -> str:
        """From how much it was made, in words."""
        return stamp(draws=len(self.seeds))


def stamp(images: int = 1, draws: int = 1, trainings: int = 1) -> str:
    """Say from how much a curve or a number was made, so that nobody takes one draw for a result.

    Examples
    --------
    >>> stamp()
    'one image, one draw, one training'
    >>> stamp(draws=5)
    'one image, 5 draws, one training'
    """
    counts = ((images, 'image'), (draws, 'draw'), (trainings, 'training'))
    return ', '.join(f'one {word}' if count == 1 else f'{count} {word}s' for count, word in counts)
