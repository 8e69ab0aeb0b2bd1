"""Look for masks that round to a printed table of metrics whose masks were never published.

The table stands in the lecture notes (section 3.4.2): one reference, five predictions of the same Dice, and their
distances to one decimal. ``python tools/find_shape_table.py --seed 1`` anneals six masks of 10 x 10 pixels until all
five rows round to the print, and writes them as the rows of a scene. Same seed, same masks. What it finds is *a*
solution, not the published figure.
"""

from __future__ import annotations

import argparse
import math
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

SIDE = 10
REFERENCE_SIZE, PREDICTION_SIZE, OVERLAP = 23, 36, 18
#: HD, HD95, ASSD, MASD and NSD at one pixel, as printed.
PRINTED = (
    (1.4, 1.3, 0.9, 0.9, 1.0),
    (3.6, 3.1, 1.0, 1.0, 0.7),
    (3.0, 2.0, 0.8, 0.7, 0.8),
    (2.2, 2.0, 0.8, 0.7, 0.8),
    (2.0, 1.2, 0.8, 0.8, 0.9),
)
HALF_DIGIT = 0.049
#: Temperatures of the annealing, in units of misfit, and how often it is warmed up again.
HOT, WARM, COLD, CYCLES = 0.25, 0.03, 0.004, 8
_PIXELS = np.stack(np.unravel_index(np.arange(SIDE * SIDE), (SIDE, SIDE)), axis=1)
_DISTANCE = np.linalg.norm(_PIXELS[:, None] - _PIXELS[None], axis=-1)


def neighbours(mask: NDArray[np.bool_]) -> NDArray[np.int8]:
    """How many of the four neighbours of each pixel lie in the mask."""
    padded = np.pad(mask, 1).view(np.int8)
    return padded[:-2, 1:-1] + padded[2:, 1:-1] + padded[1:-1, :-2] + padded[1:-1, 2:]


def border(mask: NDArray[np.bool_]) -> NDArray[np.intp]:
    """Flat indices of the border pixels; outside the image is background."""
    return np.flatnonzero(mask & (neighbours(mask) < 4))


def pieces(mask: NDArray[np.bool_]) -> int:
    """Surplus of 4-connected pieces and of holes; 0 for one piece without a hole."""
    return _regions(mask) - 1 + _regions(np.pad(~mask, 1, constant_values=True)) - 1


def _regions(mask: NDArray[np.bool_]) -> int:
    """Number of 4-connected regions, flooded on the bits of one integer."""
    width = mask.shape[1] + 1
    left = sum(1 << (int(y) * width + int(x)) for y, x in np.argwhere(mask))
    found = 0
    while left:
        flood, seen = left & -left, 0
        while flood != seen:
            seen = flood
            flood |= (flood << 1 | flood >> 1 | flood << width | flood >> width) & left
        left &= ~flood
        found += 1
    return found


def _percentile(ordered: NDArray[np.float64], share: float) -> float:
    position = (len(ordered) - 1) * share
    low = math.floor(position)
    high = min(low + 1, len(ordered) - 1)
    return float(ordered[low] + (ordered[high] - ordered[low]) * (position - low))


def measure(reference: NDArray[np.intp], prediction: NDArray[np.intp]) -> tuple[float, ...]:
    """HD, HD95, ASSD, MASD and NSD at one pixel of two borders, as `napari_segrobust.compare` defines them."""
    between = _DISTANCE[np.ix_(reference, prediction)]
    there, back = np.sort(between.min(axis=1)), np.sort(between.min(axis=0))
    near = int((there <= 1).sum() + (back <= 1).sum())
    number = len(there) + len(back)
    return (
        max(there[-1], back[-1]),
        max(_percentile(there, 0.95), _percentile(back, 0.95)),
        (there.sum() + back.sum()) / number,
        (there.mean() + back.mean()) / 2,
        near / number,
    )


def misfit(values: tuple[float, ...], printed: tuple[float, ...]) -> float:
    """By how much the values miss rounding to the print; 0 when all do."""
    return sum(max(0.0, abs(value - target) - HALF_DIGIT) for value, target in zip(values, printed, strict=True))


