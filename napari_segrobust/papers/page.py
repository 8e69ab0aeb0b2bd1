"""A page of text, tables and figures, as HTML and as Markdown of one content."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass, field
from html import escape
from typing import TYPE_CHECKING, Any

from napari_segrobust.files import replacing
from napari_segrobust.grid.raster import draw
from napari_segrobust.grid.vector import as_svg

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from napari_segrobust.grid.sheet import Sheet

_DPI = 160
_INKS = 192
_STYLE = """\
body { font: 16px/1.5 Helvetica, Arial, sans-serif; color: #1a1a1a; max-width: 62em; margin: 2em auto; padding: 0 1em; }
table { border-collapse: collapse; margin: 1em 0; font-size: 14px; }
th, td { text-align: left; padding: 3px 12px 3px 0; border-bottom: 1px solid #ddd; vertical-align: top; }
td:not(:first-child) { font-variant-numeric: tabular-nums; }
img { max-width: 100%; border: 1px solid #ddd; }
h2 { margin-top: 1.8em; }
"""


@dataclass
class Page:
    """Blocks in the order in which they are added.

    Attributes
    ----------
    title : str
    """

    title: str
    _html: list[str] = field(default_factory=list)
    _markdown: list[str] = field(default_factory=list)

    def heading(self, words: str) -> None:
        """Begin a section."""
        self._html.append(f'<h2>{escape(words)}</h2>')
        self._markdown.append(f'## {words}')

    def paragraph(self, words: str) -> None:
        """Add a paragraph."""
        self._html.append(f'<p>{escape(words)}</p>')
        self._markdown.append(_plain(words))

    def bullets(self, items: Iterable[str], none: str) -> None:
        """Add a list; `none` stands there where it is empty."""
        lines = list(items)
        if not lines:
            self.paragraph(none)
            return
        self._html.append('<ul>' + ''.join(f'<li>{escape(line)}</li>' for line in lines) + '</ul>')
        self._markdown.append('\n'.join(f'- {_plain(line)}' for line in lines))

    def table(self, head: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
        """Add a table of words."""
        lines = [list(row) for row in rows]
        cells = [''.join(f'<td>{escape(cell)}</td>' for cell in row) for row in lines]
        top = ''.join(f'<th>{escape(cell)}</th>' for cell in head)
        body = ''.join(f'<tr>{row}</tr>' for row in cells)
        self._html.append(f'<table><thead><tr>{top}</tr></thead><tbody>{body}</tbody></table>')
        marked = [list(head), ['---'] * len(head), *lines]
        self._markdown.append('\n'.join(f'| {" | ".join(map(_cell, row))} |' for row in marked))

    def figure(self, name: str, sheet: Sheet) -> None:
        """Add a figure that lies beside the page as ``NAME.png`` and ``NAME.svg``."""
        self._html.append(f'<p><img src="{name}.svg" alt="{escape(sheet.words, quote=True)}"></p>')
        self._markdown.append(f'![{_cell(sheet.words)}]({name}.png)')

    def html(self) -> str:
        """The page as an HTML document."""
        head = f'<meta charset="utf-8"><title>{escape(self.title)}</title><style>{_STYLE}</style>'
        body = '\n'.join([f'<h1>{escape(self.title)}</h1>', *self._html])
        return f'<!doctype html>\n<html lang="en"><head>{head}</head>\n<body>\n{body}\n</body></html>\n'

    def markdown(self) -> str:
        """The page as Markdown."""
        return '\n\n'.join([f'# {self.title}', *self._markdown]) + '\n'

    def save(self, folder: Path) -> None:
        """Write ``page.html`` and ``page.md``."""
        write_text(folder / 'page.html', self.html())
        write_text(folder / 'page.md', self.markdown())


def save_sheet(folder: Path, name: str, sheet: Sheet) -> None:
    """Write a figure as ``NAME.svg`` and ``NAME.png``."""
    write_text(folder / f'{name}.svg', as_svg(sheet))
    out = io.BytesIO()
    from PIL import Image

    # Few inks and their smooth edges: a palette holds them in a third of the bytes.
    draw(sheet, _DPI / 72).quantize(_INKS, dither=Image.Dither.NONE).save(out, 'PNG', dpi=(_DPI, _DPI), optimize=True)
    with replacing(folder / f'{name}.png') as temporary:
        temporary.write_bytes(out.getvalue())


def write_csv(path: Path, rows: Sequence[dict[str, Any]]) -> None:
    """Write rows of equal keys, numbers to six digits."""
    out = io.StringIO()
    if rows:
        writer = csv.DictWriter(out, list(rows[0]), lineterminator='\n')
        writer.writeheader()
        for row in rows:
            writer.writerow({key: f'{value:.6g}' if isinstance(value, float) else value for key, value in row.items()})
    write_text(path, out.getvalue())


def write_text(path: Path, text: str) -> None:
    """Write a file whole, or not at all."""
    with replacing(path) as temporary:
        temporary.write_text(text, encoding='utf-8')


def _plain(words: str) -> str:
    """Words that Markdown leaves as they are."""
    return words.replace('\\', '\\\\').replace('*', r'\*').replace('_', r'\_').replace('<', '&lt;')


def _cell(words: str) -> str:
    return _plain(words).replace('|', r'\|')
