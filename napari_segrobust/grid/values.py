"""What the grid shows of one state: one perturbed input, and a row for each model that looked at it."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Literal, Self

import numpy as np

from napari_segrobust.compare import metric_specs
from napari_segrobust.explore.curves import values_of
from napari_segrobust.explore.table import measured
from napari_segrobust.grid.agreement import Agreement, agreement_of
from napari_segrobust.perturb import simulated_text

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from typing import Any

    from numpy.typing import NDArray

    from napari_segrobust.cases.case import Case
    from napari_segrobust.compare import MetricSpec, MetricValue
    from napari_segrobust.explore.resolve import LaneRequest, Request
    from napari_segrobust.explore.state import Plane
    from napari_segrobust.explore.updates import LaneView, PlaneUpdate

#: How rows can be sorted: as the models were chosen, by the value, by what was lost.
Order = Literal['as chosen', 'best first', 'worst first', 'largest drop first', 'smallest drop first']
ORDERS: tuple[Order, ...] = ('as chosen', 'best first', 'worst first', 'largest drop first', 'smallest drop first')
STABILITY = 'stability_'
#: Words for the axes of a grid whose axes are (Superior, Posterior, Left).
_PLANES = ('axial', 'coronal', 'sagittal')


@dataclass(frozen=True, eq=False)
class GridRow:
    """One model.

    Attributes
    ----------
    lane : int
        Its place among the models as they were chosen: its colour.
    name : str
    prediction, clean_prediction : ndarray, shape (rows, columns)
        Labels on the perturbed image and on the clean one.
    reference : ndarray or None
        What the prediction is compared with, as warps carried it.
    error : ndarray uint8 or None
        See `ErrorCode`; None without a reference.
    now, clean : mapping of str to MetricValue
        On the perturbed image and on the clean one. Keys that begin with ``stability_`` compare the prediction with
        that on the clean image; they have no clean value.
    """

    lane: int
    name: str
    prediction: NDArray[Any]
    clean_prediction: NDArray[Any]
    reference: NDArray[Any] | None
    error: NDArray[np.uint8] | None
    now: Mapping[str, MetricValue] = field(default_factory=dict)
    clean: Mapping[str, MetricValue] = field(default_factory=dict)

    def value(self, key: str) -> float | None:
        """Value on the perturbed image; None where it is undefined."""
        return _number(self.now.get(key))

    def clean_value(self, key: str) -> float | None:
        """Value on the clean image; None where it is undefined."""
        return _number(self.clean.get(key))

    def drop(self, key: str) -> float | None:
        """Clean minus perturbed; None where one of them is undefined."""
        now, clean = self.value(key), self.clean_value(key)
        return None if now is None or clean is None else clean - now

    def loss(self, key: str) -> float | None:
        """How much worse it became, whichever direction is better: what rows are sorted by; None where undefined."""
        now, clean = self.value(key), self.clean_value(key)
        if now is None or clean is None:
            return None
        badness = _badness(spec_of(key))
        return badness(now) - badness(clean)


@dataclass(frozen=True, eq=False)
class Grid:
    """Up to six models on one identical input.

    Attributes
    ----------
    clean, perturbed : ndarray (C, rows, columns) float32
    clean_reference : ndarray or None
        On the clean image.
    rows : tuple of GridRow
    steps : (float, float)
        Height and width of a pixel in `unit`.
    unit : str
        "mm", or "px" where the spacing is unknown.
    limits : (float, float)
        What is black and what is white; for grey values.
    rgb : bool
        Whether the channels are red, green and blue from 0 to 255.
    label : int or None
        The measured label; None is all together.
    label_name, case_name, place, simulated : str
        In words; `simulated` is empty on the clean image.
    severity : float
        Of the entry that is swept.
    scope : {'slice', 'volume'}
        What the numbers are of; the pictures are of the slice.
    valid : ndarray of bool or None
        Where numbers are taken from; None is everywhere.
    """

    clean: NDArray[np.float32]
    perturbed: NDArray[np.float32]
    clean_reference: NDArray[Any] | None
    rows: tuple[GridRow, ...]
    steps: tuple[float, float] = (1.0, 1.0)
    unit: str = 'px'
    limits: tuple[float, float] = (0.0, 1.0)
    rgb: bool = False
    label: int | None = None
    label_name: str = ''
    case_name: str = ''
    place: str = ''
    simulated: str = ''
    severity: float = 0.0
    scope: Literal['slice', 'volume'] = 'slice'
    valid: NDArray[np.bool_] | None = None

    @classmethod
    def of(
        cls,
        update: PlaneUpdate,
        volume: Sequence[LaneView] | None = None,
        limits: tuple[float, float] | None = None,
        label_name: str | None = None,
    ) -> Self:
        """Lay out what the live loop answered for a plane; nothing is computed anew.

        Parameters
        ----------
        update : PlaneUpdate
        volume : sequence of LaneView, optional
            Of the whole, of the same request: their numbers are shown in place of the slice's.
        limits : (float, float), optional
            Of grey values; the case's intensity range by default.
        label_name : str, optional
            By default what the case calls the label.
        """
        request = update.request
        case, plane = request.case, request.plane
        # By place: two lanes with one model share their views, and only the request tells them apart.
        numbers = update.lanes if volume is None else tuple(volume)
        found = zip(request.lanes, update.lanes, numbers, strict=True)
        rows = tuple(_row(view, lane, request, measured_on) for lane, view, measured_on in found)
        spacing = case.geometry.spacing_mm
        steps = (1.0, 1.0) if spacing is None else _in_plane(spacing, case, plane)
        first = next(iter(update.lanes), None)
        words = 'all labels' if request.label is None else case.label_name(request.label)
        return cls(
            clean=update.baseline_image,
            perturbed=update.image,
            clean_reference=None if first is None else first.baseline_reference,
            rows=rows,
            steps=steps,
            unit='px' if spacing is None else 'mm',
            limits=case.intensity_range if limits is None else limits,
            rgb=case.image.shape[0] == 3 and case.provenance.get('dtype') == 'uint8',
            label=request.label,
            label_name=words if label_name is None else label_name,
            case_name=case.name,
            place=place_of(case, plane),
            simulated=simulated_of(request),
            severity=request.severity,
            scope='slice' if volume is None else 'volume',
            valid=None if first is None else first.valid,
        )

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns of the pictures."""
        return (self.perturbed.shape[-2], self.perturbed.shape[-1])

    @property
    def has_reference(self) -> bool:
        """Whether there is a reference to compare with."""
        return self.clean_reference is not None

    @cached_property
    def metrics(self) -> tuple[str, ...]:
        """Keys that any row has a number for, in the order in which they were asked for."""
        found = dict.fromkeys(key for row in self.rows for key in row.now)
        return tuple(k for k in found if any(_number(row.now.get(k)) is not None for row in self.rows)) or tuple(found)

    @cached_property
    def agreement(self) -> Agreement:
        """How far the models agree with each other."""
        return agreement_of([row.prediction for row in self.rows], self.label, self.valid)

    def votes_of(self, row: GridRow) -> NDArray[Any]:
        """What a model voted for: its labels, of the measured label alone where there is one."""
        votes = row.prediction if self.label is None else np.where(row.prediction == self.label, self.label, 0)
        return votes if self.valid is None else np.where(self.valid, votes, 0)

    def share_of(self, row: GridRow) -> float | None:
        """Share of the voxels that a model labels as the majority does, see `Agreement.shares`."""
        return self.agreement.shares[self.rows.index(row)]

    def content(self, margin: float = 0.05) -> tuple[int, int, int, int]:
        """The part of the slice that is not empty: first row, row after the last, first column, column after the last.

        Empty is what has the value of most of the clean image's edge. A part that is nearly all is all.
        """
        rows, columns = self.shape
        image = self.clean.max(axis=0)
        edge = np.concatenate([image[0], image[-1], image[:, 0], image[:, -1]])
        spread = 0.02 * (255.0 if self.rgb else float(self.limits[1] - self.limits[0]))
        full = np.abs(image - np.median(edge)) > spread
        for mask in (self.clean_reference, *(row.clean_prediction for row in self.rows)):
            full |= False if mask is None else mask != 0
        high, wide = np.flatnonzero(full.any(axis=1)), np.flatnonzero(full.any(axis=0))
        if not len(high) or len(high) * len(wide) > 0.9 * rows * columns:
            return 0, rows, 0, columns
        pad = math.ceil(margin * max(np.ptp(high), np.ptp(wide)))
        top, left = max(0, int(high[0]) - pad), max(0, int(wide[0]) - pad)
        return top, min(rows, int(high[-1]) + pad + 1), left, min(columns, int(wide[-1]) + pad + 1)

    def sorted(self, key: str, order: Order = 'best first') -> Grid:
        """The same with its rows in another order.

        Parameters
        ----------
        key : str
            A metric; "better" is what its specification says. Rows without a number come last.
        order : {'as chosen', 'best first', 'worst first', 'largest drop first', 'smallest drop first'}
        """
        return replace(self, rows=sorted_rows(self.rows, key, order))