@dataclass
class Row:
    """One prediction of the table, and how far it is from its row."""

    mask: NDArray[np.bool_]
    printed: tuple[float, ...]

    def cost(self, reference: NDArray[np.bool_], edge: NDArray[np.intp]) -> float:
        """Misfit, with the overlap and the connectedness that are asked for."""
        overlap = int((self.mask & reference).sum())
        distances = misfit(measure(edge, border(self.mask)), self.printed)
        return distances + 0.2 * abs(overlap - OVERLAP) + 0.3 * pieces(self.mask)


def swap(mask: NDArray[np.bool_], rng: np.random.Generator) -> NDArray[np.bool_]:
    """Move one border pixel of the mask to a free place beside it."""
    moved = mask.copy()
    beside = np.flatnonzero(~mask & (neighbours(mask) > 0))
    moved.flat[rng.choice(border(mask))] = False
    moved.flat[rng.choice(beside)] = True
    return moved


def start(size: int, rng: np.random.Generator) -> NDArray[np.bool_]:
    """Grow a connected mask from the middle."""
    mask = np.zeros((SIDE, SIDE), bool)
    mask[SIDE // 2, SIDE // 2] = True
    while mask.sum() < size:
        mask.flat[rng.choice(np.flatnonzero(~mask & (neighbours(mask) > 0)))] = True
    return mask


def search(seed: int, steps: int) -> tuple[float, NDArray[np.bool_], list[Row]]:
    """Anneal the reference and the five predictions together; return the cost left, and the masks."""
    rng = np.random.default_rng(seed)
    reference = start(REFERENCE_SIZE, rng)
    rows = [Row(start(PREDICTION_SIZE, rng), printed) for printed in PRINTED]
    edge = border(reference)
    costs = [row.cost(reference, edge) for row in rows]
    own = 0.3 * pieces(reference)
    for step in range(CYCLES * steps):
        if own + sum(costs) < 1e-9:
            break
        # After the first cooling down, shorter ones from a state that nearly fits.
        hottest = HOT if step < steps else WARM
        temperature = hottest * (COLD / hottest) ** (step % steps / steps)
        # Six rounds in seven move a prediction that does not fit yet; the seventh moves what all of them share.
        if rng.random() < 1 / 7:
            moved = swap(reference, rng)
            edge_there = border(moved)
            new = [row.cost(moved, edge_there) for row in rows]
            new_own = 0.3 * pieces(moved)
            gain = own + sum(costs) - new_own - sum(new)
            if gain > 0 or rng.random() < math.exp(gain / temperature):
                reference, edge, costs, own = moved, edge_there, new, new_own
        else:
            index = int(rng.choice([i for i, cost in enumerate(costs) if cost > 0] or [0]))
            row = Row(swap(rows[index].mask, rng), rows[index].printed)
            cost = row.cost(reference, edge)
            gain = costs[index] - cost
            if gain > 0 or rng.random() < math.exp(gain / temperature):
                rows[index], costs[index] = row, cost
    return own + sum(costs), reference, rows


def as_text(mask: NDArray[np.bool_]) -> str:
    """Write the mask as rows of text."""
    return '\n'.join(''.join('#' if pixel else '.' for pixel in line) for line in mask)


def main() -> int:
    """Search from several seeds, until one fits."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--seed', type=int, default=1, help='first seed')
    parser.add_argument('--tries', type=int, default=20, help='how many seeds')
    parser.add_argument('--steps', type=int, default=100_000, help='steps of one cooling')
    given = parser.parse_args()
    for seed in range(given.seed, given.seed + given.tries):
        left, reference, rows = search(seed, given.steps)
        print(f'seed {seed}: {left:.3f} left', file=sys.stderr, flush=True)
        if left < 1e-9:
            print(as_text(reference))
            for row in rows:
                print(f'\n{as_text(row.mask)}')
            return 0
    return 1


if __name__ == '__main__':
    sys.exit(main())
