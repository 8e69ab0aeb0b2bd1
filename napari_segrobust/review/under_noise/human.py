"""What people draw under noise, as curves: measured against the same references as a model and as the raters."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING, Any

from napari_segrobust.review.drawn import measure
from napari_segrobust.review.leaving import leaving
from napari_segrobust.review.references import CEILING_KEYS, Numbers, called, mean, means, numbers, span
from napari_segrobust.review.suspicion import suspect

if TYPE_CHECKING:
    from collections.abc import Mapping

    from napari_segrobust.review.drawn import Drawn
    from napari_segrobust.review.leaving import Leaving
    from napari_segrobust.review.references import References
    from napari_segrobust.review.under_noise.gather import Gathered

_SCHEMA = 1


@dataclass(frozen=True)
class HumanCurve:
    """Readers under noise.

    Attributes
    ----------
    along : str
        What the severity is of.
    readers : mapping of str to mapping of float to dict
        Reader, severity, metric: the value; of an image that was shown several times their mean.
    intra_rater : mapping of str to mapping of float to dict
        Reader, severity, metric: between masks of one reader on one image that was shown twice, mean over pairs.
    references : References
        What all of them are measured against.
    problems : tuple of str
        What could not be used.
    suspicions : tuple of str
        Masks that fit only when flipped or shifted: they are used as they are.
    """

    along: str
    readers: Mapping[str, Mapping[float, Numbers]]
    intra_rater: Mapping[str, Mapping[float, Numbers]]
    references: References
    problems: tuple[str, ...] = ()
    suspicions: tuple[str, ...] = ()

    @property
    def severities(self) -> tuple[float, ...]:
        """Those at which somebody drew."""
        return tuple(sorted({severity for points in self.readers.values() for severity in points}))

    def values(self, key: str, severity: float) -> list[float | None]:
        """Value of each reader who drew at a severity."""
        return [points[severity][key] for points in self.readers.values() if severity in points]

    def points(self, key: str, reader: str | None = None) -> list[tuple[float, float | None]]:
        """(severity, value) of one reader, or the mean over the readers."""
        if reader is not None:
            return [(severity, values[key]) for severity, values in sorted(self.readers[reader].items())]
        return [(severity, mean(self.values(key, severity))) for severity in self.severities]

    def band(self, key: str) -> list[tuple[float, float, float]]:
        """(severity, smallest, largest) over the readers."""
        spans = ((severity, span(self.values(key, severity))) for severity in self.severities)
        return [(severity, *limits) for severity, limits in spans if limits is not None]

    def leaving(self, key: str) -> Leaving | None:
        """Where the mean reader leaves the range of the raters; None where there is none."""
        limits = self.references.ranges.get(key)
        return None if limits is None else leaving(self.points(key), limits, key)

    def again(self, key: str) -> list[str]:
        """A line for each reader who saw an image twice: agreement with themselves."""
        return [
            f'{name}, the same image twice: {", ".join(f"{_text(v[key])} at {s:g}" for s, v in sorted(points.items()))}'
            for name, points in self.intra_rater.items()
        ]

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready form: no NaN, no infinity."""
        references = self.references
        found: dict[str, Any] = {
            'schema': _SCHEMA,
            'along': self.along,
            'against': references.words,
            'tolerance_mm': references.settings.tolerance_mm,
            'raters': list(references.names),
            'readers': list(self.readers),
            'problems': list(self.problems),
            'suspicions': list(self.suspicions),
        }
        for key in CEILING_KEYS:
            left, limits = self.leaving(key), references.ranges.get(key)
            found[key] = {
                'readers': {name: _pairs(self.points(key, name)) for name in self.readers},
                'mean': _pairs(self.points(key)),
                'range': [list(row) for row in self.band(key)],
                'intra_rater': {
                    name: [[severity, values[key]] for severity, values in sorted(points.items())]
                    for name, points in self.intra_rater.items()
                },
                'raters_on_the_unperturbed_image': None if limits is None else list(limits),
                'words': None if left is None else left.words(called(references.names), self.along),
            }
        return found


def human_curve(gathered: Gathered, references: References) -> HumanCurve:
    """Measure what the readers drew.

    Parameters
    ----------
    gathered : Gathered
    references : References
        On the unperturbed image. A reader who is one of the raters is held against the other raters alone.

    Returns
    -------
    HumanCurve
    """
    masks: dict[str, dict[float, list[Drawn]]] = defaultdict(lambda: defaultdict(list))
    for reading in gathered.readings:
        masks[reading.reader][reading.image.severity].append(reading.drawn)
    readers: dict[str, dict[float, Numbers]] = {}
    again: dict[str, dict[float, Numbers]] = {}
    for reader, severities in masks.items():
        readers[reader] = {s: _averaged([references.mean(drawn) for drawn in found]) for s, found in severities.items()}
        again[reader] = {
            severity: _averaged([_between(first, second, references) for first, second in combinations(found, 2)])
            for severity, found in severities.items()
            if len(found) > 1
        }
    repeated = {reader: points for reader, points in again.items() if points}
    suspicions = _suspicions(gathered, references)
    return HumanCurve(gathered.key.along, readers, repeated, references, gathered.problems, suspicions)


def _suspicions(gathered: Gathered, references: References) -> tuple[str, ...]:
    """Drawing programs flip masks; nobody sees it in a number."""
    reference = references.masks[0].mask
    against = 'the raters' if references.drawn else references.words
    found = (
        suspect(f'{one.reader}, {one.image.code}', one.drawn.mask, 1, reference, against, gathered.letters)
        for one in gathered.readings
    )
    return tuple(f'{one.title}: {one.detail}' for one in found if one is not None)


def _between(first: Drawn, second: Drawn, references: References) -> Numbers:
    return numbers(measure(first, second, references.spacing, references.settings, CEILING_KEYS))


def _averaged(found: list[Numbers]) -> Numbers:
    return means({key: [values[key] for values in found] for key in CEILING_KEYS})


def _pairs(points: list[tuple[float, float | None]]) -> list[list[float | None]]:
    return [[severity, value] for severity, value in points]


def _text(value: float | None) -> str:
    return 'undefined' if value is None else f'{value:.3g}'
