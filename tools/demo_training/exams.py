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
            (901, 902),
        ),
        'deformed': Exam(
            'generated heads, other seeds, mirrored, bent by 10 mm', 'head', {'deformation': 10.0}, (911, 912)
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


def noisy(case: Case) -> Case:
    """Return the case with `NOISE` on its image."""
    name, severity, seed = NOISE
    image = perturb(
        case.image, name, severity, seed, case.geometry.spacing_mm, intensity_range=case.intensity_range, channel_axis=0
    )
    return replace(case, image=image)


def dice(model: WindowSegmenter, case: Case) -> dict[str, float]:
    """Dice of each class of `model` against the first reference of `case`; classes and labels have equal numbers."""
    reference = next(iter(case.references.values()))
    found = compare(reference, predict(case, model).labels, labels=sorted(case.labels), metrics=['dice']).metrics
    return {case.label_name(label): float(found[label]['dice'].value or 0) for label in sorted(case.labels)}


def grade(models: Mapping[str, WindowSegmenter], exam: Exam) -> dict[str, dict[str, Any]]:
    """Mean Dice of each model over the cases of an exam, per class and over classes, clean and noisy."""
    rows: dict[str, dict[str, list[dict[str, float]]]] = {name: {'clean': [], 'noisy': []} for name in models}
    for clean in exam.cases():
        for state, case in (('clean', clean), ('noisy', noisy(clean))):
            for name, model in models.items():
                rows[name][state].append(dice(model, case))
    return {
        name: {'words': exam.words, 'cases': len(row['clean']), **{state: _means(row[state]) for state in row}}
        for name, row in rows.items()
    }


def _means(rows: list[dict[str, float]]) -> dict[str, float]:
    means = {name: float(np.mean([row[name] for row in rows])) for name in rows[0]}
    means['mean'] = float(np.mean(list(means.values())))
    return {name: round(value, 4) for name, value in means.items()}
