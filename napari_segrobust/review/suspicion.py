"""Suspect a rater whose mask fits the others only after a flip, a shift, or under another label. Nothing is mended."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from napari_segrobust.cases.flips import DICE, GAIN, better_flipped, label_dice, way_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

#: After a shift, masks must agree this well: people's borders never do so by chance. One voxel is within what people do
#: with a small structure.
_SHIFTED_DICE, _LEAST_STEPS = 0.8, 2
#: A flip is believed before a shift that fits better by no more than this.
_NEARLY = 0.1


@dataclass(frozen=True)
class Suspicion:
    """What may be wrong with a rater's mask.

    Attributes
    ----------
    rater : str
    kind : {'flipped', 'shifted', 'label'}
    against : str
        What it was held against, in words.
    now, then : float
        Dice as it is, and as it would be.
    way : str
        "left-right", "by 4 voxels along axis 0", "as label 5".
    label : int or None
        The label that fits, where it is another one.
    """

    rater: str
    kind: Literal['flipped', 'shifted', 'label']
    against: str
    now: float
    then: float
    way: str
    label: int | None = None

    @property
    def title(self) -> str:
        """Such as "B looks flipped left-right"."""
        if self.kind == 'label':
            return f'{self.rater} may mean another label'
        return f'{self.rater} looks {self.kind} {self.way}'

    @property
    def detail(self) -> str:
        """Such as "Dice with A 0.00, 0.89 if flipped left-right"."""
        done = f'taken {self.way}' if self.kind == 'label' else f'{self.kind} {self.way}'
        return f'Dice with {self.against} {self.now:.2f}, {self.then:.2f} if {done}'


def suspect(
    name: str,
    labels: NDArray[Any],
    label: int,
    reference: NDArray[np.bool_],
    against: str,
    letters: Sequence[tuple[str, str]] | None = None,
) -> Suspicion | None:
    """Hold a rater's mask against what the others agree on.

    Parameters
    ----------
    name : str
    labels : ndarray of int or bool, shape ([Z,] Y, X)
        The rater's label mask.
    label : int
        Which label is meant.
    reference : ndarray of bool, same shape
        The other rater, or a consensus of the others.
    against : str
        What `reference` is called.
    letters : sequence of (str, str), optional
        Ends of each axis, such as ("S", "I").

    Returns
    -------
    Suspicion or None
        The first of: another label fits, a flip fits, a shift fits.
    """
    if not reference.any():
        return None
    mask = labels == label
    now = label_dice(reference, mask)
    if now > 1 - GAIN:
        return None
    other = _other_label(labels, label, reference)
    if other is not None and other[1] >= DICE and other[1] > now + GAIN:
        return Suspicion(name, 'label', against, now, other[1], f'as label {other[0]}', other[0])
    if not mask.any():
        return None
    flip = better_flipped(reference, mask)
    shift = _shift(reference, mask)
    moved = label_dice(reference, np.roll(mask, shift, range(mask.ndim)))
    # Something round fits after a shift as well as after a flip, and files are flipped more often than shifted.
    if flip is not None and flip.flipped >= moved - _NEARLY:
        return Suspicion(name, 'flipped', against, now, flip.flipped, way_of(flip.axis, letters))
    if moved >= _SHIFTED_DICE and moved > now + GAIN and max(map(abs, shift)) >= _LEAST_STEPS:
        words = ', '.join(
            f'{abs(step)} voxel{"s" if abs(step) > 1 else ""} {"back" if step < 0 else "on"} along axis {axis}'
            for axis, step in enumerate(shift)
            if step
        )
        return Suspicion(name, 'shifted', against, now, moved, f'by {words}')
    if flip is not None:
        return Suspicion(name, 'flipped', against, now, flip.flipped, way_of(flip.axis, letters))
    return None


def _other_label(labels: NDArray[Any], label: int, reference: NDArray[np.bool_]) -> tuple[int, float] | None:
    """Label other than the one that is meant which fits best, and its Dice."""
    if labels.dtype == np.bool_:
        return None
    sizes, inside = np.bincount(labels.ravel()), np.bincount(labels[reference])
    overlaps = np.zeros(len(sizes))
    overlaps[: len(inside)] = inside
    dice = 2 * overlaps / np.maximum(sizes + np.count_nonzero(reference), 1)
    dice[[value for value in (0, label) if value < len(dice)]] = 0
    best = int(dice.argmax())
    return (best, float(dice[best])) if dice[best] > 0 else None


def _shift(reference: NDArray[np.bool_], mask: NDArray[np.bool_]) -> tuple[int, ...]:
    """Steps along each axis, around its end, after which the profiles of two masks correlate best."""
    steps = []
    for axis, n in enumerate(mask.shape):
        others = tuple(a for a in range(mask.ndim) if a != axis)
        first, second = (np.fft.rfft(np.count_nonzero(m, axis=others)) for m in (reference, mask))
        step = int(np.fft.irfft(first * second.conj(), n).argmax())
        steps.append(step - n if step > n // 2 else step)
    return tuple(steps)
