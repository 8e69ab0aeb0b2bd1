"""How fast the agreement of raters is, as ratios to named peers in the same process.

Five raters of one organ in 256 x 256 x 128 voxels. STAPLE stands against SimpleITK's on the same domain, and must find
the same mask; the matrix of ten pairs with Dice, NSD, HD95 and volume difference against MONAI, called pair by pair as
its documentation shows, and, as a figure beside it, on masks that a person has cut to the box of both before. Times are
wall times, the least of several repeats, one thread each. MedPy is measured where it is installed (pip install medpy).

Usage: python benchmarks/bench_review.py
"""

from __future__ import annotations

import importlib.util
import os
import time
from itertools import combinations
from typing import TYPE_CHECKING, Any

for _variable in ('OMP_NUM_THREADS', 'MKL_NUM_THREADS', 'OPENBLAS_NUM_THREADS'):
    os.environ[_variable] = '1'

import monai.metrics  # after the environment
import numpy as np
import SimpleITK as sitk
import torch
from _report import report
from scipy import ndimage

import napari_segrobust as sr
from napari_segrobust.compare.settings import MetricSettings
from napari_segrobust.compare.surfaces import bounding_box
from napari_segrobust.review import Votes, staple
from napari_segrobust.review.drawn import drawn_masks
from napari_segrobust.review.pairwise import pairwise

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

SHAPE, SPACING, TOLERANCE = (128, 256, 256), (2.5, 0.9, 0.9), 2.0


def raters() -> list[NDArray[np.bool_]]:
    """Five rough ellipsoids that differ as people do."""
    rng = np.random.default_rng(0)
    grid = np.meshgrid(*[(np.arange(n) - n / 2) / (0.22 * n) for n in SHAPE], indexing='ij', sparse=True)
    inside = sum(axis**2 for axis in grid)
    found = []
    for offset in (0.0, 0.08, -0.08, 0.03, -0.03):
        field = ndimage.zoom(rng.standard_normal([n // 8 for n in SHAPE]).astype(np.float32), 8, order=1)
        found.append(np.asarray(inside + 0.15 * field < 1 + offset))
    return found


def least(function: Callable[[], Any], repeats: int) -> tuple[float, Any]:
    """Least time of a call in ms, and what the last one returned."""
    times, answer = [], None
    for _ in range(repeats):
        start = time.perf_counter()
        answer = function()
        times.append(time.perf_counter() - start)
    return 1000 * min(times), answer


def by_us(masks: list[NDArray[np.bool_]]) -> NDArray[np.bool_]:
    """STAPLE of the full array, from masks to mask."""
    votes = Votes(tuple('ABCDE'), tuple(masks), (None,) * 5, SPACING)
    patterns = votes.patterns()
    return votes.paint(patterns, staple(patterns).probability > 0.5, bool)


def by_simpleitk(masks: list[NDArray[np.bool_]]) -> NDArray[np.bool_]:
    """Do the same with SimpleITK."""
    found = sitk.STAPLE([sitk.GetImageFromArray(mask.view(np.uint8)) for mask in masks])
    return sitk.GetArrayFromImage(found) > 0.5


def matrix(masks: list[NDArray[np.bool_]]) -> Any:
    """Our matrix of all pairs."""
    votes = Votes(tuple('ABCDE'), tuple(masks), (None,) * 5, SPACING)
    return pairwise(drawn_masks(votes), SPACING, MetricSettings(tolerance_mm=TOLERANCE))


def pair_by_pair(masks: list[NDArray[np.bool_]], measure: Callable[..., None], *, cut: bool = False) -> None:
    """Call a peer for each pair, on the whole array or on the box of both."""
    for one, other in combinations(masks, 2):
        box = bounding_box(one | other) if cut else ...
        measure(one[box], other[box])


def with_monai(one: NDArray[np.bool_], other: NDArray[np.bool_]) -> None:
    """Dice, NSD, HD95 and volume difference with MONAI."""
    pred, ref = (torch.from_numpy(mask.astype(np.float32))[None, None] for mask in (other, one))
    monai.metrics.compute_dice(pred, ref)
    monai.metrics.compute_surface_dice(pred, ref, [TOLERANCE], include_background=True, spacing=SPACING)
    monai.metrics.compute_hausdorff_distance(pred, ref, include_background=True, percentile=95, spacing=SPACING)
    float(pred.sum() - ref.sum())


def with_medpy(one: NDArray[np.bool_], other: NDArray[np.bool_]) -> None:
    """Dice, HD95 and volume difference with MedPy, which has no NSD."""
    from medpy.metric import binary as medpy  # of no other use here, so it need not be installed

    medpy.dc(other, one)
    medpy.hd95(other, one, voxelspacing=SPACING)
    medpy.ravd(other, one)


def main() -> None:
    """Measure and report."""
    torch.set_num_threads(1)
    sitk.ProcessObject.SetGlobalDefaultNumberOfThreads(1)
    masks = raters()
    ours, mask = least(lambda: by_us(masks), 5)
    theirs, other = least(lambda: by_simpleitk(masks), 2)
    assert np.array_equal(mask, other), 'both must find the same mask'
    cells, _ = least(lambda: matrix(masks), 3)
    whole, _ = least(lambda: sr.agree(masks, spacing=SPACING).to_dict(), 1)
    monai_ms, cut_ms = (least(lambda cut=cut: pair_by_pair(masks, with_monai, cut=cut), 2)[0] for cut in (False, True))
    figures: dict[str, Any] = {
        'STAPLE ms': ours,
        'STAPLE of SimpleITK ms': theirs,
        'matrix ms': cells,
        'matrix with MONAI ms': monai_ms,
        'matrix with MONAI on boxes cut by hand ms': cut_ms,
        'everything that agree knows ms': whole,
    }
    if importlib.util.find_spec('medpy'):
        figures['matrix with MedPy ms'] = least(lambda: pair_by_pair(masks, with_medpy), 1)[0]
    bars = [
        ('STAPLE, times faster than SimpleITK', theirs / ours, '>', 10.0),
        ('matrix, times faster than MONAI', monai_ms / cells, '>', 5.0),
    ]
    report('review', figures, bars, 'five raters of 256 x 256 x 128 voxels')


if __name__ == '__main__':
    main()
