"""Look for masks that round to a printed table of metrics whose masks were never published.

The table stands in the lecture notes (section 3.4.2): one reference, five predictions of the same Dice, and their
distances to one decimal. ``python tools/find_shape_table.py --seed 1`` anneals six masks of 10 x 10 pixels until all
five rows round to the print, and writes them as rows of a scene. Same seed, same masks. What it finds is *a* solution,
not the published figure.
"""

from __future__ import annotations

import argparse
import math
import random
import sys
from itertools import product

SIDE = 10
#: A mask is one integer, a bit per pixel; rows are so far apart that no shift reaches from one into the next.
WIDTH = 2 * SIDE
CELLS = tuple(y * WIDTH + x for y, x in product(range(SIDE), repeat=2))
IMAGE = sum(1 << cell for cell in CELLS)
REFERENCE_SIZE, PREDICTION_SIZE, OVERLAP = 23, 36, 18
#: HD, HD95, ASSD, MASD and NSD at one pixel, as printed.
PRINTED = (
    (1.4, 1.3, 0.9, 0.9, 1.0),
    (3.6, 3.1, 1.0, 1.0, 0.7),
    (3.0, 2.0, 0.8, 0.7, 0.8),
    (2.2, 2.0, 0.8, 0.7, 0.8),
    (2.0, 1.2, 0.8, 0.8, 0.9),
)
HALF_DIGIT = 0.0499
#: Temperatures of the annealing, in units of misfit.
HOT, COLD = 0.25, 0.004
#: Cost of a pixel of overlap too many or too few, and of a piece or a hole.
OVERLAP_COST, PIECE_COST = 0.2, 0.3


def _rings() -> list[tuple[float, tuple[int, ...]]]:
    """Every distance between two pixels, with the shifts that lead there, nearest first."""
    found: dict[int, list[int]] = {}
    for y, x in product(range(1 - SIDE, SIDE), repeat=2):
        found.setdefault(y * y + x * x, []).append(y * WIDTH + x)
    return [(math.sqrt(square), tuple(found[square])) for square in sorted(found)]


RINGS = _rings()


def shift(mask: int, by: int) -> int:
    """Move all pixels."""
    return mask << by if by >= 0 else mask >> -by


def around(mask: int) -> int:
    """Pixels of the image with one of their four neighbours in the mask."""
    return (mask << 1 | mask >> 1 | mask << WIDTH | mask >> WIDTH) & IMAGE


def border(mask: int) -> int:
    """Pixels of the mask with one of their four neighbours outside it; outside the image is background."""
    return mask & ~(mask << 1 & mask >> 1 & mask << WIDTH & mask >> WIDTH)


def pieces(mask: int) -> int:
    """Surplus of 4-connected pieces, and holes; 0 for one piece without a hole."""
    free = IMAGE & ~mask
    outside, seen = free & border(IMAGE), -1
    while outside != seen:
        seen = outside
        outside |= around(outside) & free
    holes = free & ~outside
    return regions(mask) - 1 + regions(holes)


def regions(mask: int) -> int:
    """Number of 4-connected regions."""
    found = 0
    while mask:
        flood, seen = mask & -mask, 0
        while flood != seen:
            seen = flood
            flood |= around(flood) & mask
        mask &= ~flood
        found += 1
    return found


def distances(start: int, goal: int) -> list[float]:
    """Distance of every pixel of `start` to the nearest of `goal`, in order."""
    found: list[float] = []
    for distance, shifts in RINGS:
        reached = 0
        for by in shifts:
            reached |= shift(goal, by)
        hit = start & reached
        found += [distance] * hit.bit_count()
        start &= ~hit
        if not start:
            break
    return found


def percentile(ordered: list[float], share: float) -> float:
    """Percentile with linear interpolation."""
    position = (len(ordered) - 1) * share
    low = int(position)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (ordered[high] - ordered[low]) * (position - low)


