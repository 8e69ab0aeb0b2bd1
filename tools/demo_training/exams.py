"""On what the demo models are scored: seeds that no training draws from, clean and noisy."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_segrobust.cases.samples import load_sample
from napari_segrobust.compare import compare
from napari_segrobust.perturb import perturb
from napari_segrobust.segment import predict

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from napari_segrobust.cases.case import Case
    from napari_segrobust.segment.protocols import WindowSegmenter

#: Perturbation of the noisy half of every exam: (name, severity, seed).
NOISE = ('gaussian_noise', 3.0, 7)


@dataclass(frozen=True, slots=True)
class Exam:
    """Cases of one kind.

    Attributes
    ----------
    words : str
        What a reader must know of them.
    sample : str
    parameters : mapping
        Of the sample.
    seeds : tuple of int
        One case each; empty for a sample that has none.
    """

    words: str
    sample: str
    parameters: Mapping[str, Any] = field(default_factory=dict)
    seeds: tuple[int, ...] = ()

    def cases(self) -> Iterator[Case]:
        """Make the cases, one after the other."""
        for seed in self.seeds:
            yield load_sample(self.sample, seed=seed, **self.parameters)
        if not self.seeds:
            yield load_sample(self.sample, **self.parameters)


EXAMS = {
    'brain': {
        'held_out': Exam(
            'generated heads, other seeds, bent by 4 mm',
            'head',
            {'deformation': 4.0, 'mirrored': 'no'},
            (901, 902, 903),
        ),
        'deformed': Exam(
            'generated heads, other seeds, mirrored, bent by 10 mm', 'head', {'deformation': 10.0}, (911, 912, 913)
        ),
        'template': Exam('MNI T1 template: training anatomy', 'brain'),
    },
    'lesion': {
        'held_out': Exam('phantoms, other seeds', 'lesion', {}, (901, 902, 903, 904)),
        'deformed': Exam(
            'phantoms, other seeds, six long and spiky lesions',
            'lesion',
            {'size': 28.0, 'elongation': 2.5, 'spikiness': 0.8, 'number': 6},
            (911, 912, 913),
        ),
    },
    'texture': {
        'held_out': Exam('brick on grass, other seeds, alpha 0.1', 'texture', {}, tuple(range(901, 921))),
        'gravel': Exam(
            'brick on gravel, other seeds, alpha 0.1', 'texture', {'background': 'gravel'}, tuple(range(901, 921))
        ),
        'harder': Exam('brick on grass, other seeds, alpha 0.4', 'texture', {'alpha': 0.4}, tuple(range(901, 921))),
    },
}


def dice(model: WindowSegmenter, case: Case, *, noisy: bool) -> dict[str, float]:
    """Dice of each class of `model` against the first reference of `case`, clean or under `NOISE`."""
    if noisy:
        name, severity, seed = NOISE
        image = perturb(
            case.image,
            name,
            severity,
            seed,
            case.geometry.spacing_mm,
            intensity_range=case.intensity_range,
            channel_axis=0,
        )
        case = replace(case, image=image)
    reference = next(iter(case.references.values()))
    found = compare(reference, predict(case, model).labels, labels=sorted(case.labels), metrics=['dice']).metrics
    return {case.label_name(label): float(found[label]['dice'].value or 0) for label in sorted(case.labels)}


def grade(model: WindowSegmenter, exam: Exam) -> dict[str, Any]:
    """Mean Dice over the cases of an exam, per class and over classes, clean and noisy."""
    rows: dict[str, list[dict[str, float]]] = {'clean': [], 'noisy': []}
    for case in exam.cases():
        for state, row in rows.items():
            row.append(dice(model, case, noisy=state == 'noisy'))
    table: dict[str, Any] = {'words': exam.words, 'cases': len(rows['clean'])}
    for state, row in rows.items():
        means = {name: round(float(np.mean([r[name] for r in row])), 4) for name in row[0]}
        table[state] = {**means, 'mean': round(float(np.mean(list(means.values()))), 4)}
    return table
