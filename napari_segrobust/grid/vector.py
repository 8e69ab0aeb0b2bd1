"""A sheet as SVG: words stay words, outlines stay lines, pictures are embedded as PNG."""

from __future__ import annotations

import base64
import io
from functools import singledispatchmethod
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape, quoteattr

import numpy as np

from napari_segrobust.grid.raster import HALO, HALO_OPACITY, HATCH_STEP, HATCH_WIDTH
from napari_segrobust.grid.sheet import Area, Box, Dot, Line, Picture, Text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from napari_segrobust.grid.sheet import Part, Sheet

_FONTS = 'Helvetica, Arial, Aileron, Liberation Sans, DejaVu Sans, sans-serif'
#: Programs enlarge pictures each in its own way, some of them as squares: so they get this many pixels in a point.
_PIXELS_IN_POINT = 2.5


def as_svg(sheet: Sheet) -> str:
    """Write a sheet as an SVG document in points."""
    return _Pen(sheet).document()


class _Pen:
    def __init__(self, sheet: Sheet) -> None:
        self._sheet = sheet
        self._patterns: dict[tuple[str, str], str] = {}

    def document(self) -> str:
        body = [self._put(part) for part in self._sheet.parts]
        width, height = _n(self._sheet.width), _n(self._sheet.height)
        patterns = [_pattern(name, *key) for key, name in self._patterns.items()]
        lines = [
            '<?xml version="1.0" encoding="UTF-8"?>',
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}pt" height="{height}pt" '
            f'viewBox="0 0 {width} {height}" font-family="{_FONTS}">',
            f'<title>{escape(self._sheet.words)}</title>',
            *(['<defs>', *patterns, '</defs>'] if patterns else []),
            f'<rect width="{width}" height="{height}" fill="white"/>',
            *filter(None, body),
            '</svg>',
            '',
        ]
        return '\n'.join(lines)

    @singledispatchmethod
    def _put(self, part: Part) -> str:
        raise TypeError(type(part).__name__)

    @_put.register
    def _(self, text: Text) -> str:
        weight = ' font-weight="bold"' if text.bold else ''
        turn = f' transform="rotate(-90 {_n(text.x)} {_n(text.y)})"' if text.turned else ''
        return (
            f'<text x="{_n(text.x)}" y="{_n(text.y)}" font-size="{_n(text.size)}" text-anchor="{text.anchor}"'
            f'{weight} fill="{text.colour}"{turn}>{escape(text.words)}</text>'
        )

    @_put.register
    def _(self, box: Box) -> str:
        fill = f'fill="{box.fill}" fill-opacity="{_n(box.opacity)}"' if box.fill else 'fill="none"'
        stroke = f' stroke="{box.stroke}" stroke-width="{_n(box.line)}"' if box.stroke else ''
        return f'<rect {_place(box)} {fill}{stroke}/>'

    @_put.register
    def _(self, line: Line) -> str:
        points = ' '.join(f'{_n(x)},{_n(y)}' for x, y in line.points)
        if line.fill:
            opacity = f' fill-opacity="{_n(line.opacity)}"' if line.opacity < 1 else ''
            return f'<polygon points="{points}" fill="{line.colour}"{opacity}/>'
        ends = _dashes(line.dashes, line.width) or ' stroke-linecap="round"'
        return (
            f'<polyline points="{points}" fill="none" stroke="{line.colour}" stroke-width="{_n(line.width)}" '
            f'stroke-linejoin="round"{ends}/>'
        )

    @_put.register
    def _(self, dot: Dot) -> str:
        return f'<circle cx="{_n(dot.x)}" cy="{_n(dot.y)}" r="{_n(dot.radius)}" fill="{dot.colour}"/>'

    @_put.register
    def _(self, picture: Picture) -> str:
        return (
            f'<image {_place(picture)} preserveAspectRatio="none" '
            f'href="data:image/png;base64,{_png(picture.pixels, picture.width, picture.height)}"/>'
        )

    @_put.register
    def _(self, area: Area) -> str:
        lines = area.outlines()
        if not lines:
            return ''
        d = quoteattr(' '.join(f'M{"L".join(f"{_n(x)} {_n(y)}" for x, y in line[:-1])}Z' for line in lines))
        drawn = []
        if area.fill:
            drawn.append(f'<path d={d} fill="{area.colour}" fill-opacity="{_n(area.fill)}" fill-rule="evenodd"/>')
        if area.hatch:
            name = self._patterns.setdefault((area.hatch, area.colour), f'hatch{len(self._patterns)}')
            drawn.append(f'<path d={d} fill="url(#{name})" fill-rule="evenodd"/>')
        pens = [(area.colour, area.line, 1.0, _dashes(area.dashes, area.line))] if area.line else []
        if area.line and area.halo:
            pens.insert(0, (HALO, area.line + 0.7, HALO_OPACITY, ''))
        drawn.extend(
            f'<path d={d} fill="none" stroke="{colour}" stroke-width="{_n(width)}" stroke-opacity="{_n(opacity)}" '
            f'stroke-linejoin="round"{dashes}/>'
            for colour, width, opacity, dashes in pens
        )
        return '\n'.join(drawn)


def _pattern(name: str, hatch: str, colour: str) -> str:
    lines = f'<line x1="0" y1="0" x2="0" y2="{HATCH_STEP}" stroke="{colour}" stroke-width="{2 * HATCH_WIDTH}"/>'
    if hatch == 'cross':
        lines += f'<line x1="0" y1="0" x2="{HATCH_STEP}" y2="0" stroke="{colour}" stroke-width="{2 * HATCH_WIDTH}"/>'
    return (
        f'<pattern id="{name}" width="{HATCH_STEP}" height="{HATCH_STEP}" patternUnits="userSpaceOnUse" '
        f'patternTransform="rotate(45)">{lines}</pattern>'
    )


def _png(pixels: NDArray[np.uint8], width: float, height: float) -> str:
    from PIL import Image

    image = Image.fromarray(np.ascontiguousarray(pixels))
    size = (round(width * _PIXELS_IN_POINT), round(height * _PIXELS_IN_POINT))
    if size[0] > image.width or size[1] > image.height:
        image = image.resize(size, Image.Resampling.BICUBIC)
    if not np.ptp(pixels, axis=2).any():
        image = image.convert('L')
    out = io.BytesIO()
    image.save(out, 'PNG', optimize=True)
    return base64.b64encode(out.getvalue()).decode()


def _place(part: Box | Picture | Area) -> str:
    return f'x="{_n(part.x)}" y="{_n(part.y)}" width="{_n(part.width)}" height="{_n(part.height)}"'


def _dashes(lengths: Sequence[float], width: float) -> str:
    return f' stroke-dasharray="{" ".join(_n(length * width) for length in lengths)}"' if lengths else ''


def _n(value: float) -> str:
    return f'{value:.2f}'.rstrip('0').rstrip('.')
