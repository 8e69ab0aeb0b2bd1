"""How fast perturbations are: a tick of the severity slider, against MONAI and TorchIO, in one run.

A tick goes through `perturb_block` with the draw and the facts of the clean case kept, as in the window; of the others
the transform is made and called on the image, as a person would. Three tables: an image of 512 x 512; one such slice of
a volume of 32, where the others get what they need to give that slice (the slice alone, or the volume for what goes
across slices: blur, fields, warps); and a whole volume of 128 x 256 x 256. Times are processor times, the least of
several, one thread each: a busy machine changes them little. Extra memory is the rise of the process above the volume
and its draws, in copies of the volume; one of them is the result.

Usage: python benchmarks/bench_perturb.py [NAME ...] [--gpu] [--seconds 0.5] [--only image|slice|volume|memory]
With --gpu: only ours, each tick of a cube of 256 on the GPU, its transfer to and from there not counted.
"""

from __future__ import annotations

import argparse
import gc
import multiprocessing
import os
import threading
import time
import warnings
from ctypes import CDLL
from itertools import cycle
from typing import TYPE_CHECKING, Any

for _variable in (
    'OMP_NUM_THREADS', 'MKL_NUM_THREADS', 'OPENBLAS_NUM_THREADS', 'ITK_GLOBAL_DEFAULT_NUMBER_OF_THREADS',
):  # fmt: skip
    os.environ[_variable] = '1'

import numpy as np
import psutil
import torch
from _peers import monai_peers, torchio_peers
from _report import report

from napari_segrobust.errors import PerturbationError
from napari_segrobust.perturb import Clean, amounts, get_spec, new_perturbation, perturb_block, perturbations

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from napari_segrobust.perturb import Perturbation
    from napari_segrobust.perturb.spec import Block

SEVERITY = 2.0
#: Shape of the case, and the block that is asked for; None is all of it.
SIZES = {
    'image': ((512, 512), None),
    'slice': ((32, 512, 512), (slice(16, 17), slice(0, 512), slice(0, 512))),
    'volume': ((128, 256, 256), None),
}
#: Families whose tick may take 100 ms instead of 30.
SLOW = {'rigid_motion', 'elastic', 'streaks', 'metal', 'ring', 'cupping'}
#: Those of which a slice is part of something that goes through the whole volume.
THROUGH = {'bias_field', 'rigid', 'elastic'}
#: Five times faster than the faster of both on a slice; the bias field on a volume too.
FIVEFOLD = {'bias_field', 'gaussian_blur', 'rigid_motion'}


