"""What came out as published and what otherwise: decided by signs over the seeds, and never by hand."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from napari_segrobust.papers.page import Page

Kind = Literal['as published', 'otherwise', 'open']
#: What is said beside a comparison that a weak network takes part in.
WEAK = 'a network that is weak where it was trained takes part'
#: Differences of Dice below this are called none.
NONE = 0.01


@dataclass(frozen=True, slots=True)
class Finding:
    """One comparison.

    Attributes
    ----------
    kind : {'as published', 'otherwise', 'open'}
        Open: the seeds contradict each other, or the published difference is none.
    what : str
        Quantity, condition, and what is compared.
    here, published : str
        Numbers of both.
    note : str
        Why it is open.
    """

    kind: Kind
    what: str
    here: str
    published: str
    note: str = ''

    def doubted(self, words: str) -> Finding:
        """Give the same comparison as an open one: it is not about what it seems to be about."""
        return replace(self, kind='open', note=f'{self.note}; {words}' if self.note else words)


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
        As published where every seed has the sign of the published difference, otherwise where every seed has one
        other sign; a difference below `NONE` has none.
    """
    signs, theirs = {_sign(value) for value in ours}, _sign(published)
    kind: Kind = 'open'
    if theirs and len(signs) == 1:
        kind = 'as published' if signs == {theirs} else 'otherwise'
    note = _why_open(signs, theirs) if kind == 'open' else ''
    return Finding(kind, f'{what}: {one} minus {other}', _spread(ours), f'{published:+.3f}', note)


def compare_with_several(
    what: str, one: str, other: str, ours: Sequence[float], published: Mapping[str, float]
) -> Finding:
    """Compare which of two is larger, here and in several published data sets.

    Parameters
    ----------
    what, one, other, ours
        As for `compare_difference`.
    published : mapping of str to float
        Difference of each data set.

    Returns
    -------
    Finding
        Against the sign that all but one of the data sets share at least; open where they share none.
    """
    theirs = [_sign(value) for value in published.values()]
    shared = next((sign for sign in (1, -1) if theirs.count(sign) >= max(len(theirs) - 1, 1)), 0)
    signs = {_sign(value) for value in ours}
    kind: Kind = 'open'
    if shared and len(signs) == 1:
        kind = 'as published' if signs == {shared} else 'otherwise'
    told = ', '.join(f'{name} {value:+.3f}' for name, value in published.items())
    note = '' if kind != 'open' else 'the seeds disagree' if shared else 'the data sets disagree'
    return Finding(kind, f'{what}: {one} minus {other}', _spread(ours), told, note)


def compare_order(what: str, ours: Mapping[str, Sequence[float]], published: Mapping[str, float]) -> Finding:
    """Compare in which order several stand, largest first.

    Parameters
    ----------
    what : str
    ours : mapping of str to sequence of float
        Value of each seed.
    published : mapping of str to float
        With the same keys.

    Returns
    -------
    Finding
        As published where every seed has the published order, otherwise where none has it.
    """
    seeds = len(next(iter(ours.values())))
    theirs = _order(published)
    equal = sum(_order({name: values[seed] for name, values in ours.items()}) == theirs for seed in range(seeds))
    kind: Kind = 'as published' if equal == seeds else 'open' if equal else 'otherwise'
    mean = {name: sum(values) / seeds for name, values in ours.items()}
    here, there = (', '.join(f'{name} {values[name]:.3f}' for name in _order(values)) for values in (mean, published))
    note = '' if seeds == 1 else f'{equal} of {seeds} seeds have the published order'
    return Finding(kind, f'{what}, largest first', here, there, note)


def weaker(ours: Mapping[str, Sequence[float]], published: Mapping[str, float], gap: float = 0.1) -> list[str]:
    """Say which networks are weaker where they were trained: a weak network and a fragile one look alike elsewhere.

    Parameters
    ----------
    ours : mapping of str to sequence of float
        Dice of each seed under the condition of the training.
    published : mapping of str to float
    gap : float
        Reported from this difference of the means on.
    """
    found = []
    for name, values in ours.items():
        mean = sum(values) / len(values)
        if published[name] - mean >= gap:
            found.append(f'{name}: {mean:.3f} here, {published[name]:.3f} published.')
    return found


def tell_findings(page: Page, findings: Sequence[Finding], weak: Sequence[str]) -> None:
    """Write all findings onto a page, what came out otherwise first.

    Parameters
    ----------
    page : Page
    findings : sequence of Finding
    weak : sequence of str
        Of `weaker`.
    """
    heads: dict[Kind, str] = {
        'otherwise': 'What came out otherwise',
        'as published': 'What came out as published',
        'open': 'What stays open',
    }
    page.heading('How it is compared')
    page.paragraph(
        'A difference is as published where every seed has its sign, otherwise where every seed has one other sign, '
        f'and open where they disagree; less than {NONE:g} has no sign. Numbers are means over the seeds (smallest to '
        'largest).'
    )
    for kind, head in heads.items():
        page.heading(head)
        lines = [(f.what, f.here, f.published, f.note) for f in findings if f.kind == kind]
        if any(note for *_, note in lines):
            page.table(('what', 'here', 'published', 'note'), lines)
        elif lines:
            page.table(('what', 'here', 'published'), [line[:3] for line in lines])
        else:
            page.paragraph('Nothing that was compared.')
    page.heading('Weak or fragile')
    if weak:
        page.paragraph(
            'These networks are weaker than the published ones already under the condition of their training, by a '
            'Dice of 0.1 or more: a weak network and a fragile one look alike elsewhere, so what concerns them stays '
            'open.'
        )
    page.bullets(
        weak, 'No network is weaker than the published one under the condition of its training by 0.1 or more.'
    )


def _sign(value: float) -> int:
    return 0 if abs(value) < NONE else 1 if value > 0 else -1


def _spread(values: Sequence[float]) -> str:
    mean = sum(values) / len(values)
    if len(values) == 1:
        return f'{mean:+.3f}'
    return f'{mean:+.3f} ({min(values):+.3f} to {max(values):+.3f})'


def _why_open(signs: set[int], theirs: int) -> str:
    if not theirs:
        return f'the published difference is less than {NONE:g}'
    return 'the seeds disagree' if len(signs) > 1 else ''


def _order(values: Mapping[str, float]) -> list[str]:
    return sorted(values, key=lambda name: -values[name])
