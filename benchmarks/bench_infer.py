"""A whole volume through one network, against MONAI's `sliding_window_inference` with equal output, in one run.

Same network, window, overlap, blending and device. MONAI runs at the best of several settings (windows at once, sums
beside the network or on the CPU). Each side begins with the image in memory and ends with probabilities in memory.
Every round measures both, the order changing; the least of each is compared. Time in the network is measured inside
ours; what is left is cutting, blending, activation and book-keeping. Extra memory is the largest rise of the process,
each side in a process of its own.

With --gpu: a whole tick on the GPU (perturb, infer, Dice, HD95 and NSD) of a cube of 256 in 3D and of 512 x 512 in 2D,
the share of it in the network, and the labels that half precision changes.

Usage: python benchmarks/bench_infer.py [--rounds 3] [--shape 128 192 192] [--threads 1] [--gpu]
"""

from __future__ import annotations

import argparse
import gc
import multiprocessing
import threading
import time
import warnings
from contextlib import contextmanager
from ctypes import CDLL
from typing import TYPE_CHECKING, Any

import numpy as np
import psutil
import torch
from _report import Bar, report

from napari_segrobust.cases.case import Case
from napari_segrobust.context.record import Context
from napari_segrobust.geometry import GridGeometry
from napari_segrobust.segment.inference import start_inference
from napari_segrobust.segment.module import TorchSegmenter
from napari_segrobust.segment.networks import build_network
from napari_segrobust.segment.quick_layers import restore
from napari_segrobust.segment.source import ArraySource
from napari_segrobust.segment.spec import ModelSpec

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from numpy.typing import NDArray

CHANNELS = (16, 32, 64, 128, 256)
OVERLAP = 0.25
#: Windows at once that MONAI is tried with.
BATCHES = {2: (1, 4, 16), 3: (1, 2, 4)}


def network(dimensions: int, device: str = 'cpu') -> TorchSegmenter:
    """U-Net (16, 32, 64, 128, 256) with two classes and random weights, the same every time."""
    torch.manual_seed(0)
    spec = ModelSpec(
        name='unet',
        dimensions=dimensions,
        classes=('background', 'object'),
        window=(96,) * 3 if dimensions == 3 else (256, 256),
        overlap=OVERLAP,
    )
    module = build_network(
        {
            'name': 'UNet',
            'spatial_dims': dimensions,
            'in_channels': 1,
            'out_channels': 2,
            'channels': CHANNELS,
            'strides': (2, 2, 2, 2),
            'num_res_units': 2,
        }
    )
    return TorchSegmenter(module, spec, 'unet', device)


def image_of(shape: tuple[int, ...]) -> NDArray[np.float32]:
    """(1, *shape), noise: times do not depend on the values."""
    return np.random.default_rng(0).standard_normal((1, *shape), dtype=np.float32)


def ours(model: TorchSegmenter, image: NDArray[np.float32]) -> NDArray[np.float32]:
    """Probabilities (K, *spatial) as `predict` takes them."""
    run = start_inference(model, ArraySource(image, (1.0,) * (image.ndim - 1)), Context())
    run.advance(*run.pending())
    return run.probabilities()


def theirs(model: TorchSegmenter, image: NDArray[np.float32], batch: int) -> NDArray[np.float32]:
    """MONAI's probabilities (K, *spatial), volumes slice by slice for a 2D network."""
    from monai.inferers import sliding_window_inference

    def infer(inputs: torch.Tensor) -> torch.Tensor:
        return sliding_window_inference(
            inputs, model.spec.window, batch, model.module, overlap=OVERLAP, mode='gaussian', device='cpu'
        )

    with torch.inference_mode():
        tensor = torch.from_numpy(image)[None]
        if image.ndim - 1 > model.spec.dimensions:
            found = torch.cat([infer(tensor[:, :, i])[:, :, None] for i in range(image.shape[1])], 2)
        else:
            found = infer(tensor)
        return torch.softmax(found[0], 0).numpy()


