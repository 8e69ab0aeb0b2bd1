"""Quantities that go into a report: of the reference, of the prediction, and how they differ."""

from __future__ import annotations

from math import pi
from typing import TYPE_CHECKING

import numpy as np

from napari_segrobust.compare.diameter import longest_axial_diameter
from napari_segrobust.compare.lesions import large_enough
from napari_segrobust.compare.moments import moments
from napari_segrobust.compare.spec import COMPUTED, MetricSpec
from napari_segrobust.compare.surfels import surfels
from napari_segrobust.compare.value import MetricValue

if TYPE_CHECKING:
    from collections.abc import Callable

    from napari_segrobust.compare.pair import MaskPair
    from napari_segrobust.compare.settings import MetricSettings
    from napari_segrobust.compare.surfaces import Surface


def _of(
    quantity: Callable[[Surface, MaskPair, MetricSettings], float], is_length: bool = False
) -> Callable[[MaskPair, MetricSettings], MetricValue]:
    """Make a metric of a quantity that an empty mask does not have."""

    def compute(pair: MaskPair, settings: MetricSettings) -> MetricValue:
        reference, prediction = (
            None if mask.empty else quantity(mask, pair, settings) for mask in (pair.reference, pair.prediction)
        )
        return pair.difference(reference, prediction, pair.length_unit if is_length else None)

    return compute


def _intensities(mask: Surface, pair: MaskPair, _: MetricSettings) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    assert pair.image is not None
    return pair.image[mask.box][mask.mask].astype(np.float64)


def _sphericity(mask: Surface, pair: MaskPair, _: MetricSettings) -> float:
    """Surface of a ball of the same volume relative to the surface; in 2D contours instead of surfaces."""
    elements = surfels(mask, pair.steps)
    if elements.cells.ndim == 2:
        return float(2 * (pi * elements.volume) ** 0.5 / elements.area)
    return float((36 * pi * elements.volume**2) ** (1 / 3) / elements.area)


def _lesion_count(pair: MaskPair, settings: MetricSettings) -> MetricValue:
    reference, prediction = (
        int(np.count_nonzero(large_enough(pair, mask, settings))) for mask in (pair.reference, pair.prediction)
    )
    return pair.difference(reference, prediction)


def _centre_of_mass(pair: MaskPair, _: MetricSettings) -> MetricValue:
    first, second = (
        None if mask.empty else tuple((moments(mask).centre * pair.steps).tolist())
        for mask in (pair.reference, pair.prediction)
    )
    if first is None or second is None:
        return MetricValue(None, pair.length_unit, pair.status, pair.reason, (first, second))
    step = moments(pair.reference).step_to(moments(pair.prediction)) * pair.steps
    return MetricValue(tuple(step.tolist()), pair.length_unit, sides=(first, second))


_INTENSITY = 'Where the mask is: another part of the same tissue has the same intensity.'
_RADIOMICS = 'Zwanenburg 2020 (IBSI), doi:10.1148/radiol.2020191145'

METRICS = (
    MetricSpec(
        key='longest_axial_diameter_mm',
        title='Longest axial diameter',
        short='Longest diameter',
        family='clinical',
        unit='mm',
        better='zero',
        range=(None, None),
        formula='longest distance within the outline of one object on one slice, of P - of R',
        summary='How long the largest lesion is where a reader would measure it: on the slice along the first axis on '
        'which it is longest, from outer edge to outer edge.',
        blind_spot='The other slices and the other lesions; one spur lengthens it.',
        source='Eisenhauer 2009 (RECIST 1.1), doi:10.1016/j.ejca.2008.10.026',
        compute=_of(
            lambda mask, pair, settings: longest_axial_diameter(mask, pair.steps, settings.connectivity), is_length=True
        ),
        convention='slices along the first axis',
    ),
    MetricSpec(
        key='mean_intensity',
        title='Mean intensity',
        family='clinical',
        unit=None,
        better='zero',
        range=(None, None),
        formula='mean of the image in P - mean in R',
        summary='Mean of the image inside each mask, and the difference.',
        blind_spot=_INTENSITY,
        source=_RADIOMICS,
        compute=_of(lambda *args: float(_intensities(*args).mean())),
        needs=('image',),
    ),
    MetricSpec(
        key='sd_intensity',
        title='Spread of intensity',
        family='clinical',
        unit=None,
        better='zero',
        range=(None, None),
        formula='standard deviation (1/n) of the image in P - in R',
        summary='Standard deviation of the image inside each mask; it grows where the mask runs into other tissue.',
        blind_spot=_INTENSITY,
        source=_RADIOMICS,
        compute=_of(lambda *args: float(_intensities(*args).std())),
        needs=('image',),
    ),
    MetricSpec(
        key='lesion_count',
        title='Lesion count',
        family='clinical',
        unit=None,
        better='zero',
        range=(None, None),
        formula='lesions of P - lesions of R',
        summary='Connected objects of at least the smallest volume that counts, in each mask, and the difference.',
        blind_spot='Whether they are the same lesions: a missed one and an extra one cancel.',
        source='Maier-Hein & Reinke 2024 (Metrics Reloaded), doi:10.1038/s41592-023-02151-z',
        compute=_lesion_count,
        convention='{s.connectivity} connectivity, from {s.lesion_minimum_ml:g} {volume}',
        states=(0, COMPUTED, COMPUTED),
    ),
    MetricSpec(
        key='sphericity',
        title='Sphericity',
        family='clinical',
        unit=None,
        better='zero',
        range=(-1, 1),
        formula='(36 pi V^2)^(1/3) / A of P - of R; in 2D 2 sqrt(pi A) / L',
        summary='How round each mask is, and the difference: 1 is a ball (a disk in 2D). Volume and area are those of '
        'the surface elements.',
        blind_spot='Size and place; steps between thick slices make every mask less round.',
        source=_RADIOMICS,
        compute=_of(_sphericity),
        convention='surface elements',
    ),
    MetricSpec(
        key='centre_of_mass_mm',
        title='Centre of mass',
        family='clinical',
        unit='mm',
        better='zero',
        range=(None, None),
        formula='centre of mass of P - centre of mass of R, along each axis',
        summary='Position of each mask from the first voxel of the image, in array order, and the step between them.',
        blind_spot='Shape and size.',
        source=_RADIOMICS,
        compute=_centre_of_mass,
    ),
)
