"""Time from a new severity to the first correct picture, against a plain MONAI script on the same volume and model.

Both sides perturb, segment, compare and draw in the same window; the script does the whole volume before it shows
anything (`_script.py`). The script runs with the fastest of several batch sizes, and on all cores, where the window
leaves one to the interface. Medians and their ratios are reported,
in wall time and in processor time, which a busy machine changes less.

Usage: python benchmarks/bench_first_paint.py [--model brain-unet3d [--overlap 0.5]] [--repeats 3]
Without --model three are measured: brain-unet (slice by slice), brain-unet3d (windows), and the same with an overlap of
0.5, where enough windows touch a slice for it to be painted provisionally first, from one layer of them.
"""

from __future__ import annotations

import argparse
import os
import time
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from _report import Bar, report
from _script import script
from _window import Window, spin, until
from qtpy.QtCore import QObject
from qtpy.QtWidgets import QApplication

from napari_segrobust.context.record import Context
from napari_segrobust.perturb import amounts
from napari_segrobust.pipeline import plane_block
from napari_segrobust.segment.inference import plan_for

if TYPE_CHECKING:
    from napari_segrobust.segment.module import TorchSegmenter

BATCHES = {2: (1, 4, 16), 3: (1, 2, 4)}
SEVERITIES = (0.7, 1.3, 1.9, 2.6, 3.4)


class Milestones(QObject):
    """Wall and processor time of the first provisional draw, the first exact one, and the end, after a change."""

    def __init__(self, window: Window) -> None:
        super().__init__()
        self._session = window.session
        self._start = (0.0, 0.0)
        self.found: dict[str, tuple[float, float]] = {}
        window.canvas.frameSwapped.connect(self._drawn)

    def run(self, severity: float) -> dict[str, tuple[float, float]]:
        """Set a severity and wait for the end."""
        self.found = {}
        self._start = _now()
        self._session.state.set_perturbation(0, severity=severity)
        until(lambda: 'finished' in self.found)
        return self.found

    def _drawn(self) -> None:
        current, plane = self._session.current, self._session.plane
        if plane is not None and plane.request is current:
            self._note('provisional' if plane.provisional else 'exact')
        if self._session.settled:
            self._note('finished')

    def _note(self, name: str) -> None:
        if name not in self.found:
            now = _now()
            self.found[name] = (now[0] - self._start[0], now[1] - self._start[1])


def _now() -> tuple[float, float]:
    return time.perf_counter(), time.process_time()


def measure(name: str, overlap: float | None, repeats: int) -> tuple[dict[str, Any], list[Bar]]:
    """Measure one model, with its own overlap or another."""
    window = Window(name)
    if overlap is not None:
        window.session.state.set_lane(0, context=Context(overlap=overlap))
        window.settle()
    segmenter: TorchSegmenter = window.session.models[name]
    spec, case = segmenter.spec, window.case
    layer = window.viewer.add_labels(np.zeros(case.shape, np.uint8), scale=case.geometry.spacing, name='script')
    lo, hi = case.intensity_range

    def by_script(severity: float, batch: int) -> tuple[float, float]:
        record = window.session.state.stack[0].model_copy(update={'severity': severity})
        torch.set_num_threads(len(os.sched_getaffinity(0)))
        start = _now()
        sigma = amounts(record)['sigma'] * (hi - lo)
        script(case, segmenter.module, sigma, layer, batch, spec.window, spec.overlap if overlap is None else overlap)
        QApplication.processEvents()
        return tuple(b - a for a, b in zip(start, _now(), strict=True))

    # Ours first: the script leaves threads of its own behind, which take processor time from whoever comes next.
    layer.visible = False
    milestones = Milestones(window)
    ours = []
    for severity in SEVERITIES[:repeats]:
        spin(0.5)
        ours.append(milestones.run(severity))
    layer.visible = True
    by_script(1.0, 1)  # warm
    tried = {batch: by_script(1.0, batch) for batch in BATCHES[spec.dimensions]}
    best = min(tried, key=lambda batch: tried[batch][1])
    theirs = [by_script(severity, best) for severity in SEVERITIES[:repeats]]
    plan = plan_for(spec, case.shape, Context(overlap=overlap))
    shown = window.session.current.plane
    windows = len(plan), len(plan.touching(plane_block(case.shape, shown.axis, shown.index)))
    window.close()
    return _figures(spec.dimensions, windows, best, ours, theirs)


def _figures(
    dimensions: int,
    windows: tuple[int, int],
    best: int,
    ours: list[dict[str, tuple[float, float]]],
    theirs: list[tuple[float, float]],
) -> tuple[dict[str, Any], list[Bar]]:
    def median(name: str, clock: int) -> float:
        return float(np.median([run[name][clock] for run in ours]))

    total = [float(np.median([t[clock] for t in theirs])) for clock in (0, 1)]
    figures: dict[str, Any] = {'script batch': best, 'script s': total[0], 'script, processor s': total[1]}
    for name in ('provisional', 'exact', 'finished'):
        if name in ours[0]:
            figures |= {f'{name} s': median(name, 0), f'{name}, processor s': median(name, 1)}
            figures |= {f'{name}, times sooner': total[0] / median(name, 0)}
            figures |= {f'{name}, times less processor': total[1] / median(name, 1)}
    figures |= {'windows': windows[0], 'windows that touch the slice': windows[1]}
    bars: list[Bar] = [('finished no later than the script', median('finished', 0) / total[0], '<', 1.0)]
    if dimensions == 2:
        bars.append(('exact, times sooner', total[0] / median('exact', 0), '>', 20.0))
    else:
        share = windows[1] / windows[0]
        bars.append(('share of the script, by share of windows', median('exact', 0) / total[0] / share, '<', 1.2))
        if 'provisional' in ours[0]:
            bars.append(('provisional, times sooner', total[0] / median('provisional', 0), '>', 4.0))
    return figures, bars


def main() -> None:
    """Measure and report."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('--model', action='append')
    parser.add_argument('--overlap', type=float, help="of windows; default: the model's own")
    parser.add_argument('--repeats', type=int, default=3)
    options = parser.parse_args()
    torch.set_grad_enabled(False)
    chosen = [(name, options.overlap) for name in options.model or ()]
    for name, overlap in chosen or [('brain-unet', None), ('brain-unet3d', None), ('brain-unet3d', 0.5)]:
        figures, bars = measure(name, overlap, options.repeats)
        words = '' if overlap is None else f', overlap {overlap:g}'
        title = f'first_paint_{name}{words.replace(", ", "_").replace(" ", "_")}'
        report(title, figures, bars, f'first paint: {name}{words}, brain sample, Gaussian noise')


if __name__ == '__main__':
    main()
