"""A number with its unit and its state: what every metric returns."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

Status = Literal['ok', 'both_empty', 'reference_empty', 'prediction_empty', 'zero_denominator', 'not_applicable']


@dataclass(frozen=True, slots=True)
class MetricValue:
    """Value of a metric.

    Attributes
    ----------
    value : float, int, str or None
        None exactly when the formula is undefined; never NaN or infinity.
    unit : str or None
        "mm", "ml", "voxels", ... or None for a pure number.
    status : str
        ``ok``, or why the value is missing or special.
    reason : str or None
        One line for people when the status is not ``ok``.
    """

    value: float | int | str | None
    unit: str | None = None
    status: Status = 'ok'
    reason: str | None = None

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready form."""
        return {'value': self.value, 'unit': self.unit, 'status': self.status, 'reason': self.reason}