class Watched:
    """Counts the time inside a model's network."""

    def __init__(self, model: TorchSegmenter) -> None:
        self.seconds = [0.0, 0.0]
        begun = [0.0, 0.0]

        def before(*_: Any) -> None:
            begun[:] = time.perf_counter(), time.process_time()

        def after(*_: Any) -> None:
            if model.device != 'cpu':
                torch.cuda.synchronize()
            for i, now in enumerate((time.perf_counter(), time.process_time())):
                self.seconds[i] += now - begun[i]

        self._hooks = model.module.register_forward_pre_hook(before), model.module.register_forward_hook(after)

    def close(self) -> None:
        """Stop counting."""
        for hook in self._hooks:
            hook.remove()


def clocked(function: Callable[[], Any]) -> tuple[float, float]:
    """Wall and processor time of a call."""
    gc.collect()
    start = time.perf_counter(), time.process_time()
    function()
    return time.perf_counter() - start[0], time.process_time() - start[1]


def compare(dimensions: int, shape: tuple[int, ...], rounds: int) -> tuple[dict[str, float], list[Bar]]:
    """Times of both sides on the CPU."""
    model, plain, image = network(dimensions), network(dimensions), image_of(shape)
    restore(plain.module)  # MONAI gets the network as PyTorch runs it
    differ = float(np.abs(ours(model, image) - theirs(plain, image, 1)).max())
    best = min(BATCHES[dimensions], key=lambda batch: clocked(lambda: theirs(plain, image, batch))[1])
    mine, other, inside = [], [], []
    for turn in range(rounds):
        for side in ('ours', 'theirs')[:: 1 if turn % 2 else -1]:
            if side == 'theirs':
                other.append(clocked(lambda: theirs(plain, image, best)))
                continue
            watched = Watched(model)
            mine.append(clocked(lambda: ours(model, image)))
            watched.close()
            inside.append(watched.seconds)
    quickest = min(range(rounds), key=lambda i: mine[i][1])
    outside = 1 - inside[quickest][1] / mine[quickest][1]
    memory = {side: extra_mib(side, dimensions, shape, best) for side in ('ours', 'theirs')}
    name = f'{dimensions}D on {" x ".join(map(str, shape))}'
    ratio = min(m[1] for m in mine) / min(o[1] for o in other)
    figures = {
        f'{name}: ours, s of processor time': min(m[1] for m in mine),
        f'{name}: MONAI, s of processor time': min(o[1] for o in other),
        f'{name}: ours, s': min(m[0] for m in mine),
        f'{name}: MONAI, s': min(o[0] for o in other),
        f'{name}: windows at once, MONAI': best,
        f'{name}: largest difference in probability': differ,
        f'{name}: ours, MiB': memory['ours'],
        f'{name}: MONAI, MiB': memory['theirs'],
    }
    return figures, [
        (f'{name}: ours / MONAI', ratio, '<', 1.0),
        (f'{name}: percent outside the network', 100 * outside, '<', 2.0),
        (f'{name}: extra memory, ours / MONAI', memory['ours'] / memory['theirs'], '<', 1.0),
        (f'{name}: difference in probability', differ, '<', 1e-5),
    ]


def extra_mib(side: str, dimensions: int, shape: tuple[int, ...], batch: int) -> float:
    """Largest rise of a fresh process."""
    with multiprocessing.get_context('spawn').Pool(1) as pool:
        return pool.apply(_rise, (side, dimensions, shape, batch, torch.get_num_threads()))


def _rise(side: str, dimensions: int, shape: tuple[int, ...], batch: int, threads: int) -> float:
    torch.set_num_threads(threads)
    warnings.simplefilter('ignore')
    model, image = network(dimensions), image_of(shape)
    if side == 'theirs':
        restore(model.module)
    small = image_of((96,) * 3 if dimensions == 3 else (256, 256))
    call = (lambda given: ours(model, given)) if side == 'ours' else (lambda given: theirs(model, given, batch))
    call(small)  # libraries and the network's own workspace
    CDLL('libc.so.6').malloc_trim(0)
    with rising() as rise:
        result = call(image)
    del result
    return rise[0] / 2**20