def head(shape: tuple[int, ...], channels: int = 1) -> Clean:
    """Smooth blobs on air with a mask of two labels, spacing 1 mm; values 0 to about 1000."""
    rng = np.random.default_rng(0)
    coarse = torch.from_numpy(rng.random((1, channels, *(max(n // 16, 2) for n in shape)), dtype=np.float32))
    mode = {2: 'bilinear', 3: 'trilinear'}[len(shape)]
    image = torch.nn.functional.interpolate(coarse, shape, mode=mode)[0].sub_(0.4).clamp_(min=0).mul_(1600).numpy()
    image += 5 * rng.random(image.shape, dtype=np.float32) * (image > 0)
    labels = (image[0] > 300).astype(np.uint8) + (image[0] > 500)
    lo, hi = 0.0, float(np.percentile(image, 99))
    other = np.ascontiguousarray(image[..., ::-1])
    return Clean(image, (lo, hi), (1.0,) * len(shape), references={'expert': labels}, targets={'other': other})


def record(name: str, severity: float = SEVERITY) -> Perturbation:
    """Return a record, with another image for those that want one."""
    return new_perturbation(name, severity, 3, target='other' if 'target' in get_spec(name).needs else None)


class Cases:
    """Clean cases by their number of channels, made when they are first wanted; one is kept."""

    def __init__(self, shape: tuple[int, ...]) -> None:
        self.shape = shape
        self._made: tuple[int, Clean] | None = None

    def of(self, name: str) -> Clean:
        """Case with as many channels as a perturbation needs."""
        needs = get_spec(name).needs
        channels = 3 if 'rgb' in needs else 2 if 'channels' in needs else 1
        if self._made is None or self._made[0] != channels:
            self._made = (channels, head(self.shape, channels))
        return self._made[1]


def least_ms(function: Callable[[], Any], seconds: float, clock: Callable[[], float] = time.process_time) -> float:
    """Least time of as many calls as fit, at least two; one call goes before."""
    function()
    times: list[float] = []
    while len(times) < 2 or (sum(times) < seconds and len(times) < 25):
        start = clock()
        function()
        times.append(clock() - start)
    return 1000 * min(times)


def extra_copies(function: Callable[[], Any], nbytes: int) -> float:
    """Largest rise of the process during a call, in copies of `nbytes`; the result is part of it."""
    gc.collect()
    if hasattr(os, 'sched_getaffinity'):
        CDLL('libc.so.6').malloc_trim(0)  # what was freed before must not hide what is taken now
    process = psutil.Process()
    before = peak = process.memory_info().rss
    done = threading.Event()

    def look() -> None:
        nonlocal peak
        while not done.wait(0.002):
            peak = max(peak, process.memory_info().rss)

    watcher = threading.Thread(target=look)
    watcher.start()
    result = function()
    done.set()
    watcher.join()
    del result
    return (peak - before) / nbytes


def ticks(name: str, clean: Clean, block: Block, seconds: float) -> float:
    """Least time of a tick: the severity moves, the draw stays."""
    turn = cycle([record(name, SEVERITY + 0.05 * i)] for i in range(5))
    return least_ms(lambda: perturb_block(clean, next(turn), block=block), seconds)


def needed(name: str, clean: Clean, block: Block) -> Block:
    """Block that a person gives to a transform to get one slice of the perturbed volume."""
    spec = get_spec(name)
    across = bool(spec.halo and spec.halo(amounts(record(name)), clean.shape, clean.spacing)[0])
    return tuple(slice(0, n) for n in clean.shape) if across or name in THROUGH else block


def measure(names: Iterable[str], part: str, peers: dict[str, Any], seconds: float) -> dict:
    """Ours and the peers' times by name, each name in a process of its own: memory that others left is no help."""
    found = {}
    _PEERS.update(peers)
    for name in names:
        with multiprocessing.get_context('fork').Pool(1) as pool:
            row = pool.apply(_times, (name, part, seconds))
        if isinstance(row, str):
            print(f'{name}: {row}')
            continue
        found[name] = row
        print(f'  {name:24} ' + '  '.join(f'{key} {value:8.1f} ms' for key, value in row.items()), flush=True)
    return found


#: The peers' transforms, made once and seen by the processes that measure.
_PEERS: dict[str, Any] = {}


def _times(name: str, part: str, seconds: float) -> dict[str, float] | str:
    shape, block = SIZES[part]
    block = block or tuple(slice(0, n) for n in shape)
    clean = Cases(shape).of(name)
    try:
        row = {'ours': ticks(name, clean, block, seconds)}
    except PerturbationError as error:
        return str(error)
    given = clean.image[(slice(None), *needed(name, clean, block))]
    image = torch.from_numpy(np.ascontiguousarray(given if given.shape[1] > 1 else given[:, 0]))
    for peer, transforms in _PEERS.items():
        call = transforms[image.ndim - 1].get(name)
        if call is not None:
            row[peer] = least_ms(lambda call=call: call(image), seconds)
    return row


def table(found: dict[str, dict[str, float]]) -> None:
    """Print times and ratios of all that a peer has too."""
    print(f'  {"":24} {"ours":>9} {"MONAI":>9} {"TorchIO":>9} {"MONAI/ours":>11} {"TorchIO/ours":>13}')
    for name, row in found.items():
        theirs = [row.get(peer) for peer in ('MONAI', 'TorchIO')]
        cells = ['' if value is None else f'{value:.1f}' for value in theirs]
        ratios = ['' if value is None else f'{value / row["ours"]:.1f}' for value in theirs]
        if any(theirs):
            print(f'  {name:24} {row["ours"]:9.1f} {cells[0]:>9} {cells[1]:>9} {ratios[0]:>11} {ratios[1]:>13}')


def flat(found: dict[str, dict[str, float]]) -> dict[str, float]:
    """One figure for each name and library."""
    return {f'{name}, {library}, ms': value for name, row in found.items() for library, value in row.items()}


def bars(found: dict[str, dict[str, float]], part: str) -> list[tuple[str, float, str, float]]:
    """What was promised of each: at least as fast as the faster peer, some five times, no slow tick of a slice."""
    kept: list[tuple[str, float, str, float]] = []
    for name, row in found.items():
        theirs = [row[peer] for peer in ('MONAI', 'TorchIO') if peer in row]
        if theirs:
            many = 5.0 if name in FIVEFOLD and (part == 'slice' or (part, name) == ('volume', 'bias_field')) else 1.0
            kept.append((f'{name}: faster peer / ours', min(theirs) / row['ours'], '>', many))
        if part == 'slice':
            kept.append((f'{name}: tick ms', row['ours'], '<', 100.0 if name in SLOW else 30.0))
    return kept


def memory(names: Iterable[str], shape: tuple[int, ...]) -> dict[str, float]:
    """Extra memory of the whole volume, in copies; each in a process of its own, where no other left holes."""
    found, start = {}, multiprocessing.get_context('fork')
    for name in names:
        with start.Pool(1) as pool:
            found[name] = pool.apply(_extra, (name, shape))
        print(f'  {name:24} {found[name]:.2f} copies', flush=True)
    return found


def _extra(name: str, shape: tuple[int, ...]) -> float:
    torch.set_num_threads(1)
    clean = Cases(shape).of(name)
    perturb_block(clean, [record(name)], block=tuple(slice(0, min(n, 2)) for n in shape))  # draws, facts
    whole = tuple(slice(0, n) for n in shape)
    return extra_copies(lambda: perturb_block(clean, [record(name)], block=whole), clean.image.nbytes)


def gpu(names: Iterable[str], seconds: float) -> dict[str, float]:
    """Ticks of a cube of 256 that is on the GPU already: what a family itself takes there."""
    from napari_segrobust.perturb.stack import _Run

    shape = (256, 256, 256)
    whole, cases, found = tuple(slice(0, n) for n in shape), Cases(shape), {}
    for name in names:
        clean = cases.of(name)
        run = _Run(clean, 'cuda')
        x = torch.from_numpy(clean.image).cuda()
        try:
            with torch.inference_mode():
                (step,) = run.plan([record(name)], whole)

                def tick(run: Any = run, step: Any = step, x: torch.Tensor = x) -> None:
                    run.applied(x, step)
                    torch.cuda.synchronize()

                found[name] = least_ms(tick, seconds, time.perf_counter)
        except (PerturbationError, RuntimeError) as error:
            print(f'  {name}: {str(error).splitlines()[0]}')
            continue
        finally:
            torch.cuda.empty_cache()
        print(f'  {name:24} {found[name]:8.2f} ms', flush=True)
    return found


def main() -> None:
    """Measure and report."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('names', nargs='*', metavar='NAME')
    parser.add_argument('--gpu', action='store_true')
    parser.add_argument('--seconds', type=float, default=0.5, help='of each figure')
    parser.add_argument('--only', choices=[*SIZES, 'memory'])
    options = parser.parse_args()
    warnings.simplefilter('ignore')
    torch.set_num_threads(1)
    names = options.names or [name for name, spec in perturbations().items() if spec.changes_voxels]
    if options.gpu:
        found = gpu(names, options.seconds)
        report('perturb_gpu', found, [(f'{n}: ms', ms, '<', 10.0) for n, ms in found.items()], 'cube of 256, GPU')
        return
    peers = {
        'MONAI': {n: monai_peers(n, 1000.0) for n in (2, 3)},
        'TorchIO': {n: torchio_peers(n, 1000.0) for n in (2, 3)},
    }
    for part in SIZES:
        if options.only in (None, part):
            found = measure(names, part, peers, options.seconds)
            table(found)
            report(f'perturb_{part}', flat(found), bars(found, part), part)
    if options.only in (None, 'memory'):
        print('extra memory')
        copies = memory(names, (128, 256, 256))
        report('perturb_memory', copies, [(f'{n}: copies', c, '<', 2.0) for n, c in copies.items()], 'whole volume')


if __name__ == '__main__':
    main()
