"""A sheet in pixels, by Pillow: smooth lines, hatches and letters, the same on every machine."""

from __future__ import annotations

from functools import singledispatchmethod
from typing import TYPE_CHECKING

import numpy as np

from napari_segrobust.grid.sheet import Area, Box, Dot, Line, Picture, Text, dashed, drawable, font

if TYPE_CHECKING:
    from typing import Any

    from PIL import Image

    from napari_segrobust.grid.sheet import Hatch, Part, Sheet

#: Everything is drawn so many times larger, and then made smaller: what is thinner than a pixel stays smooth.
_FINER = 2
#: From one stroke of a hatch to the next, and width of a stroke, in points.
HATCH_STEP, HATCH_WIDTH = 2.6, 1.0
#: How thick bold letters are drawn over, as a share of their height.
_BOLD = 0.028
HALO = '#000000'
HALO_OPACITY = 0.55


def draw(sheet: Sheet, scale: float) -> Image.Image:
    """Draw a sheet.

    Parameters
    ----------
    sheet : Sheet
    scale : float
        Pixels in a point: 300 / 72 for 300 dots per inch.

    Returns
    -------
    PIL.Image.Image
        RGB, of an even number of pixels in both directions, as films need.
    """
    return _Pencil(sheet, scale).image()


class _Pencil:
    def __init__(self, sheet: Sheet, scale: float) -> None:
        from PIL import Image, ImageDraw

        width, height = (2 * round(side * scale / 2) for side in (sheet.width, sheet.height))
        self._scale = scale * _FINER
        self._paper = Image.new('RGB', (width * _FINER, height * _FINER), 'white')
        self._draw = ImageDraw.Draw(self._paper)
        self._sheet = sheet

    def image(self) -> Image.Image:
        # Letters are drawn at the size that they have: making them smaller would blur them.
        for part in self._sheet.parts:
            if not isinstance(part, Text):
                self._put(part)
        made = self._paper.reduce(_FINER)
        from PIL import ImageDraw

        self._scale /= _FINER
        self._paper, self._draw = made, ImageDraw.Draw(made)
        for part in self._sheet.parts:
            if isinstance(part, Text):
                self._put(part)
        return made

    @singledispatchmethod
    def _put(self, part: Part) -> None:
        raise TypeError(type(part).__name__)

    @_put.register
    def _(self, text: Text) -> None:
        from PIL import Image, ImageDraw

        letters = font(round(text.size * self._scale))
        words, place = drawable(text.words), (text.x * self._scale, text.y * self._scale)
        stroke = max(0.3, text.size * self._scale * _BOLD) if text.bold else 0
        side = {'start': 'l', 'middle': 'm', 'end': 'r'}[text.anchor]
        if not text.turned:
            self._draw.text(place, words, text.colour, letters, anchor=f'{side}s', stroke_width=stroke)
            return
        length, height = round(letters.getlength(words)) + 8, round(2 * text.size * self._scale)
        mask = Image.new('L', (length, height), 0)
        start = {'start': 4.0, 'middle': length / 2, 'end': length - 4.0}[text.anchor]
        ImageDraw.Draw(mask).text((start, height / 2), words, 255, letters, anchor=f'{side}s', stroke_width=stroke)
        turned = mask.rotate(90, expand=True)
        corner = (round(place[0] - height / 2), round(place[1] - (length - start)))
        self._paper.paste(text.colour, corner, turned)

    @_put.register
    def _(self, box: Box) -> None:
        from PIL import Image

        corners = self._box(box)
        if box.fill and box.opacity < 1:
            mask = Image.new('L', (corners[2] - corners[0], corners[3] - corners[1]), round(255 * box.opacity))
            self._paper.paste(box.fill, corners, mask)
        elif box.fill:
            self._draw.rectangle((corners[0], corners[1], corners[2] - 1, corners[3] - 1), box.fill)
        if box.stroke:
            width = max(1, round(box.line * self._scale))
            self._draw.rectangle((corners[0], corners[1], corners[2] - 1, corners[3] - 1), None, box.stroke, width)

    @_put.register
    def _(self, line: Line) -> None:
        points = [(x * self._scale, y * self._scale) for x, y in line.points]
        if line.fill and line.opacity < 1:
            from PIL import Image, ImageDraw

            left, top = (int(min(place)) for place in zip(*points, strict=True))
            right, bottom = (int(max(place)) + 1 for place in zip(*points, strict=True))
            mask = Image.new('L', (right - left, bottom - top), 0)
            ImageDraw.Draw(mask).polygon([(x - left, y - top) for x, y in points], round(255 * line.opacity))
            self._paper.paste(line.colour, (left, top, right, bottom), mask)
        elif line.fill:
            self._draw.polygon(points, line.colour)
        elif len(points) > 1:
            lengths = [length * line.width * self._scale for length in line.dashes]
            for piece in dashed(np.array(points), lengths):
                self._draw.line(piece.ravel().tolist(), line.colour, max(1, round(line.width * self._scale)), 'curve')

    @_put.register
    def _(self, dot: Dot) -> None:
        x, y, r = (value * self._scale for value in (dot.x, dot.y, dot.radius))
        self._draw.ellipse((x - r, y - r, x + r, y + r), dot.colour)

    @_put.register
    def _(self, picture: Picture) -> None:
        from PIL import Image

        corners = self._box(picture)
        size = (corners[2] - corners[0], corners[3] - corners[1])
        rows, columns = picture.pixels.shape[:2]
        larger = size[0] >= columns and size[1] >= rows
        how = Image.Resampling.BICUBIC if larger else Image.Resampling.LANCZOS
        self._paper.paste(Image.fromarray(np.ascontiguousarray(picture.pixels)).resize(size, how), corners)

    @_put.register
    def _(self, area: Area) -> None:
        from PIL import Image, ImageDraw

        if not area.mask.any():
            return
        corners = self._box(area)
        size = (corners[2] - corners[0], corners[3] - corners[1])
        if area.fill or area.hatch:
            # Half of what bilinear interpolation makes of a mask is where its outline runs.
            grey = Image.fromarray(area.mask.astype(np.uint8) * 255).resize(size, Image.Resampling.BILINEAR)
            inside = np.asarray(grey) >= 128
            strength = np.zeros(inside.shape, np.uint8)
            strength[inside] = round(255 * area.fill)
            if area.hatch:
                strength[inside & _stripes(inside.shape, area.hatch, self._scale)] = 235
            self._paper.paste(area.colour, corners, Image.fromarray(strength))
        if not area.line:
            return
        width = max(1, round(area.line * self._scale))
        # Lines end with the picture, and a halo lets the image through.
        clip = Image.new('L', size, 0)
        pen = ImageDraw.Draw(clip)
        lines = [line * self._scale - corners[:2] for line in area.outlines()]
        if area.halo:
            for line in lines:
                pen.line(
                    line.ravel().tolist(), round(255 * HALO_OPACITY), width + 2 * max(1, round(0.35 * self._scale))
                )
            self._paper.paste(HALO, corners, clip)
            clip.paste(0, (0, 0, *size))
        lengths = [length * area.line * self._scale for length in area.dashes]
        for line in lines:
            for piece in dashed(line, lengths):
                pen.line(piece.ravel().tolist(), 255, width)
        self._paper.paste(area.colour, corners, clip)

    def _box(self, part: Any) -> tuple[int, int, int, int]:
        x, y = round(part.x * self._scale), round(part.y * self._scale)
        right, bottom = round((part.x + part.width) * self._scale), round((part.y + part.height) * self._scale)
        return x, y, max(x + 1, right), max(y + 1, bottom)


def _stripes(shape: tuple[int, ...], hatch: Hatch, scale: float) -> Any:
    rows, columns = np.ogrid[: shape[0], : shape[1]]
    step, width = HATCH_STEP * scale * 2**0.5, HATCH_WIDTH * scale * 2**0.5
    stripes = (rows + columns) % step < width
    return stripes | ((rows - columns) % step < width) if hatch == 'cross' else stripes
