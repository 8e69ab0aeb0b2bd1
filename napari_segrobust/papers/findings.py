"""What came out as published and what otherwise: decided by signs over the seeds, and never by hand."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

Kind = Literal['as published', 'otherwise', 'open']
#: Differences of Dice below this are called none.
NONE = 0.01


@dataclass(frozen=True, slots=True)
class Finding:
    """One comparison.

    Attributes
    ----------
    kind : {'as published', 'otherwise', 'open'}
        Open: the seeds contradict each other, or the published difference is none.
    text : str
        A sentence with both numbers.
    """

    kind: Kind
    text: str


def compare_difference(what: str, one: str, other: str, ours: Sequence[float], published: float) -> Finding:
    """Compare which of two is larger, here and in the paper.

    Parameters
    ----------
    what : str
        Quantity and condition, such as "Dice of smaller spheres, window 48".
    one, other : str
        What is compared: differences are `one` minus `other`.
    ours : sequence of float
        Difference of each seed.
    published : float
        Published difference.

    Returns
    -------
    Finding
        As published where every seed has the sign of the published difference, otherwise where every seed has the
        opposite one or none of the difference; a difference below `NONE` has no sign.
    """
    signs, theirs = {_sign(value) for value in ours}, _sign(published)
    kind: Kind = 'open'
    if theirs and len(signs) == 1:
        kind = 'as published' if signs == {theirs} else 'otherwise'
    text = f'{what}: {one} minus {other} is {_spread(ours)} here, {published:+.3f} published'
    return Finding(kind, f'{text}{_why_open(signs, theirs) if kind == "open" else ""}.')


def compare_order(what: str, ours: Mapping[str, float], published: Mapping[str, float], seeds: int) -> Finding:
    """Compare in which order several stand, largest first.

    Parameters
    ----------
    what : str
    ours, published : mapping of str to float
        Means with the same keys.
    seeds : int
        That ours are means of.
    """
    orders = [sorted(values, key=lambda name: -values[name]) for values in (ours, published)]
    told = [
        ', '.join(f'{name} {values[name]:.3f}' for name in order)
        for order, values in zip(orders, (ours, published), strict=True)
    ]
    gaps = [values[a] - values[b] for values, order in zip((ours, published), orders, strict=True)
            for a, b in zip(order, order[1:], strict=False)]  # fmt: skip
    kind: Kind = 'as published' if orders[0] == orders[1] else 'otherwise'
    tie = ''
    if kind == 'otherwise' and min(gaps, default=1.0) < NONE:
        kind, tie = 'open', f'; neighbours differ by less than {NONE:g}'
    return Finding(kind, f'{what}: {told[0]} here (mean of {_count(seeds)}); {told[1]} published{tie}.')


def of_kind(findings: Iterable[Finding], kind: Kind) -> list[str]:
    """Sentences of one kind."""
    return [finding.text for finding in findings if finding.kind == kind]


def _sign(value: float) -> int:
    return 0 if abs(value) < NONE else 1 if value > 0 else -1


def _spread(values: Sequence[float]) -> str:
    mean = sum(values) / len(values)
    if len(values) == 1:
        return f'{mean:+.3f} (one seed)'
    return f'{mean:+.3f} ({min(values):+.3f} to {max(values):+.3f} over {len(values)} seeds)'


def _why_open(signs: set[int], theirs: int) -> str:
    if not theirs:
        return f', which is less than {NONE:g}'
    return '; the seeds disagree' if len(signs) > 1 else ''


def _count(seeds: int) -> str:
    return 'one seed' if seeds == 1 else f'{seeds} seeds'
