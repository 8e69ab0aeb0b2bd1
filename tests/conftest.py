"""What all tests share: where real data lies, quiet and repeatable surroundings, no thread left behind."""

from __future__ import annotations

import os
import tempfile
import threading
from pathlib import Path
from typing import TYPE_CHECKING

# One thread each for torch and BLAS, read when they are loaded: sums keep their order, timings their meaning.
for _variable in ('OMP_NUM_THREADS', 'MKL_NUM_THREADS', 'OPENBLAS_NUM_THREADS'):
    os.environ[_variable] = '1'
# A person's own napari settings neither change the tests nor are changed by them.
_settings = tempfile.TemporaryDirectory(prefix='segrobust-settings-', ignore_cleanup_errors=True)
os.environ['NAPARI_CONFIG'] = str(Path(_settings.name) / 'settings.yaml')

import hypothesis  # noqa: E402  # after the environment
import pytest  # noqa: E402  # likewise

if TYPE_CHECKING:
    from collections.abc import Iterator

    from napari_segrobust.cases.case import Case

ROOT = Path(__file__).parents[1]
#: Every thread that the package starts has a name that begins so.
THREAD_PREFIX = 'segrobust'

hypothesis.settings.register_profile('here', deadline=None, max_examples=25)
hypothesis.settings.register_profile('ci', deadline=None, max_examples=25, derandomize=True)
hypothesis.settings.load_profile('ci' if os.environ.get('CI') else 'here')


@pytest.fixture(scope='session')
def shared_data() -> Path:
    """Folder of real images: ``$SEGROBUST_TEST_DATA``, else ``shared/data`` in or beside the checkout."""
    named = os.environ.get('SEGROBUST_TEST_DATA')
    places = [Path(named)] if named else [ROOT / 'shared/data', ROOT.parent / 'shared/data']
    for place in places:
        if place.is_dir():
            return place
    if named:
        pytest.fail(f'SEGROBUST_TEST_DATA names no folder: {named}')
    pytest.skip('no shared data')


@pytest.fixture(autouse=True)
def no_thread_left(request: pytest.FixtureRequest) -> Iterator[None]:
    """In the rooms that start threads, a test that leaves one running fails; threads of a shared window end with it."""
    before = set(threading.enumerate())
    yield
    if 'kept_window' in request.fixturenames:
        return
    room = request.path.relative_to(ROOT / 'tests').parts[0] if request.path.is_relative_to(ROOT / 'tests') else ''
    if room not in {'ui', 'explore'}:
        return
    ours = [thread for thread in set(threading.enumerate()) - before if thread.name.startswith(THREAD_PREFIX)]
    for thread in ours:
        thread.join(timeout=2)
    left = [thread.name for thread in ours if thread.is_alive()]
    assert not left, f'threads left running: {left}'


@pytest.fixture
def ball_case() -> Case:
    """A bright ball of radius 5 in 12 x 24 x 24 voxels of 2 x 1 x 1 mm, with its reference and a shifted prediction."""
    import numpy as np

    from napari_segrobust.cases.case import Case, Label
    from napari_segrobust.geometry import GridGeometry

    z, y, x = np.ogrid[:12, :24, :24]
    ball = ((z - 6) * 2) ** 2 + (y - 12) ** 2 + (x - 12) ** 2 <= 25
    image = ball.astype(np.float32)[None]
    image.flags.writeable = False
    return Case(
        name='ball',
        image=image,
        geometry=GridGeometry.from_spacing(ball.shape, (2.0, 1.0, 1.0)),
        references={'expert': ball.astype(np.uint8)},
        predictions={'shifted': np.roll(ball, 1, axis=2).astype(np.uint8)},
        labels={1: Label('object')},
        provenance={'dtype': 'uint8'},
    )


@pytest.fixture
def pretend_gpu():
    """Build a model that says it is on a GPU: ``pretend_gpu(moved, room, overflow, **spec)``, 2D unless said.

    Bright voxels are the object. In half precision `moved` voxels of each window change sides; more than `room`
    windows at once do not fit its memory.
    """
    import torch

    from napari_segrobust.segment.device import windows_at_once
    from napari_segrobust.segment.module import TorchSegmenter
    from napari_segrobust.segment.precision import SINGLE
    from napari_segrobust.segment.spec import ModelSpec

    class Network(torch.nn.Module):
        def forward(self, windows):
            return torch.cat([0.5 - windows, windows - 0.5], dim=1)

    class PretendGPU(TorchSegmenter):
        def __init__(self, moved=0, room=16, overflow=False, dimensions=2, **given):
            spec = ModelSpec(name='pretended', dimensions=dimensions, classes=('background', 'object'), **given)
            self.moved, self.room, self.overflow, self.batches = moved, room, overflow, []
            super().__init__(Network(), spec, 'pretended', 'cuda:0')

        def move(self, device):
            self.device, self.precision = device, SINGLE
            self.batch = windows_at_once(device, self.spec.dimensions)

        def __call__(self, windows):
            on_gpu = self.device != 'cpu'
            if on_gpu and len(windows) > self.room:
                raise torch.OutOfMemoryError('CUDA out of memory. Tried to allocate 20.00 GiB')
            self.batches.append((self.device, len(windows), on_gpu and self.precision.half))
            logits = self.module(windows)
            if on_gpu and self.precision.half:
                logits.flatten(2)[..., : self.moved] *= -1
                if self.overflow:
                    logits[windows.flatten(1).amax(1) > 1] = torch.inf
            return logits

    return PretendGPU
