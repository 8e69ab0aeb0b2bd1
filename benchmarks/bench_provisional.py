"""The first, provisional look at a slice of 256 x 256 x 128 voxels against the whole volume, in one run.

A 3D U-Net with windows of 96 cubed and an overlap of 0.25; the slice lies in the middle of the axis. How far the first
look is from the finished slice is told as the share of labels that differ, on the network's random weights.

Usage: python benchmarks/bench_provisional.py [--rounds 3] [--threads 1]
"""

from __future__ import annotations

import argparse
import warnings

import numpy as np
import torch
from _report import Bar, report
from bench_infer import clocked, image_of, network, ours

from napari_segrobust.context.record import Context
from napari_segrobust.segment.provisional import provisional_plane
from napari_segrobust.segment.source import ArraySource

SHAPE = (128, 256, 256)


def main() -> None:
    """Measure and report."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('--rounds', type=int, default=3)
    parser.add_argument('--threads', type=int, default=1)
    options = parser.parse_args()
    warnings.simplefilter('ignore')
    torch.set_num_threads(options.threads)
    model, image = network(3), image_of(SHAPE)
    model.spec = model.spec.model_copy(update={'pad_multiple': 16})
    source, middle = ArraySource(image, (1.0, 1.0, 1.0)), SHAPE[0] // 2
    whole = ours(model, image)
    first = provisional_plane(model, source, Context(), 0, middle)
    pairs = [
        (
            clocked(lambda: provisional_plane(model, source, Context(), 0, middle))[1],
            clocked(lambda: ours(model, image))[1],
        )
        for _ in range(options.rounds)
    ]
    look, all_of_it = (min(side) for side in zip(*pairs, strict=True))
    bars: list[Bar] = [('first look / whole volume', look / all_of_it, '<', 0.2)]
    differ = float((first.argmax(0) != whole[:, middle].argmax(0)).mean())
    figures = {
        'first look, s of processor time': look,
        'whole volume, s of processor time': all_of_it,
        'labels that differ, %': 100 * differ,
        'largest difference in probability': float(np.abs(first - whole[:, middle]).max()),
    }
    report('provisional', figures, bars, f'{options.threads} thread(s), window 96, overlap 0.25, {SHAPE}')


if __name__ == '__main__':
    main()