def measure(reference: int, prediction: int) -> tuple[float, ...]:
    """HD, HD95, ASSD, MASD and NSD at one pixel of two borders, as `napari_segrobust.compare` defines them."""
    there, back = distances(reference, prediction), distances(prediction, reference)
    number = len(there) + len(back)
    total, returned = sum(there), sum(back)
    return (
        max(there[-1], back[-1]),
        max(percentile(there, 0.95), percentile(back, 0.95)),
        (total + returned) / number,
        (total / len(there) + returned / len(back)) / 2,
        sum(distance <= 1 for distance in there + back) / number,
    )


def cost(reference: int, prediction: int, printed: tuple[float, ...]) -> float:
    """By how much a pair misses the print; 0 when all values round to it, the overlap is right and it is one piece."""
    values = measure(border(reference), border(prediction))
    misfit = sum(max(0.0, abs(value - target) - HALF_DIGIT) for value, target in zip(values, printed, strict=True))
    overlap = abs((reference & prediction).bit_count() - OVERLAP)
    return misfit + OVERLAP_COST * overlap + PIECE_COST * pieces(prediction)


def pick(mask: int, rng: random.Random) -> int:
    """One pixel of a mask."""
    return 1 << rng.choice([cell for cell in CELLS if mask >> cell & 1])


def moved(mask: int, rng: random.Random) -> int:
    """Move one border pixel of the mask to a free place beside it."""
    return (mask & ~pick(border(mask), rng)) | pick(around(mask) & ~mask, rng)


def grown(size: int, rng: random.Random) -> int:
    """Grow a connected mask from the middle."""
    mask = 1 << CELLS[len(CELLS) // 2 + SIDE // 2]
    while mask.bit_count() < size:
        mask |= pick(around(mask) & ~mask, rng)
    return mask


def search(seed: int, steps: int) -> tuple[float, int, list[int]]:
    """Anneal the reference and the five predictions together; return the cost left, and the masks."""
    rng = random.Random(seed)
    reference = grown(REFERENCE_SIZE, rng)
    predictions = [grown(PREDICTION_SIZE, rng) for _ in PRINTED]
    costs = [cost(reference, mask, printed) for mask, printed in zip(predictions, PRINTED, strict=True)]
    own = PIECE_COST * pieces(reference)
    for step in range(steps):
        open_rows = [row for row, value in enumerate(costs) if value > 1e-9]
        if not open_rows and not own:
            break
        temperature = HOT * (COLD / HOT) ** (step / steps)
        # Mostly a prediction that does not fit yet moves; now and then what all of them share.
        if not open_rows or rng.random() < 0.1:
            other = moved(reference, rng)
            new = [cost(other, mask, printed) for mask, printed in zip(predictions, PRINTED, strict=True)]
            new_own = PIECE_COST * pieces(other)
            if _accept(own + sum(costs) - new_own - sum(new), temperature, rng):
                reference, costs, own = other, new, new_own
        else:
            row = rng.choice(open_rows)
            other = moved(predictions[row], rng)
            value = cost(reference, other, PRINTED[row])
            if _accept(costs[row] - value, temperature, rng):
                predictions[row], costs[row] = other, value
    return own + sum(costs), reference, predictions


def _accept(gain: float, temperature: float, rng: random.Random) -> bool:
    return gain >= 0 or rng.random() < math.exp(gain / temperature)


def as_rows(mask: int) -> str:
    """Write the mask as rows of text."""
    return '\n'.join(''.join('#' if mask >> (y * WIDTH + x) & 1 else '.' for x in range(SIDE)) for y in range(SIDE))


def main() -> int:
    """Search from several seeds, until one fits."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--seed', type=int, default=1, help='first seed')
    parser.add_argument('--tries', type=int, default=20, help='how many seeds')
    parser.add_argument('--steps', type=int, default=1_000_000, help='steps of one try')
    given = parser.parse_args()
    for seed in range(given.seed, given.seed + given.tries):
        left, reference, predictions = search(seed, given.steps)
        print(f'seed {seed}: {left:.3f} left', file=sys.stderr, flush=True)
        if left < 1e-9:
            print('\n\n'.join(as_rows(mask) for mask in (reference, *predictions)))
            return 0
    return 1


if __name__ == '__main__':
    sys.exit(main())
