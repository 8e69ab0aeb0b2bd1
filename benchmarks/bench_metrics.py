"""How fast the metrics are, as ratios to named peers in the same process.

Every row is one pair of masks. Ours is the whole default panel: every metric of counts, HD, HD95, ASSD, MASD, NSD and
boundary IoU; of the peers what they have of it, never boundary IoU. Times are processor times, the least of several
repeats, one thread each: a busy machine changes them little. "Live" compares new predictions with a reference that was
prepared. MedPy is measured where it is installed (pip install medpy).

Usage: python benchmarks/bench_metrics.py [--data FOLDER]
With a folder that holds ``ct/organs.nii.gz`` and ``ct/organs_second.nii.gz``, the 41 organs are measured too.
"""

from __future__ import annotations

import argparse
import importlib.util
import os
import time
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

for _variable in ('OMP_NUM_THREADS', 'MKL_NUM_THREADS', 'OPENBLAS_NUM_THREADS'):
    os.environ[_variable] = '1'

import monai.metrics  # after the environment
import numpy as np
import surface_distance
import torch
from scipy import ndimage

from napari_segrobust.compare import PreparedReference, change_map, compare, error_map, metric_specs
from napari_segrobust.compare.counts import count_labels

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

TOLERANCE = 2.0
COUNTING = ('counts', 'overlap', 'volume', 'pair counting', 'information', 'probabilistic')
COUNTS = tuple(key for key, spec in metric_specs().items() if spec.family in COUNTING and not spec.needs)
PANEL = (*COUNTS, 'hd', 'hd95', 'assd', 'masd', 'nsd', 'boundary_iou')


def least(function: Callable[[], Any], repeats: int) -> float:
    """Least processor time of a call in ms."""
    function()
    times = []
    for _ in range(repeats):
        start = time.process_time()
        function()
        times.append(time.process_time() - start)
    return 1000 * min(times)


def organ(shape: tuple[int, ...], radii: tuple[float, ...], seed: int = 0) -> tuple[NDArray[Any], list[NDArray[Any]]]:
    """Return a rough ellipsoid, and five predictions that differ a little from it."""
    rng = np.random.default_rng(seed)
    grid = np.meshgrid(
        *[(np.arange(n) - n / 2) / r for n, r in zip(shape, radii, strict=True)], indexing='ij', sparse=True
    )
    inside = sum(axis**2 for axis in grid) + 0.12 * _noise(rng, shape)
    return (inside < 1).astype(np.uint8), [(inside + 0.06 * _noise(rng, shape) < 1).astype(np.uint8) for _ in range(5)]


def _noise(rng: np.random.Generator, shape: tuple[int, ...]) -> NDArray[np.float32]:
    field = ndimage.gaussian_filter(rng.standard_normal(shape, dtype=np.float32), 6)
    return field / field.std()


def tissue(shape: tuple[int, ...], seed: int = 0) -> tuple[NDArray[Any], list[NDArray[Any]]]:
    """Return a folded sheet of the size of the white matter of a brain, and a noisy prediction of it."""
    rng = np.random.default_rng(seed)
    grid = np.meshgrid(*[(np.arange(n) - n / 2) / (0.4 * n) for n in shape], indexing='ij', sparse=True)
    head = sum(axis**2 for axis in grid) < 1
    folds = ndimage.gaussian_filter(rng.standard_normal(shape, dtype=np.float32), 4)
    folds /= folds.std()
    other = ndimage.gaussian_filter(rng.standard_normal(shape, dtype=np.float32), 1.5)
    other /= other.std()
    reference = head & (np.abs(folds) < 0.3)
    return reference.astype(np.uint8), [(head & (np.abs(folds + 0.05 * other) < 0.3)).astype(np.uint8)]


def with_monai(reference: NDArray[Any], prediction: NDArray[Any], spacing: tuple[float, ...]) -> None:
    """Compute the panel with MONAI."""
    pred, ref = (torch.from_numpy(mask.astype(np.float32))[None, None] for mask in (prediction, reference))
    monai.metrics.compute_dice(pred, ref)
    monai.metrics.compute_iou(pred, ref)
    monai.metrics.get_confusion_matrix(pred, ref)
    common = {'include_background': True, 'spacing': spacing}
    monai.metrics.compute_hausdorff_distance(pred, ref, **common)
    monai.metrics.compute_hausdorff_distance(pred, ref, percentile=95, **common)
    monai.metrics.compute_average_surface_distance(pred, ref, symmetric=True, **common)
    monai.metrics.compute_surface_dice(pred, ref, [TOLERANCE], **common)


def with_surface_distance(reference: NDArray[Any], prediction: NDArray[Any], spacing: tuple[float, ...]) -> None:
    """Compute the panel with DeepMind's surface-distance."""
    ref, pred = reference.astype(bool), prediction.astype(bool)
    surface_distance.compute_dice_coefficient(ref, pred)
    distances = surface_distance.compute_surface_distances(ref, pred, spacing)
    surface_distance.compute_average_surface_distance(distances)
    surface_distance.compute_robust_hausdorff(distances, 100)
    surface_distance.compute_robust_hausdorff(distances, 95)
    surface_distance.compute_surface_dice_at_tolerance(distances, TOLERANCE)


