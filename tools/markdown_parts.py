"""Parts of the pages that are made from registries."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import quote

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

NOTE = '<!-- Made by tools/make_docs.py from the registries; change those, then run `make docs`. -->'
_DOI = re.compile(r'doi:(10\.\S+?)(?=[,;)]?(?:\s|$))')


def table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Return a Markdown table; pipes in cells are escaped."""
    lines = [head, ['---'] * len(head), *rows]
    return '\n'.join('| ' + ' | '.join(str(cell).replace('|', '\\|') for cell in row) + ' |' for row in lines)


def linked(source: str) -> str:
    """Turn the DOIs of a source into links."""
    return _DOI.sub(lambda found: f'[doi:{found[1]}](https://doi.org/{quote(found[1], safe="/()")})', source)