@contextmanager
def rising() -> Iterator[list[float]]:
    """Largest rise of this process in bytes, as the first item of a list, after the block."""
    process, done, rise = psutil.Process(), threading.Event(), [0.0]
    before = process.memory_info().rss

    def look() -> None:
        while not done.wait(0.005):
            rise[0] = max(rise[0], process.memory_info().rss - before)

    watcher = threading.Thread(target=look)
    watcher.start()
    try:
        yield rise
    finally:
        done.set()
        watcher.join()


def gpu_tick(dimensions: int, shape: tuple[int, ...], rounds: int) -> tuple[dict[str, float], list[Bar]]:
    """A tick on the GPU: a severity moves, the network runs on all of it, three metrics follow."""
    from napari_segrobust import pipeline
    from napari_segrobust.judging import clean_of
    from napari_segrobust.perturb import new_perturbation
    from napari_segrobust.scenario import Scenario
    from napari_segrobust.segment.precision import changed_by_half

    model, image = network(dimensions, 'cuda:0'), image_of(shape)
    reference = (np.indices(shape) - np.array(shape).reshape(-1, *(1,) * len(shape)) / 2) ** 2
    mask = (reference.sum(0) < (min(shape) / 4) ** 2).astype(np.uint8)
    case = Case(image, GridGeometry(shape), references={'disk': mask})
    clean, name = clean_of(case), f'{dimensions}D on {" x ".join(map(str, shape))}'
    model.spec = model.spec.model_copy(update={'window': None} if dimensions == 2 else {})
    source = ArraySource(image, (1.0,) * len(shape))
    ours(model, image)
    times, inside, monai = [], [], []
    for turn in range(rounds):
        stack = (new_perturbation('gaussian_noise', 1 + 0.1 * turn, 7),)
        watched = Watched(model)
        tick = clocked(
            lambda stack=stack: pipeline.run(
                case, model, Scenario(perturbations=stack), metrics=('dice', 'hd95', 'nsd'), clean=clean
            )
        )
        watched.close()
        times.append(tick[0])
        inside.append(watched.seconds[0])
        if dimensions == 3:
            monai.append((clocked(lambda: ours(model, image))[0], clocked(lambda: _on_gpu(model, image))[0]))
    best = int(np.argmin(times))
    figures = {
        f'{name}: tick, ms': 1000 * times[best],
        f'{name}: in the network, ms': 1000 * inside[best],
        f'{name}: labels that half precision changes, %': 100 * (changed_by_half(model, source) or 0.0),
    }
    bars: list[Bar] = [(f'{name}: percent of the tick in the network', 100 * inside[best] / times[best], '>', 80.0)]
    if dimensions == 2:
        bars.append((f'{name}: tick, ms', 1000 * times[best], '<', 16.0))
    if monai:
        ratio = min(a for a, _ in monai) / min(b for _, b in monai)
        bars.append((f'{name}: inference, ours / MONAI', ratio, '<', 0.9))
    return figures, bars


def _on_gpu(model: TorchSegmenter, image: NDArray[np.float32]) -> NDArray[np.float32]:
    """MONAI's best on a GPU: everything stays there until the end."""
    from monai.inferers import sliding_window_inference

    with torch.inference_mode():
        found = sliding_window_inference(
            torch.from_numpy(image)[None].cuda(), model.spec.window, 4, model.module, overlap=OVERLAP, mode='gaussian'
        )
        return torch.softmax(found[0], 0).cpu().numpy()


def main() -> None:
    """Measure and report."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('--rounds', type=int, default=3)
    parser.add_argument('--shape', type=int, nargs=3, default=(128, 192, 192), help='of the volume')
    parser.add_argument('--threads', type=int, default=1)
    parser.add_argument('--gpu', action='store_true')
    options = parser.parse_args()
    warnings.simplefilter('ignore')
    torch.set_num_threads(options.threads)
    figures: dict[str, float] = {}
    bars: list[Bar] = []
    parts = ((3, (256,) * 3), (2, (512, 512))) if options.gpu else ((3, tuple(options.shape)), (2, (24, 512, 512)))
    for dimensions, shape in parts:
        found, kept = (gpu_tick if options.gpu else compare)(dimensions, shape, options.rounds)
        figures |= found
        bars += kept
    report('infer_gpu' if options.gpu else 'infer', figures, bars, f'{options.threads} thread(s), window 96, overlap')


if __name__ == '__main__':
    main()
