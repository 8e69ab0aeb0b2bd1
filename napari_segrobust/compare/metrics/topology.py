"""Topology and surface of each mask, and how they differ."""

from __future__ import annotations

from typing import TYPE_CHECKING

from napari_segrobust.compare.components import components, euler_characteristic, hole_count
from napari_segrobust.compare.spec import COMPUTED, MetricSpec
from napari_segrobust.compare.surfels import surfels

if TYPE_CHECKING:
    from collections.abc import Callable

    from napari_segrobust.compare.pair import MaskPair
    from napari_segrobust.compare.settings import Connectivity, MetricSettings
    from napari_segrobust.compare.surfaces import Surface
    from napari_segrobust.compare.value import MetricValue


def _of(count: Callable[[Surface, Connectivity], int]) -> Callable[[MaskPair, MetricSettings], MetricValue]:
    """Make a metric of a number of each mask; empty masks have it too."""

    def compute(pair: MaskPair, settings: MetricSettings) -> MetricValue:
        reference, prediction = (count(surface, settings.connectivity) for surface in (pair.reference, pair.prediction))
        return pair.difference(reference, prediction)

    return compute


def _area_ratio(pair: MaskPair, _: MetricSettings) -> MetricValue:
    reference, prediction = (
        0.0 if surface.empty else surfels(surface, pair.steps).area for surface in (pair.reference, pair.prediction)
    )
    return pair.ratio(prediction, reference)


_BETTI = 'Munkres 1984, Elements of Algebraic Topology; Kong & Rosenfeld 1989, doi:10.1016/0734-189X(89)90147-3'
_CONVENTION = '{s.connectivity} connectivity'
_STATES = (0, COMPUTED, COMPUTED)

METRICS = (
    MetricSpec(
        key='components',
        title='Components',
        family='topology',
        unit=None,
        better='zero',
        range=(None, None),
        formula='components of P - components of R',
        summary='Connected pieces of each mask, and the difference: positive where the prediction falls apart or adds '
        'objects.',
        blind_spot='Where the pieces are and how large; a missed one and an extra one cancel.',
        source=_BETTI,
        compute=_of(lambda surface, connectivity: len(components(surface, connectivity))),
        convention=_CONVENTION,
        states=_STATES,
    ),
    MetricSpec(
        key='holes',
        title='Holes',
        family='topology',
        unit=None,
        better='zero',
        range=(None, None),
        formula='holes of P - holes of R',
        summary='Regions of background that each mask encloses: holes in 2D, cavities in 3D. Tunnels do not count.',
        blind_spot='Where the holes are and how large; tunnels, which the Euler characteristic sees.',
        source=_BETTI,
        compute=_of(hole_count),
        convention=_CONVENTION,
        states=_STATES,
    ),
    MetricSpec(
        key='euler_characteristic',
        title='Euler characteristic',
        short='Euler number',
        family='topology',
        unit=None,
        better='zero',
        range=(None, None),
        formula='chi of P - chi of R; chi: components - holes in 2D, components - tunnels + cavities in 3D',
        summary='One number for the topology of each mask, and the difference: 1 for a solid piece, 0 for a ring.',
        blind_spot='A component too many and a hole too many cancel. Nothing but topology.',
        source=_BETTI,
        compute=_of(euler_characteristic),
        convention=_CONVENTION,
        states=_STATES,
    ),
    MetricSpec(
        key='surface_area_ratio',
        title='Surface area ratio',
        short='Area ratio',
        family='topology',
        unit=None,
        better=None,
        range=(0, None),
        formula='surface area of P / surface area of R',
        summary='Above 1 where the prediction is rougher, larger or in more pieces; 1 is best. In 2D of the contours.',
        blind_spot='Where the surfaces are: a rough small mask has the area of a smooth large one.',
        source='Surface elements after Nikolov 2021, doi:10.2196/26151',
        compute=_area_ratio,
        convention='surface elements',
        states=(None, None, 0),
    ),
)
