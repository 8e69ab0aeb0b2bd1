"""A number with its unit and its state: what every metric returns."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

Status = Literal['ok', 'both_empty', 'reference_empty', 'prediction_empty', 'zero_denominator', 'not_applicable']
#: A number, a word ("TP"), or a position in mm, in array order.
Value = float | int | str | tuple[float, ...]


@dataclass(frozen=True, slots=True)
class MetricValue:
    """Value of a metric.

    Attributes
    ----------
    value : float, int, str, tuple of float or None
        None exactly when the formula is undefined; never NaN or infinity.
    unit : str or None
        "mm", "ml", "voxels", ... or None for a pure number.
    status : str
        ``ok``, or why the value is missing or special.
    reason : str or None
        One line for people when the status is not ``ok``.
    sides : (value, value) or None
        The quantity in the reference and in the prediction, where `value` is their difference (prediction minus
        reference).
    """

    value: Value | None
    unit: str | None = None
    status: Status = 'ok'
    reason: str | None = None
    sides: tuple[Value | None, Value | None] | None = None

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready form; ``reference`` and ``prediction`` only where there are `sides`."""
        record = {'value': _plain(self.value), 'unit': self.unit, 'status': self.status, 'reason': self.reason}
        if self.sides is not None:
            record |= dict(zip(('reference', 'prediction'), map(_plain, self.sides), strict=True))
        return record


def _plain(value: Value | None) -> Any:
    return list(value) if isinstance(value, tuple) else value
