"""Words into HTML: whatever they hold, they stay words."""

from __future__ import annotations

import base64
from html import escape
from typing import TYPE_CHECKING

from napari_segrobust.grid.vector import as_svg

if TYPE_CHECKING:
    from collections.abc import Sequence

    from napari_segrobust.grid.sheet import Sheet


def element(tag: str, words: str, kind: str = '') -> str:
    """One element around words; `kind` is its class."""
    about = f' class="{kind}"' if kind else ''
    return f'<{tag}{about}>{escape(words)}</{tag}>'


def cell(words: str, kind: str = '', style: str = '', title: str = '') -> str:
    """One cell of a table."""
    about = ''.join(
        f' {key}="{escape(value, quote=True)}"'
        for key, value in (('class', kind), ('style', style), ('title', title))
        if value
    )
    return f'<td{about}>{escape(words)}</td>'


def table(
    caption: str, head: Sequence[str], rows: Sequence[Sequence[str]], kind: str = '', marks: Sequence[Sheet] = ()
) -> str:
    """A table of words, whose first column holds names, each behind its mark where there are marks."""
    about = f' class="{kind}"' if kind else ''
    title = element('caption', caption) if caption else ''
    top = ''.join(element('th', words, '' if number else 'name') for number, words in enumerate(head))
    body = []
    for place, (name, *rest) in enumerate(rows):
        mark = figure(marks[place], 'mark') if place < len(marks) else ''
        body.append(f'<tr><td class="name">{mark}{escape(name)}</td>{"".join(map(cell, rest))}</tr>')
    return f'<table{about}>{title}<thead><tr>{top}</tr></thead><tbody>{"".join(body)}</tbody></table>'


def figure(sheet: Sheet, kind: str = 'figure') -> str:
    """A drawing as an image of its own: names of patterns in one are not those of another."""
    data = base64.b64encode(as_svg(sheet).encode()).decode()
    return f'<img class="{kind}" alt="{escape(sheet.words, quote=True)}" src="data:image/svg+xml;base64,{data}">'