def with_medpy(reference: NDArray[Any], prediction: NDArray[Any], spacing: tuple[float, ...]) -> None:
    """Compute the panel with MedPy."""
    from medpy.metric import binary as medpy  # of no other use here, so it need not be installed

    for count in (medpy.dc, medpy.jc, medpy.precision, medpy.recall, medpy.specificity, medpy.ravd):
        count(prediction, reference)
    for distance in (medpy.hd, medpy.hd95, medpy.assd):
        distance(prediction, reference, voxelspacing=spacing)


def measure(
    name: str, reference: NDArray[Any], predictions: list[NDArray[Any]], spacing: tuple[float, ...], repeats: int
) -> None:
    """Print one row."""
    turn = iter(range(10**9))

    def following() -> NDArray[Any]:
        return predictions[next(turn) % len(predictions)]

    prepared = PreparedReference(reference, spacing)
    ours = least(lambda: compare(reference, following(), spacing, labels=[1], metrics=PANEL), repeats)
    live = least(lambda: compare(reference, following(), labels=[1], metrics=PANEL, prepared=prepared), repeats)
    peers = {'surface-distance': with_surface_distance, 'MONAI': with_monai}
    if importlib.util.find_spec('medpy'):
        peers['MedPy'] = with_medpy
    times = {
        peer: least(lambda panel=panel: panel(reference, following(), spacing), 2) for peer, panel in peers.items()
    }
    dice = compare(reference, predictions[0], labels=[1], metrics=['dice']).metrics[1]['dice'].value
    row = ' | '.join(f'{peer} {took:.1f} ms = {took / ours:.0f} x' for peer, took in times.items())
    print(
        f'{name:<28} Dice {dice:.3f} | ours {ours:.2f} ms, live {live:.2f} ms ({live / ours:.2f}) | {row}', flush=True
    )


def measure_floor(shape: tuple[int, ...], radii: tuple[float, ...], spacing: tuple[float, ...]) -> None:
    """Print how many times longer than reading both masks once the counts, and the whole panel, take."""
    reference, predictions = organ(shape, radii)
    prediction = predictions[0]
    read = least(lambda: (reference.max(), prediction.max()), 10)
    counts = least(lambda: compare(reference, prediction, spacing, labels=[1], metrics=COUNTS), 10)
    panel = least(lambda: compare(reference, prediction, spacing, labels=[1], metrics=PANEL), 5)
    print(
        f'{"x".join(map(str, shape))}, {np.count_nonzero(reference):,} voxels: reading {read:.1f} ms, '
        f'counts {counts:.1f} ms = {counts / read:.1f} x, panel {panel:.1f} ms = {panel / read:.1f} x',
        flush=True,
    )


def measure_maps(reference: NDArray[Any], prediction: NDArray[Any]) -> None:
    """Print the time of maps and counts."""
    out = np.empty(reference.shape, np.uint8)
    error = least(lambda: error_map(reference, prediction, out=out), 5)
    change = least(lambda: change_map(reference, prediction, prediction, out=out), 5)
    print(f'maps {"x".join(map(str, reference.shape))}: error {error:.2f} ms, change {change:.2f} ms')


def measure_organs(folder: Path) -> None:
    """Print all organs of a CT against MONAI label by label."""
    import nibabel as nib

    reference, prediction = (
        np.ascontiguousarray(np.asarray(nib.load(folder / 'ct' / name).dataobj).T.astype(np.uint8))
        for name in ('organs.nii.gz', 'organs_second.nii.gz')
    )
    spacing = (3.0, 3.0, 3.0)
    labels = compare(reference, prediction, spacing, metrics=['dice']).labels

    def monai_by_label() -> None:
        for label in labels:
            with_monai(reference == label, prediction == label, spacing)

    ours = least(lambda: compare(reference, prediction, spacing, metrics=PANEL), 5)
    counts = least(lambda: count_labels(reference, prediction), 5)
    peer = least(monai_by_label, 1)
    print(
        f'CT, {len(labels)} organs: ours {ours:.1f} ms (counts {counts:.1f}), MONAI {peer:.0f} ms = {peer / ours:.1f} x'
    )


def main() -> None:
    """Measure everything."""
    parser = argparse.ArgumentParser(description=__doc__.partition('\n')[0])
    default = Path(__file__).parents[2] / 'shared' / 'data'
    parser.add_argument('--data', type=Path, default=Path(os.environ.get('SEGROBUST_TEST_DATA', default)))
    folder = parser.parse_args().data
    warnings.simplefilter('ignore')  # MONAI on its own deprecations, and on organs that one mask lacks
    torch.set_num_threads(1)

    measure('slice 256 x 256', *organ((256, 256), (60, 60)), (1.0, 1.0), 50)
    measure('(a) 512 x 512', *organ((512, 512), (90, 90)), (1.0, 1.0), 30)
    reference, predictions = organ((128, 256, 256), (26, 56, 56))
    measure('(b) organ 128 x 256 x 256', reference, predictions, (2.5, 0.8, 0.8), 10)
    measure_maps(reference, predictions[0])
    brain = tissue((189, 233, 197))
    measure('white matter 189 x 233 x 197', *brain, (1.0, 1.0, 1.0), 3)
    measure_maps(brain[0], brain[1][0])
    measure_floor((400, 512, 512), (70, 90, 110), (1.0, 0.8, 0.8))
    if (folder / 'ct').is_dir():
        measure_organs(folder)


if __name__ == '__main__':
    main()
