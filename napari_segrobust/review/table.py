"""Several cases as a table: a row for each mask of each rater, in a CSV file beside the masks."""

from __future__ import annotations

import csv
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from napari_segrobust.errors import ReviewError
from napari_segrobust.review.meaning import meanings_of, values_of
from napari_segrobust.review.measure import MODEL, agree

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np
    from numpy.typing import NDArray

    from napari_segrobust.cases import Case
    from napari_segrobust.review.agreement import Agreement

#: Columns; paths are relative to the table.
_NEEDED, _PATHS, _OTHERS = ('case', 'rater'), ('path', 'valid', 'image'), ('volume_ml', 'session', 'label')
#: How masks that say where a rater looked are called in a case.
LOOKED = 'valid '


@dataclass(frozen=True)
class TableCase:
    """Rows of one case, by rater.

    Attributes
    ----------
    name : str
    masks : dict of str to str
        Files.
    model : str or None
        File of the rater ``model``: it is measured and never votes.
    looked : dict of str to str
        Files that say where a rater looked.
    sessions : dict of str to str
        Mask to rater: further readings.
    labels : dict of str to str
        What a rater, or the model, means, by number or name, where the row says it.
    volumes_ml : dict of str to float
        Of raters without a mask.
    image : str or None
        What the masks lie on; the first mask where no row says it.
    """

    name: str
    masks: dict[str, str]
    model: str | None = None
    looked: dict[str, str] = field(default_factory=dict)
    sessions: dict[str, str] = field(default_factory=dict)
    labels: dict[str, str] = field(default_factory=dict)
    volumes_ml: dict[str, float] = field(default_factory=dict)
    image: str | None = None

    def load(self, image: str | None = None, **options: Any) -> Case:
        """Read image and masks: raters, the model as a prediction, and where raters looked as further references.

        Parameters
        ----------
        image : str, optional
            What the masks lie on, where the rows do not say it.
        **options
            Of `load_case`, such as ``spacing`` and ``resample``.
        """
        from napari_segrobust.cases import load_case

        return load_case(
            self.image or image or next(iter(self.masks.values())),
            raters=self.masks,
            references={f'{LOOKED}{name}': path for name, path in self.looked.items()},
            predictions={} if self.model is None else {MODEL: self.model},
            name=self.name,
            **options,
        )

    def looked_at(self, case: Case) -> dict[str, NDArray[np.bool_]]:
        """Where raters looked, as the case that `load` gave has it; others looked everywhere."""
        return {name: case.references[f'{LOOKED}{name}'] != 0 for name in self.looked}

    def meant(self, case: Case) -> dict[str, int]:
        """Values of the masks whose rows say a label.

        Raises
        ------
        ReviewError
            A name that the files do not have.
        """
        meanings = meanings_of(case)
        return {
            name: int(text) if text.isdigit() else values_of(text, [name], meanings)[name]
            for name, text in self.labels.items()
        }

    def _values(self, case: Case, label: int | str | Mapping[str, int]) -> int | str | Mapping[str, int]:
        """What each mask means: what its row says, else `label`."""
        if not self.labels:
            return label
        masks = [name for name in (*case.raters, *case.predictions) if name not in self.labels]
        if isinstance(label, str):
            others = values_of(label, masks, meanings_of(case))
        else:
            others = {name: label if isinstance(label, int) else label.get(name, 1) for name in masks}
        return {**others, **self.meant(case)}

    def agree(self, case: Case, *, label: int | str | Mapping[str, int] = 1, **settings: Any) -> Agreement:
        """Measure the masks of a case that `load` gave.

        Parameters
        ----------
        case : Case
        label : int, str, or mapping of str to int
            Where the rows say nothing.
        **settings
            Of `agree`: tolerance, margin, and the raters who are allowed.
        """
        return agree(
            {name: case.references[name] for name in case.raters},
            model=case.predictions.get(MODEL),
            valid=self.looked_at(case) or None,
            label=self._values(case, label),
            sessions=self.sessions,
            volumes_ml=self.volumes_ml,
            geometry=case.geometry,
            meanings=meanings_of(case),
            **settings,
        )


def read_table(path: Path | str) -> tuple[TableCase, ...]:
    """Read a table of cases.

    Parameters
    ----------
    path : path
        CSV in UTF-8 with the columns ``case`` and ``rater``, and, where there is something to say, ``path``, ``valid``,
        ``image``, ``volume_ml``, ``session`` and ``label``.

    Returns
    -------
    tuple of TableCase
        In the order of their first rows.

    Raises
    ------
    ReviewError
        A file that cannot be read, a column that is missing, a rater who occurs twice in a case, a number that is
        none, or a case without a mask.
    """
    path = Path(path)
    cases: dict[str, dict[str, dict[str, str]]] = {}
    try:
        with path.open(newline='', encoding='utf-8-sig') as file:
            table = csv.DictReader(file)
            missing = set(_NEEDED) - set(table.fieldnames or ())
            if missing:
                raise ReviewError('Table unusable', f'it has no column {min(missing)}', 'Give case, rater and path.')
            for row in table:
                entry = {key: (row.get(key) or '').strip() for key in (*_NEEDED, *_PATHS, *_OTHERS)}
                entry |= {key: str(path.parent / entry[key]) for key in _PATHS if entry[key]}
                raters = cases.setdefault(entry['case'], {})
                if entry['rater'] in raters:
                    why = f'{entry["rater"]} in {entry["case"]}'
                    raise ReviewError('Two raters of one name', why, 'Give one row each.')
                raters[entry['rater']] = entry
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        why = (error.strerror if isinstance(error, OSError) else None) or str(error)
        raise ReviewError(f'{path.name} cannot be used', why, 'Give a CSV file in UTF-8.') from error
    if not cases:
        raise ReviewError('No cases', f'{path.name} has no row', 'Give case, rater and path.')
    return tuple(_case(name, rows) for name, rows in cases.items())


def _case(name: str, rows: Mapping[str, Mapping[str, str]]) -> TableCase:
    masks = {rater: row['path'] for rater, row in rows.items() if row['path']}
    model = masks.pop(MODEL, None)
    if not masks:
        raise ReviewError('No raters', f'{name} has no mask', 'Give two or more masks of each case.')
    return TableCase(
        name,
        masks,
        model,
        {rater: row['valid'] for rater, row in rows.items() if row['valid'] and rater in masks},
        {rater: row['session'] for rater, row in rows.items() if row['session']},
        {rater: row['label'] for rater, row in rows.items() if row['label']},
        {rater: _number(row['volume_ml'], f'Volume of {rater}') for rater, row in rows.items() if not row['path']},
        next((row['image'] for row in rows.values() if row['image']), None),
    )


def _number(text: str, what: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise ReviewError(f'{what} unusable', repr(text), 'Give a number.') from None
