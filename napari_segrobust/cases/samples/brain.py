"""The MNI T1 template with its tissue atlas: a real image whose reference is known to be uncertain."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import numpy as np

from napari_segrobust.cases.case import Case, Label
from napari_segrobust.cases.samples._spec import SampleSpec
from napari_segrobust.errors import CaseError
from napari_segrobust.geometry import GridGeometry

if TYPE_CHECKING:
    from numpy.typing import NDArray

#: Classes of every brain sample, and of the networks made for them.
TISSUES = ('background', 'grey matter', 'white matter')
TISSUE_LABELS = {1: Label('grey matter', (205, 62, 78)), 2: Label('white matter', (245, 245, 245))}
REFERENCE = 'MNI tissue atlas'


@cache
def template() -> tuple[NDArray[np.float32], NDArray[np.float32], GridGeometry]:
    """Read the MNI ICBM152 2009a template from nilearn's package, 1 mm, canonical order.

    Returns
    -------
    t1 : ndarray, shape (189, 233, 197), float32
        Brain only; 0 outside.
    probabilities : ndarray, shape (3, 189, 233, 197), float32
        Background (and fluid), grey matter, white matter; they sum to 1.
    geometry : GridGeometry
        Both arrays are read-only.

    Raises
    ------
    CaseError
        When nilearn is not installed.
    """
    try:
        from nilearn import datasets
    except ImportError as error:
        raise CaseError(
            'Sample brain not available',
            'the MNI template comes with the package nilearn, which is not installed',
            'Run `pip install "napari-segrobust[samples]"`, or open the sample lesion, which needs nothing.',
        ) from error
    t1 = datasets.load_mni152_template(resolution=1)
    grey, white = datasets.load_mni152_gm_template(resolution=1), datasets.load_mni152_wm_template(resolution=1)
    geometry = GridGeometry(t1.shape, t1.affine).canonical()
    image, gm, wm = (
        np.ascontiguousarray(geometry.order.apply(np.asarray(part.dataobj, dtype=np.float32)))
        for part in (t1, grey, white)
    )
    # The maps come as sixteenths of 8 bit numbers and overshoot 1 by rounding alone.
    probabilities = np.stack([np.clip(1 - gm - wm, 0, 1), gm, wm])
    probabilities /= probabilities.sum(axis=0)
    image.flags.writeable = probabilities.flags.writeable = False
    return image, probabilities, geometry


def tissue_labels(probabilities: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Most probable tissue, (3, *spatial) to (*spatial): 1 is grey matter, 2 is white matter."""
    labels: NDArray[np.uint8] = np.argmax(probabilities, axis=0).astype(np.uint8)
    return labels


def make() -> Case:
    """Return the template with its atlas as the reference and the probability maps as the soft reference."""
    image, probabilities, geometry = template()
    return Case(
        name='MNI T1 template',
        image=image[None],
        geometry=geometry,
        references={REFERENCE: tissue_labels(probabilities)},
        soft_references={REFERENCE: probabilities},
        labels=TISSUE_LABELS,
        modality='MR',
        provenance={
            'source': 'MNI ICBM152 nonlinear symmetric 2009a, McConnell Brain Imaging Centre, as packaged by nilearn',
            'licence': 'use, copy and change freely, keeping the copyright notice of McConnell Brain Imaging Centre',
        },
        notes=("an average of 152 brains, skull removed: softer than any one person's image",),
    )


SAMPLE = SampleSpec(
    name='brain',
    title='Brain (MNI T1 template)',
    summary='T1-weighted average brain at 1 mm with grey and white matter, and the atlas probabilities behind them.',
    make=make,
)