def sorted_rows(rows: Sequence[GridRow], key: str, order: Order) -> tuple[GridRow, ...]:
    """Rows in an order; those that are equal stay as the models were chosen, those without a number come last."""
    chosen = sorted(rows, key=lambda row: row.lane)
    if order == 'as chosen':
        return tuple(chosen)
    if 'drop' in order:
        ranks = [row.loss(key) for row in chosen]
    else:
        badness = _badness(spec_of(key))
        ranks = [None if (value := row.value(key)) is None else badness(value) for row in chosen]
    sign = -1 if order in ('worst first', 'largest drop first') else 1
    pairs = sorted(zip(ranks, chosen, strict=True), key=lambda pair: math.inf if pair[0] is None else sign * pair[0])
    return tuple(row for _, row in pairs)


def spec_of(key: str) -> MetricSpec:
    """What is known of a metric; ``stability_dice`` is Dice against the clean prediction."""
    return metric_specs()[key.removeprefix(STABILITY)]


def title_of(key: str) -> str:
    """A metric in few words."""
    spec = spec_of(key)
    words = spec.short or spec.title
    return f'{words} against clean' if key.startswith(STABILITY) else words


def simulated_of(request: Request) -> str:
    """Say what was done to the image of a request, and to its reference."""
    case = request.case
    unit = 'HU' if case.in_hounsfield else None
    length = 'mm' if case.geometry.has_spacing else 'voxels'
    stack = next((lane.now.stack for lane in request.lanes if lane.now.model is not None), request.stack)
    return simulated_text(stack, case.intensity_range, unit, length, case.label_name)


