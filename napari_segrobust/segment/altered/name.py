"""Altered networks as people write them: "brain-unet with reflect padding and skip gain 0.5"."""

from __future__ import annotations

import re
from dataclasses import dataclass

from napari_segrobust.errors import ModelError

#: Words for what may lie beyond the border of a map, in the order in which they are offered.
PADDINGS = ('zero', 'reflect', 'replicate', 'valid')
_WORDS = rf'(?:(?P<padding>{"|".join(PADDINGS)}) padding)?(?P<both> and )?(?:skip gain (?P<gain>[0-9.]+))?'
_LINE = re.compile(rf'(?P<base>.+?) with {_WORDS}')


@dataclass(frozen=True)
class Alteration:
    """What is changed in which network.

    Attributes
    ----------
    base : str
        Name or path of the network itself.
    padding : str or None
        One of `PADDINGS`; None leaves it.
    gain : float or None
        0 to 1; None leaves it.
    """

    base: str
    padding: str | None = None
    gain: float | None = None

    @property
    def words(self) -> str:
        """Such as "reflect padding and skip gain 0.5"."""
        said = [] if self.padding is None else [f'{self.padding} padding']
        return ' and '.join(said if self.gain is None else [*said, f'skip gain {self.gain:g}'])

    @property
    def line(self) -> str:
        """What `read_altered` reads as this."""
        return f'{self.base} with {self.words}' if self.words else self.base


def is_altered(name_or_path: object) -> bool:
    """Whether this is a line that describes an altered network; looks, and loads nothing."""
    if not isinstance(name_or_path, str):
        return False
    found = _LINE.fullmatch(name_or_path)
    if found is None or not (found['padding'] or found['gain']):
        return False
    return bool(found['padding'] and found['gain']) is bool(found['both'])


def read_altered(line: str) -> Alteration:
    """Read a line.

    Raises
    ------
    ModelError
        It is none, or the gain is no share.
    """
    found = _LINE.fullmatch(line)
    if found is None or not is_altered(line):
        remedy = 'Write "NAME with reflect padding", "NAME with skip gain 0.5", or both with "and".'
        raise ModelError('No altered network', repr(line), remedy)
    try:
        gain = None if found['gain'] is None else checked_gain(float(found['gain']))
    except ValueError:
        raise ModelError('Skip gain unusable', repr(found['gain']), 'Give a number from 0 to 1.') from None
    return Alteration(found['base'], found['padding'], gain)


def altered_line(source: str, *, padding: str | None = None, gain: float | None = None) -> str:
    """The line of a network, which may be altered already, with one more change.

    Examples
    --------
    >>> altered_line('brain-unet', padding='reflect')
    'brain-unet with reflect padding'
    >>> altered_line('brain-unet with reflect padding', gain=0.5)
    'brain-unet with reflect padding and skip gain 0.5'
    """
    old = read_altered(source) if is_altered(source) else Alteration(source)
    return Alteration(old.base, padding or old.padding, old.gain if gain is None else gain).line


def checked_gain(gain: float) -> float:
    """Take a gain from 0 to 1.

    Raises
    ------
    ModelError
        It is another number.
    """
    if not 0 <= gain <= 1:
        raise ModelError('Skip gain unusable', f'{gain:g}', 'Give a number from 0 to 1.')
    return gain
