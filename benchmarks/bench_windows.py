"""All windows of a volume at once: the table, random windows of a training, and what seams and edges cost.

Beside the table stands what a person would write: a loop over windows that cuts both masks. Beside the exact sampling
stand draws of MONAI's own transform, as many as bring the mean within 1 %.

Usage: python benchmarks/bench_windows.py [--size 256]
"""

from __future__ import annotations

import argparse
import time
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from _report import report
from monai.transforms import RandCropByPosNegLabel

from napari_segrobust.context import plan_windows
from napari_segrobust.segment.spec import ModelSpec
from napari_segrobust.windows import EdgeCollector, SeamCollector, Wanted, window_sampling, window_table

if TYPE_CHECKING:
    from collections.abc import Callable

    from napari_segrobust.context import WindowPlan


def seconds(work: Callable[[], Any], repeats: int = 3) -> float:
    """Least time of a few."""
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return min(times)


def by_loop(plan: WindowPlan, reference: np.ndarray, prediction: np.ndarray) -> list[tuple[int, int, int]]:
    """Foreground of both masks, and what they share, of every window."""
    found = []
    for window in plan:
        part = plan.inside(window)
        mine, theirs = reference[part] == 1, prediction[part] == 1
        found.append((int(mine.sum()), int(theirs.sum()), int((mine & theirs).sum())))
    return found


def by_monai(reference: np.ndarray, size: tuple[int, ...], count: int) -> float:
    """Mean foreground of windows that MONAI cuts."""
    crop = RandCropByPosNegLabel(size, reference[None], pos=1, neg=1, num_samples=count)
    crop.set_random_state(0)
    return float(np.mean([float(np.asarray(one).mean()) for one in crop(reference[None].astype(np.float32))]))


def main() -> None:
    """Measure and report."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('--size', type=int, default=256)
    size = parser.parse_args().size
    torch.set_num_threads(1)
    shape, window = (size,) * 3, (size * 3 // 8,) * 3
    places = np.ogrid[tuple(slice(0, n) for n in shape)]
    reference = (sum((axis - size * 0.4) ** 2 for axis in places) < (size / 5) ** 2).astype(np.uint8)
    prediction = np.roll(reference, size // 64, axis=2)
    small = plan_windows(shape, (size // 8,) * 3, 0.75)
    ours = seconds(lambda: window_table(small, reference, prediction, (1.0, 1.0, 1.0)))
    loop = seconds(lambda: by_loop(small, reference, prediction), 1)
    table = window_table(small, reference, prediction)
    counts = zip(table.reference_voxels, table.prediction_voxels, table.shared_voxels, strict=True)
    assert [tuple(map(int, row)) for row in counts] == by_loop(small, reference, prediction)

    exact = window_sampling(reference, window)
    spread = float(exact.fractions**2 @ exact.probability) - exact.mean**2
    needed = int(np.ceil(spread / (0.01 * exact.mean) ** 2))
    drawn = min(needed, 100)
    monai = seconds(lambda: by_monai(reference, window, drawn), 1) * needed / drawn

    spec = ModelSpec(name='made up', dimensions=3, classes=('background', 'label'))
    plan, wanted = plan_windows(shape, window, 0.5), Wanted(1)
    answer = np.random.default_rng(0).random((1, *window), dtype=np.float32)
    answer = np.concatenate([answer, 1 - answer])

    def collect(collector: SeamCollector | EdgeCollector) -> None:
        for one in plan:
            collector.add(one, plan.inside(one), answer)

    figures = {
        f'table of {len(small)} windows, s': ours,
        'the same by a loop, s': loop,
        f'random windows of {window[0]} cubed, exactly, s': seconds(lambda: window_sampling(reference, window)),
        f'draws of MONAI for 1 % of the mean ({needed}), s': monai,
        f'seams, ms a window of {window[0]} cubed': 1000
        * seconds(lambda: collect(SeamCollector(plan, spec, wanted)), 1)
        / len(plan),
        'edges, ms a window': 1000
        * seconds(lambda: collect(EdgeCollector(plan, reference, wanted, spec)), 1)
        / len(plan),
    }
    bars = [('table, share of the loop', ours / loop, '<', 0.2), ('table, s', ours, '<', 0.5)]
    report('windows', figures, bars, f'a ball in {size} cubed voxels')


if __name__ == '__main__':
    main()
