"""Names and colours of label values: tables that other programs write, and matching them by name."""

from __future__ import annotations

import csv
import re
from typing import TYPE_CHECKING

from napari_segrobust.cases.case import Label
from napari_segrobust.errors import CaseError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

#: Column names, as programs spell them, in the order of trust.
_VALUE = ('labelvalue', 'label', 'value', 'index', 'id', 'idx', 'number')
_NAME = ('name', 'labelname', 'structure', 'text', 'segment')
_COLORS = (('r', 'g', 'b'), ('red', 'green', 'blue'), ('color_r', 'color_g', 'color_b'))
#: ITK-SNAP: index, R, G, B, opacity, visible, mesh, "name".
_SNAP = re.compile(r'\s*(\d+)\s+(\d+)\s+(\d+)\s+(\d+)\s+[\d.]+\s+\d+\s+\d+\s+"(.*)"\s*$')
#: Slicer's colour table: index, name without blanks, R, G, B, opacity.
_CTBL = re.compile(r'\s*(\d+)\s+(\S+)\s+(\d+)\s+(\d+)\s+(\d+)(?:\s+\d+)?\s*$')


def read_label_table(path: Path) -> dict[int, Label]:
    """Read label names and colours from an ITK-SNAP, Slicer (.ctbl, .txt, .csv) or plain CSV table.

    Parameters
    ----------
    path : Path
        A CSV or TSV needs a header line with a value column ("label", "value", "index", "id") and a
        name column; colours are columns r, g, b or red, green, blue from 0 to 255.

    Raises
    ------
    CaseError
        Not a text file, or no line in it names a label.
    """
    try:
        text = path.read_text('utf-8-sig')
    except (OSError, UnicodeDecodeError) as error:
        raise CaseError(f'{path.name} is not a label table', f'it cannot be read as text ({error})', _REMEDY) from error
    lines = [line for line in text.splitlines() if line.strip() and not line.lstrip().startswith('#')]
    labels = _by_pattern(lines) or _by_header(lines)
    labels.pop(0, None)
    if not labels:
        raise CaseError(f'{path.name} is not a label table', 'no line in it names a label', _REMEDY)
    return labels


_REMEDY = 'Use a label file of ITK-SNAP or Slicer, or a CSV with the columns label and name.'


def _by_pattern(lines: Sequence[str]) -> dict[int, Label]:
    """ITK-SNAP and Slicer colour tables, which have no header line."""
    labels = {}
    for line in lines:
        if found := _SNAP.match(line):
            value, *color, name = found.groups()
        elif found := _CTBL.match(line):
            value, name, *color = found.groups()
            name = name.replace('_', ' ')
        else:
            return {}
        labels[int(value)] = Label(name, _color(color))
    return labels


def _by_header(lines: Sequence[str]) -> dict[int, Label]:
    """Tables whose first line names the columns, with commas, semicolons or tabs."""
    if not lines:
        return {}
    delimiter = max(',;\t', key=lines[0].count)
    labels = {}
    for raw in csv.DictReader(lines, delimiter=delimiter):
        row = {(key or '').strip().lower().replace(' ', ''): value or '' for key, value in raw.items()}
        value = next((row[key].strip() for key in _VALUE if key in row and row[key].strip().isdigit()), None)
        name = next((row[key].strip() for key in _NAME if key in row), None)
        if value is None or not name:
            continue
        columns = next((group for group in _COLORS if all(key in row for key in group)), ())
        labels[int(value)] = Label(name, _color([row[key] for key in columns]))
    return labels


def _color(parts: Sequence[str]) -> tuple[int, int, int] | None:
    """Three numbers from 0 to 255; None where they are not."""
    if len(parts) != 3 or not all(part.strip().isdigit() and int(part) <= 255 for part in parts):
        return None
    red, green, blue = (int(part) for part in parts)
    return red, green, blue


def propose_label_map(classes: Sequence[str], labels: Mapping[int, Label | str]) -> dict[int, int]:
    """Match a model's labels with those of a reference by equal names, never by equal numbers alone.

    Parameters
    ----------
    classes : sequence of str
        Names of the model's foreground classes: the first one is its label 1.
    labels : mapping of int to Label or str
        Labels of the reference.

    Returns
    -------
    dict of int to int
        The model's label to the reference's, for the names that both sides have once. Letter case,
        blanks, hyphens and underscores do not count.
    """
    by_name: dict[str, list[int]] = {}
    for value, label in labels.items():
        by_name.setdefault(plain_name(label if isinstance(label, str) else label.name), []).append(value)
    plain = [plain_name(name) for name in classes]
    return {
        own: by_name[name][0]
        for own, name in enumerate(plain, start=1)
        if len(by_name.get(name, ())) == 1 and plain.count(name) == 1
    }


def plain_name(name: str) -> str:
    """Return a name as it is compared: letter case, blanks, hyphens and underscores do not count."""
    return re.sub(r'[\s_-]+', '', name).casefold()
