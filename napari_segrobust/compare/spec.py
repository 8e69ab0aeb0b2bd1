"""What an entry of the metric registry is, and the settings that definitions depend on."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Callable

    from napari_segrobust.compare.pair import MaskPair
    from napari_segrobust.compare.value import MetricValue


@dataclass(frozen=True, slots=True)
class MetricSettings:
    """What a person can set; printed with every number that depends on it.

    Attributes
    ----------
    tolerance_mm : float
        Distance up to which borders agree, in mm (voxels or pixels without spacing).
    """

    tolerance_mm: float = 2.0


@dataclass(frozen=True)
class MetricSpec:
    """A metric and everything a reader of its number must know.

    Attributes
    ----------
    key, title, family : str
        Key in JSON; words on screen; the family it is listed under.
    unit : {'mm', 'ml', 'voxels', None}
        Kind of unit: a length, a volume, a number of voxels, a pure number. The value itself says which unit it came
        out in: without spacing there are no mm and no ml.
    better : {'higher', 'lower', 'zero', None}
        Direction of a better prediction; None where the number says nothing about quality by itself.
    range : (float or None, float or None)
        Smallest and largest value; None where unbounded.
    formula, summary, blind_spot, source : str
        Formula in tp, fp, fn, tn and surfaces; plain words; what it cannot see; where it was defined.
    short : str
        Words for a narrow table; the title where there are none.
    needs : tuple of str
        Inputs beyond two masks, such as ``probability``.
    compute : callable
        ``compute(pair, settings) -> MetricValue``.
    """

    key: str
    title: str
    family: str
    unit: Literal['mm', 'ml', 'voxels'] | None
    better: Literal['higher', 'lower', 'zero'] | None
    range: tuple[float | None, float | None]
    formula: str
    summary: str
    blind_spot: str
    source: str
    compute: Callable[[MaskPair, MetricSettings], MetricValue] = field(repr=False)
    short: str = ''
    needs: tuple[str, ...] = ()

    @property
    def label(self) -> str:
        """Short words on screen."""
        return self.short or self.title
