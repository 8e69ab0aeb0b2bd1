"""The colours of a napari theme as plain values, and the contrast arithmetic of WCAG 2."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from napari.utils.theme import get_theme
from qtpy.QtWidgets import QWidget

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    RGB = tuple[float, float, float]

#: Smallest contrast of text, and of graphics, against what lies behind (WCAG 2.2, 1.4.3 and 1.4.11).
TEXT_CONTRAST = 4.5
GRAPHIC_CONTRAST = 3.0


@dataclass(frozen=True)
class Palette:
    """Colours of one theme, as ``#rrggbb``.

    Attributes
    ----------
    background, foreground, primary, secondary, highlight, current : str
        Surfaces, from the window to the selected thing, named as napari names them.
    text, warning, error : str
        Inks; napari's `warning` and `error` are only legible after `ink`.
    font_size : int
        Of the theme, in points.
    """

    background: str
    foreground: str
    primary: str
    secondary: str
    text: str
    highlight: str
    warning: str
    error: str
    current: str
    font_size: int = 9

    @classmethod
    def from_theme(cls, name: str) -> Palette:
        """Read the napari theme `name`, such as ``dark`` or ``light``."""
        theme = get_theme(name)
        names = [field for field in cls.__dataclass_fields__ if field != 'font_size']
        colours = {field: _hex(getattr(theme, field).as_rgb_tuple(alpha=False)) for field in names}
        return cls(**colours, font_size=int(theme.font_size.removesuffix('pt')))

    @property
    def is_dark(self) -> bool:
        """Whether text is lighter than what it stands on."""
        return luminance(self.text) > luminance(self.background)

    @property
    def muted(self) -> str:
        """Ink for what is said quietly: grey, and still legible on background and on foreground."""
        return self._legible(mix(self.text, self.background, 0.42), TEXT_CONTRAST)

    @property
    def accent(self) -> str:
        """Ink for focus rings and for the thing under the hand."""
        return self._legible(self.current, GRAPHIC_CONTRAST)

    def ink(self, colour: str) -> str:
        """Shade of `colour` that is legible as text, line or marker on background and on foreground."""
        return self._legible(colour, TEXT_CONTRAST)

    def _legible(self, colour: str, ratio: float) -> str:
        return _legible(colour, (self.background, self.foreground), ratio, self.is_dark)


@runtime_checkable
class Themed(Protocol):
    """A widget that can change its colours."""

    def apply_palette(self, palette: Palette) -> None:
        """Take the colours of `palette`, children that the widget made itself included."""


def theme_tree(root: QWidget, palette: Palette) -> None:
    """Give `palette` to `root` and to every themed widget below it."""
    for widget in (root, *root.findChildren(QWidget)):
        if isinstance(widget, Themed):
            widget.apply_palette(palette)


def luminance(colour: str) -> float:
    """Relative luminance of ``#rrggbb``, from 0 to 1 (WCAG 2.2, definition of relative luminance)."""
    red, green, blue = _linear(colour)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """Contrast ratio of two colours, from 1 to 21 (WCAG 2.2)."""
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def mix(one: str, other: str, share: float) -> str:
    """`one` with `share` (0 to 1) of `other` in it, as seen in sRGB."""
    pairs = zip(_channels(one), _channels(other), strict=True)
    return _hex(a + (b - a) * share for a, b in pairs)


@lru_cache(maxsize=256)
def _legible(colour: str, surfaces: tuple[str, ...], ratio: float, lighten: bool) -> str:
    """Nearest shade of `colour` whose contrast against every surface is at least `ratio`, or the extreme."""
    shade: Callable[[float], str] = _lighter(colour) if lighten else _darker(colour)
    for step in range(65):
        candidate = shade(step / 64)
        if min(contrast(candidate, surface) for surface in surfaces) >= ratio:
            return candidate
    return shade(1.0)


def _lighter(colour: str) -> Callable[[float], str]:
    # full brightness first, which keeps the hue; only then towards white
    linear = _linear(colour)
    brightest = max(linear) or 1.0
    bright = _scaled(linear, 1 / brightest)

    def shade(share: float) -> str:
        if share <= 0.5:
            return _scaled(linear, 1 + 2 * share * (1 / brightest - 1))
        return mix(bright, '#ffffff', 2 * share - 1)

    return shade


def _darker(colour: str) -> Callable[[float], str]:
    linear = _linear(colour)
    return lambda share: _scaled(linear, 1 - share)


def _scaled(linear: RGB, factor: float) -> str:
    return _hex(255 * _gamma(min(1.0, channel * factor)) for channel in linear)


def _channels(colour: str) -> RGB:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def _hex(channels: Iterable[float]) -> str:
    return '#' + ''.join(f'{round(channel):02x}' for channel in channels)


def _linear(colour: str) -> RGB:
    red, green, blue = (_degamma(channel / 255) for channel in _channels(colour))
    return red, green, blue


def _degamma(value: float) -> float:
    return value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4


def _gamma(value: float) -> float:
    return value * 12.92 if value <= 0.0031308 else 1.055 * value ** (1 / 2.4) - 0.055
