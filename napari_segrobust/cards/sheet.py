"""Pictures side by side: a strip for a card, and a contact sheet of everything that can happen to an image."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from napari_segrobust.cards.pictures import Shown, amount_words, changed, scaled, where_it_shows
from napari_segrobust.errors import SegrobustError
from napari_segrobust.perturb import get_spec, perturbations

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from PIL import Image, ImageDraw, ImageFont

#: The image itself, mild, middle, severe.
SEVERITIES = (0.0, 1.0, 3.0, 5.0)
_GAP, _LINE, _TITLE = 4, 15, 150
#: What acts in HU is looked at as radiologists do: level 40, width 400.
_SOFT_TISSUE = (-160.0, 240.0)
_PAPER, _INK, _QUIET = 'white', (25, 25, 25), (110, 110, 110)


def strip(view: Shown, name: str, side: int = 150, seed: int = 0) -> Image.Image:
    """One row: a perturbation at severity 0, 1, 3 and 5, each with its amount below.

    Parameters
    ----------
    view : Shown
    name : str
    side : int
        Height and width of a picture, in pixels.
    seed : int
    """
    if get_spec(name).expects == 'HU' and view.case.in_hounsfield:
        view = replace(view, window=_SOFT_TISSUE)
    view = where_it_shows(view, view.record(name, SEVERITIES[-1], seed))
    sheet, draw = _paper(len(SEVERITIES) * (side + _GAP) - _GAP, side + _LINE)
    for column, severity in enumerate(SEVERITIES):
        record = view.record(name, severity, seed)
        left = column * (side + _GAP)
        picture = scaled(view, changed(view, record), side, side)
        sheet.paste(picture, (left + (side - picture.width) // 2, (side - picture.height) // 2))
        words = ('without' if view.faults else 'clean') if severity == 0 else f'{severity:g}: {amount_words(record)}'
        _centred(draw, words, left + side / 2, side + 1)
    return sheet


def applicable(view: Shown, modality: str | None = None) -> tuple[str, ...]:
    """Names of the perturbations that can act on a case, by group; of a modality, those that are realistic for it."""
    found = []
    for spec in sorted(perturbations().values(), key=lambda spec: (spec.group, spec.name)):
        if modality is not None and modality not in spec.modalities:
            continue
        record = view.record(spec.name, 1.0)
        try:
            view.clean.check(record)
            if spec.edit is not None:  # an edit says itself what it misses in a mask
                changed(view, record)
        except SegrobustError:
            continue
        if (spec.edit is None and spec.move is None) or view.case.references:
            found.append(spec.name)
    return tuple(found)


def contact_sheet(
    view: Shown,
    names: Iterable[str],
    side: int = 150,
    seed: int = 0,
    columns: int = 2,
    progress: Callable[[str], None] | None = None,
) -> Image.Image:
    """Every perturbation of a list at severity 0, 1, 3 and 5: one row each, in columns, with its group.

    Parameters
    ----------
    view : Shown
    names : iterable of str
        Such as `applicable`.
    side : int
        Height and width of a picture, in pixels.
    seed : int
    columns : int
        Rows stand in so many columns.
    progress : callable, optional
        Told each name before its pictures are made.
    """
    specs = [get_spec(name) for name in names]
    height = side + _LINE + _GAP
    width = _TITLE + len(SEVERITIES) * (side + _GAP)
    per_column = -(-max(len(specs), 1) // columns)
    sheet, draw = _paper(columns * width, per_column * height)
    for place, spec in enumerate(specs):
        if progress is not None:
            progress(spec.name)
        left, top = place // per_column * width, place % per_column * height
        _title(draw, spec.title, spec.group, left, top)
        sheet.paste(strip(view, spec.name, side, seed), (left + _TITLE, top))
    return sheet


def _paper(width: int, height: int) -> tuple[Image.Image, ImageDraw.ImageDraw]:
    from PIL import Image, ImageDraw

    sheet = Image.new('RGB', (width, height), _PAPER)
    return sheet, ImageDraw.Draw(sheet)


def _centred(draw: ImageDraw.ImageDraw, words: str, middle: float, top: float) -> None:
    draw.text((middle, top), words, _INK, font=_font(11), anchor='ma')


def _title(draw: ImageDraw.ImageDraw, title: str, group: str, left: int, top: int) -> None:
    lines = _wrapped(title, 22)
    for line, words in enumerate(lines):
        draw.text((left + _GAP, top + 16 * line), words, _INK, font=_font(13))
    draw.text((left + _GAP, top + 16 * len(lines) + 2), group, _QUIET, font=_font(11))


def _wrapped(words: str, width: int) -> Sequence[str]:
    from textwrap import wrap

    return wrap(words, width)[:3]


def _font(size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    from PIL import ImageFont

    return ImageFont.load_default(size)
