"""Time from a new severity to the first correct picture, against a plain MONAI script on the same volume and model.

Both sides perturb, segment, compare and draw in the same window; the script does the whole volume before it shows
anything (`_script.py`). The script runs with the fastest of several batch sizes. Medians and their ratios are reported,
in wall time and in processor time, which a busy machine changes less.

Usage: python benchmarks/bench_first_paint.py [--model brain-unet] [--repeats 3]
Without --model both brain-unet (slice by slice) and brain-unet3d (windows) are measured.
"""

from __future__ import annotations

import argparse
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


def measure(name: str, repeats: int) -> tuple[dict[str, Any], list[Bar]]:
    """Measure one model."""
    window = Window(name)
    segmenter: TorchSegmenter = window.session.models[name]
    spec, case = segmenter.spec, window.case
    layer = window.viewer.add_labels(np.zeros(case.shape, np.uint8), scale=case.geometry.spacing, name='script')
    lo, hi = case.intensity_range

    def by_script(severity: float, batch: int) -> tuple[float, float]:
        record = window.session.state.stack[0].model_copy(update={'severity': severity})
        start = _now()
        script(case, segmenter.module, amounts(record)['sigma'] * (hi - lo), layer, batch, spec.window)
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
    window.close()
    return _figures(spec, case, best, ours, theirs)


def _figures(
    spec: Any,
    case: Any,
    best: int,
    ours: list[dict[str, tuple[float, float]]],
    theirs: list[tuple[float, float]],
) -> tuple[dict[str, Any], list[Bar]]:
    def median(name: str, clock: int) -> float:
        return float(np.median([run[name][clock] for run in ours]))

    total = [float(np.median([t[clock] for t in theirs])) for clock in (0, 1)]
    plan = plan_for(spec, case.shape, Context())
    touching = len(plan.touching(plane_block(case.shape, 0, case.shape[0] // 2)))
    figures: dict[str, Any] = {'script batch': best, 'script s': total[0], 'script, processor s': total[1]}
    for name in ('provisional', 'exact', 'finished'):
        if name in ours[0]:
            figures |= {f'{name} s': median(name, 0), f'{name}, processor s': median(name, 1)}
            figures |= {f'{name}, times sooner': total[0] / median(name, 0)}
            figures |= {f'{name}, times less processor': total[1] / median(name, 1)}
    figures |= {'windows': len(plan), 'windows that touch the slice': touching}
    bars: list[Bar] = [('finished no later than the script', median('finished', 0) / total[0], '<', 1.0)]
    if spec.dimensions == 2:
        bars.append(('exact, times sooner', total[0] / median('exact', 0), '>', 20.0))
    else:
        share = touching / len(plan)
        bars.append(('share of the script, by share of windows', median('exact', 0) / total[0] / share, '<', 1.2))
        if 'provisional' in ours[0]:
            bars.append(('provisional sooner than exact', median('exact', 0) / median('provisional', 0), '>', 4.0))
    return figures, bars


def main() -> None:
    """Measure and report."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('--model', action='append')
    parser.add_argument('--repeats', type=int, default=3)
    options = parser.parse_args()
    torch.set_grad_enabled(False)
    for name in options.model or ['brain-unet', 'brain-unet3d']:
        figures, bars = measure(name, options.repeats)
        report(f'first_paint_{name}', figures, bars, f'first paint: {name}, brain sample, Gaussian noise')


if __name__ == '__main__':
    main()
