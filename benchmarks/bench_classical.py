"""Methods without weights: from a change to the labels of the shown slice, each at its defaults, prompts included.

Usage: python benchmarks/bench_classical.py [--repeats 3]

A slice of 256 x 256 and one of 512 x 512 in a volume of 20: the real tumour and the real CT where
``$SEGROBUST_TEST_DATA`` names the folder of test data, else drawn ones of the same size. A method that sees the volume
whole, by its default or by its knob, is timed on the whole volume too.
"""

from __future__ import annotations

import argparse
import os
import time

os.environ.update(dict.fromkeys(('OMP_NUM_THREADS', 'OPENBLAS_NUM_THREADS', 'MKL_NUM_THREADS'), '1'))

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from _report import report

from napari_segrobust import pipeline
from napari_segrobust.cases import load_case
from napari_segrobust.judging import clean_of
from napari_segrobust.prompts import Box, Point, Prompts
from napari_segrobust.scenario import Scenario
from napari_segrobust.segment import load_model
from napari_segrobust.segment.classical import methods
from napari_segrobust.segment.classical.method import SLICE, VOLUME
from napari_segrobust.walk import Walk

if TYPE_CHECKING:
    from napari_segrobust.cases import Case

LIMIT_MS = 1000.0
SIZES = {'256 x 256': (25, 256, 256), '512 x 512': (20, 512, 512)}


def main() -> None:
    """Measure and report."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('--repeats', type=int, default=3)
    repeats = parser.parse_args().repeats
    figures: dict[str, float] = {}
    shown: dict[str, float] = {}
    for size, shape in SIZES.items():
        case = _case(shape)
        for name, method in methods().items():
            for scope in (SLICE, VOLUME) if any(knob.name == 'scope' for knob in method.knobs) else (None,):
                took = min(_took(case, name, scope) for _ in range(repeats + 1))
                label = f'{name}, {size}' + (', whole volume' if scope == VOLUME else '')
                figures[f'{label}, ms'] = took
                if scope != VOLUME:
                    shown[label] = took
    slowest = max(shown, key=lambda label: shown[label])
    bars = [(f'shown slice, slowest ({slowest}), ms', shown[slowest], '<', LIMIT_MS)]
    notes = f'Best of {repeats + 1}; processor time of one thread; perturbing and comparing are not counted.'
    report('classical', figures, bars, notes)


def _took(case: Case, name: str, scope: float | None) -> float:
    """Processor time in ms from nothing to the labels of the middle slice; a volume's are those of all slices.

    On a machine that does nothing else it is the time that passes: the methods run in one thread.
    """
    model = load_model(name)
    if scope is not None:
        model = model.adjusted({'scope': scope})
    walk = Walk(case, model, Scenario(prompts=_prompts(case, model.spec.prompts)))
    middle = case.shape[0] // 2
    block = pipeline.plane_block(case.shape, 0, middle)
    image = pipeline.PerturbedImage(case, (), clean_of(case))
    start = time.process_time()
    run = pipeline.infer(walk, image)
    pipeline.advance(run, block)
    pipeline.label(walk, run, block)
    return 1000 * (time.process_time() - start)


def _prompts(case: Case, kinds: tuple[str, ...]) -> Prompts:
    """A click, a box of a quarter of the width, or scribbles, on the middle slice: the first kind that it takes."""
    z, y, x = (n // 2 for n in case.shape)
    if not kinds:
        return Prompts()
    if kinds[0] == 'scribbles':
        return Prompts(scribbles='drawn')
    points = (Point(at=(z, y, x)), Point(at=(z, y // 4, x // 4), label=0))
    boxes = (Box(edges=((z, z + 1), (y - y // 4, y + y // 4), (x - x // 4, x + x // 4))),)
    return Prompts(points=points, boxes=boxes if 'boxes' in kinds else ())


def _case(shape: tuple[int, ...]) -> Case:
    folder = os.environ.get('SEGROBUST_TEST_DATA')
    found = {256: 'tumour/brain1_image.nrrd', 512: 'ct_dicom'}[shape[-1]]
    if folder and (Path(folder) / found).exists():
        case = load_case(Path(folder) / found)
    else:
        case = load_case(_drawn(shape), spacing=(3.0, 0.8, 0.8))
    marked = np.zeros(case.shape, np.uint8)
    z, y, x = (n // 2 for n in case.shape)
    marked[z, y - 10 : y + 10, x - 10 : x + 10], marked[z, 4:8, 8:-8] = 2, 1
    return case.with_masks(drawn_masks={'drawn': marked})


def _drawn(shape: tuple[int, ...]) -> np.ndarray:
    """Ellipsoids in noise."""
    grids = np.ogrid[tuple(slice(-1, 1, n * 1j) for n in shape)]
    image = np.random.default_rng(0).normal(0, 10, shape)
    for radius, value in ((0.9, 100), (0.5, 60), (0.25, 80)):
        image += value * (sum((g / radius) ** 2 for g in grids) <= 1)
    return image.astype(np.float32)


if __name__ == '__main__':
    main()
