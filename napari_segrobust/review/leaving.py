"""Where a curve over severity leaves, on the worse side, the range that raters showed on the unperturbed image."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from napari_segrobust.compare.metrics import metric_specs

if TYPE_CHECKING:
    from collections.abc import Sequence

    Point = tuple[float, float | None]

#: ``unknown``: nothing was visited, or the first visited point is undefined. ``stays``: up to the last visited
#: severity. ``leaves``: between two visited ones. ``outside``: from the first visited one on. ``undefined``: there is
#: no number from some severity on.
Fate = Literal['unknown', 'stays', 'leaves', 'outside', 'undefined']


@dataclass(frozen=True, slots=True)
class Leaving:
    """What became of a curve.

    Attributes
    ----------
    fate : str
        See `Fate`.
    last : float or None
        Largest severity, going up, at which it was still not outside; for ``outside`` the first that was visited.
    first : float or None
        Smallest severity at which it was outside, or undefined.
    at : float or None
        Where the straight line between these two crosses the limit.
    back : float or None
        First visited severity after it left at which it was not outside.
    """

    fate: Fate
    last: float | None = None
    first: float | None = None
    at: float | None = None
    back: float | None = None

    def words(self, whom: str, along: str) -> str:
        """Say it, claiming no more than was visited.

        Parameters
        ----------
        whom : str
            What the raters are called, as `called` gives it.
        along : str
            What the severity is of: "gaussian noise".
        """
        if self.fate == 'unknown':
            return 'no point to judge yet'
        if self.fate == 'outside':
            return f'already worse than each of {whom} {self.brief(along)}; one case gives no verdict{self._again}'
        return f'within the range {whom} showed on the unperturbed image {self.brief(along)}{self._again}'

    def brief(self, along: str = '') -> str:
        """Up to where, or from where: what comes after the range in `words`."""
        of = f' of {along}' if along else ''
        match self.fate:
            case 'stays' if self.last == 0:
                return 'at severity 0'
            case 'stays':
                return f'up to severity {self.last:.3g}{of}, the highest visited'
            case 'leaves':
                return f'up to severity {self.at:.2g}{of} (between the visited {self.last:.3g} and {self.first:.3g})'
            case 'undefined':
                return f'up to severity {self.last:.3g}{of}, and undefined at {self.first:.3g}'
            case 'outside' if self.last == 0:
                return 'on the unperturbed image'
            case 'outside':
                return f'from severity {self.last:.3g} on, the lowest visited'
        return ''

    @property
    def _again(self) -> str:
        return '' if self.back is None else f'; not outside again at {self.back:.3g}'


def leaving(points: Sequence[Point], limits: tuple[float, float], key: str) -> Leaving:
    """Find where a curve first leaves a range on the worse side; better than everybody is not outside.

    Parameters
    ----------
    points : sequence of (severity, value or None)
        Visited points, in any order; None where the metric is undefined.
    limits : (float, float)
        Smallest and largest value of a rater.
    key : str
        Of the metric: it says which side is worse.

    Returns
    -------
    Leaving

    Examples
    --------
    >>> leaving([(0, 0.9), (2, 0.8), (3, 0.6)], (0.7, 0.95), 'dice').at
    2.5
    """
    higher = metric_specs()[key].better == 'higher'
    limit = limits[0] if higher else limits[1]
    seen = sorted(points, key=lambda point: point[0])
    if not seen or seen[0][1] is None:
        return Leaving('unknown')

    def outside(value: float) -> bool:
        return value < limit if higher else value > limit

    for i, (severity, value) in enumerate(seen):
        if value is None:
            return Leaving('undefined', seen[i - 1][0], severity)
        if outside(value):
            back = next((s for s, v in seen[i + 1 :] if v is not None and not outside(v)), None)
            if i == 0:
                return Leaving('outside', severity, severity, severity, back)
            before, inside = seen[i - 1]
            assert inside is not None  # it would have ended the walk
            at = before + (severity - before) * (limit - inside) / (value - inside)
            # Rounding may carry it a last digit beyond the point that was visited.
            return Leaving('leaves', before, severity, min(at, severity), back)
    return Leaving('stays', seen[-1][0])
