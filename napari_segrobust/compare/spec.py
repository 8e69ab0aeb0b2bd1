"""What an entry of the metric registry is."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Callable

    from napari_segrobust.compare.pair import MaskPair
    from napari_segrobust.compare.settings import MetricSettings
    from napari_segrobust.compare.value import MetricValue

#: What a metric may need beyond two masks.
Need = Literal['probability', 'soft_reference', 'image']
#: Value for masks of which one or both are empty: undefined, this number or word, or whatever the formula gives.
Cell = float | str | None
COMPUTED: Cell = 'computed'
#: Cells for (both empty, reference empty, prediction empty).
States = tuple[Cell, Cell, Cell]
UNDEFINED: States = (None, None, None)


@dataclass(frozen=True)
class MetricSpec:
    """A metric and everything a reader of its number must know.

    Attributes
    ----------
    key, title, family : str
        Key in JSON; words on screen; the family it is listed under.
    unit : {'mm', 'ml', 'voxels', 'bits', None}
        Kind of unit: a length, a volume, a number of voxels, an information, a pure number. The value itself says
        which unit it came out in: without spacing there are no mm and no ml.
    better : {'higher', 'lower', 'zero', None}
        Direction of a better prediction; None where the number says nothing about quality by itself.
    range : (float or None, float or None)
        Smallest and largest value; None where unbounded.
    formula, summary, blind_spot, source : str
        Formula in tp, fp, fn, tn and surfaces; plain words; what it cannot see; where it was defined.
    compute : callable
        ``compute(pair, settings) -> MetricValue``. Called only when everything in `needs` is there.
    short : str
        Words for a narrow table; the title where there are none.
    needs : tuple of str
        Inputs beyond two masks.
    domain_dependent : bool
        Whether the number changes with the field of view, so that it is never shown without its domain.
    convention : str
        Words that belong beside the number, with fields of the settings (``s``) and the unit of lengths and volumes:
        ``'voxel surfaces, at {s.tolerance_mm:g} {length}'``.
    states : (cell, cell, cell)
        Value when both masks, the reference, or the prediction is empty.
    """

    key: str
    title: str
    family: str
    unit: Literal['mm', 'ml', 'voxels', 'bits'] | None
    better: Literal['higher', 'lower', 'zero'] | None
    range: tuple[float | None, float | None]
    formula: str
    summary: str
    blind_spot: str
    source: str
    compute: Callable[[MaskPair, MetricSettings], MetricValue] = field(repr=False)
    short: str = ''
    needs: tuple[Need, ...] = ()
    domain_dependent: bool = False
    convention: str = ''
    states: States = UNDEFINED

    @property
    def label(self) -> str:
        """Short words on screen."""
        return self.short or self.title

    def chip(self, settings: MetricSettings, length: str = 'mm', volume: str = 'ml') -> str:
        """Words of `convention` with the values in use; "" where there is nothing to choose."""
        return self.convention.format(s=settings, length=length, volume=volume)
