"""Generated heads: anatomies that no network here was trained on, for the scores that count."""

from __future__ import annotations

import numpy as np

from napari_segrobust.cases.case import Case
from napari_segrobust.cases.samples._heads import Anatomy, Contrast, tissue_maps, with_background
from napari_segrobust.cases.samples._spec import Choice, Range, SampleSpec
from napari_segrobust.cases.samples.brain import TISSUE_LABELS, template, tissue_labels

REFERENCE = 'generated labels'
#: Marks the random stream of this sample: training draws from another one.
_STREAM = 0x68656164


def make(seed: int, deformation: float, mirrored: str) -> Case:
    """Bend the MNI tissue atlas into another anatomy and draw a T1-like image from it.

    Parameters
    ----------
    seed : int
        Of anatomy, contrast, bias field and noise.
    deformation : float
        Length in mm of the largest non-linear displacement.
    mirrored : {'no', 'yes'}
        Left and right swapped.
    """
    rng = np.random.default_rng([_STREAM, seed])
    maps = tissue_maps()
    bent = Anatomy.draw(rng, maps.shape[1:], deformation, mirrored == 'yes').apply(maps)
    image = Contrast.draw(rng, 3).render(bent, rng)
    probabilities = with_background(bent)
    return Case(
        name=f'generated head, seed {seed}',
        image=image[None],
        geometry=template()[2],
        references={REFERENCE: tissue_labels(probabilities)},
        soft_references={REFERENCE: probabilities},
        labels=TISSUE_LABELS,
        modality='MR',
        provenance={'source': 'generated from the MNI tissue atlas'},
        notes=('generated: not an image of a person',),
    )


SAMPLE = SampleSpec(
    name='head',
    title='Head (generated anatomy)',
    summary='The tissue atlas bent, mirrored and re-coloured by a seed: an anatomy that no demo model has seen.',
    make=make,
    parameters=(
        Range('seed', 'Seed', '', 1, 0, 99_999, whole=True),
        Range('deformation', 'Largest displacement', 'mm', 10.0, 0.0, 14.0),
        Choice('mirrored', 'Mirrored', 'yes', ('no', 'yes')),
    ),
)