def place_of(case: Case, plane: Plane | None) -> str:
    """Say which slice is shown; slices are counted from 1."""
    if plane is None or case.ndim == 2:
        return ''
    kind = f'{_PLANES[plane.axis]} slice' if case.geometry.has_orientation else f'slice along axis {plane.axis}:'
    return f'{kind} {plane.index + 1} of {case.shape[plane.axis]}'


def _row(view: LaneView, lane: LaneRequest, request: Request, numbers: LaneView) -> GridRow:
    clean = {} if numbers.baseline_accuracy is None else measured(numbers.baseline_accuracy, request.label)
    return GridRow(
        lane=lane.index,
        name=lane.now.model_name,
        prediction=view.labels,
        clean_prediction=view.baseline_labels,
        reference=view.reference,
        error=view.error,
        now=values_of(numbers, request.label),
        clean=clean,
    )


def _in_plane(spacing: Sequence[float], case: Case, plane: Plane | None) -> tuple[float, float]:
    row, column = (s for axis, s in enumerate(spacing) if case.ndim == 2 or plane is None or axis != plane.axis)
    return float(row), float(column)


def _number(value: MetricValue | None) -> float | None:
    found = None if value is None else value.value
    return float(found) if isinstance(found, int | float) and not isinstance(found, bool) else None


def _badness(spec: MetricSpec) -> Callable[[float], float]:
    """Return a function of a value that grows as predictions get worse."""
    if spec.better == 'zero':
        return abs
    sign = 1.0 if spec.better == 'lower' else -1.0
    return lambda value: sign * value
