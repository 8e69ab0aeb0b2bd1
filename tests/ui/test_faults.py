"""What must be survived in the real window: one clear line, the last good result kept and greyed, nothing leaked."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import nibabel
import numpy as np
import pytest
from qtpy.QtCore import QTimer

from napari_segrobust.cases.roles import Role
from napari_segrobust.explore.state import Lane
from napari_segrobust.ui.app import Explorer
from napari_segrobust.ui.docks import open_docks
from napari_segrobust.ui.inputs.sources import Files
from napari_segrobust.ui.panel import Panel
from napari_segrobust.ui.results import Results

WAIT_MS = 20_000


@dataclass
class Window:
    """A napari window with both docks, and what a test does with it."""

    viewer: Any
    explorer: Explorer
    panel: Panel
    results: Results
    model: Any
    qtbot: Any

    @property
    def session(self):
        return self.explorer.session

    @property
    def line(self) -> str:
        """What the status line says."""
        return self.panel.status.text.text()

    def until(self, condition: Callable[[], bool]) -> None:
        """Let the event loop turn until something is so."""
        self.qtbot.waitUntil(condition, timeout=WAIT_MS)

    def settle(self) -> None:
        self.until(lambda: self.session.settled and self.session.status.kind == 'idle')

    def drag(self, severity: float) -> None:
        """Move the severity, as the slider does."""
        self.session.state.set_perturbation(0, severity=severity)

    def fail(self) -> str:
        """Wait for a failure; the status line, which is one line."""
        self.until(lambda: self.session.status.kind == 'failed')
        assert self.line.startswith('failed')
        assert '\n' not in self.line
        return self.line

    def assert_alive(self) -> None:
        """The event loop turns, and the next request is answered in full."""
        turned = []
        QTimer.singleShot(0, lambda: turned.append(True))
        self.until(lambda: bool(turned))
        self.model.answer = None
        before = self.session.volume
        self.drag(self.session.state.stack[0].severity + 0.25)
        self.settle()
        assert self.session.volume is not before
        assert not self.session.table()[1]
        assert not any(row.pending for row in self.results.table.rows())


@pytest.fixture
def model(threshold_model):
    """The threshold model, whose answers can be held back and replaced."""

    class Held(threshold_model):
        def __init__(self, key: str = 'threshold') -> None:
            super().__init__(key)
            self.gate = threading.Event()
            self.gate.set()
            self.asked = threading.Event()
            self.answer: Callable[[Any], Any] | None = None

        def __call__(self, windows):
            self.asked.set()
            assert self.gate.wait(20)
            logits = super().__call__(windows)
            return logits if self.answer is None else self.answer(logits)

        def hold(self) -> None:
            self.asked.clear()
            self.gate.clear()

    return Held()


@pytest.fixture
def window(make_napari_viewer, qtbot, ball_case, model) -> Iterator[Window]:
    """The ball is open and settled."""
    viewer = make_napari_viewer()
    window = Window(viewer, *open_docks(viewer), model, qtbot)
    window.session.models['threshold'] = model
    window.explorer.open_case(ball_case, [Lane(source='threshold')])
    window.settle()
    yield window
    model.gate.set()
    assert window.explorer.shutdown()


@pytest.fixture
def running(window) -> Window:
    """A run is under way: the network has been asked and does not answer."""
    window.model.hold()
    window.drag(1.0)
    assert window.model.asked.wait(20)
    return window


def test_layer_deleted(running):
    prediction = next(layer for layer in running.viewer.layers if 'prediction' in layer.name)
    running.viewer.layers.remove(prediction)
    running.model.gate.set()
    running.settle()
    names = [layer.name for layer in running.viewer.layers]
    assert names.count(prediction.name) == 1
    running.assert_alive()


def test_all_layers_deleted(running):
    running.viewer.layers.clear()
    running.model.gate.set()
    running.settle()
    names = [layer.name for layer in running.viewer.layers]
    assert len(names) == len(set(names))
    assert any('image' in name for name in names)
    running.assert_alive()


def test_case_switched(running, ball_case):
    other = replace(ball_case, name='other', image=ball_case.image[..., :20], **_cut(ball_case, 20))
    running.explorer.open_case(other, [Lane(source='threshold')])
    running.model.gate.set()
    running.settle()
    assert running.session.volume.request.case is other
    assert {layer.data.shape for layer in running.viewer.layers} == {other.shape}
    running.assert_alive()


def test_model_switched(running, threshold_model):
    running.session.models['wide'] = threshold_model('wide', bias=0.4)
    running.session.state.lanes = (Lane(source='wide'),)
    running.model.gate.set()
    running.settle()
    assert running.session.volume.request.lanes[0].now.model_name == 'wide'
    assert [layer.name for layer in running.viewer.layers if 'prediction' in layer.name] == ['[sr] prediction: wide']
    running.assert_alive()


def test_viewer_closed(running):
    ours = [t for t in threading.enumerate() if t.name.startswith('segrobust')]
    assert ours
    # Closing waits for the window of the network that is under way; it ends a little later.
    threading.Timer(0.3, running.model.gate.set).start()
    running.viewer.close()
    assert running.explorer.shutdown()
    assert not any(thread.is_alive() for thread in ours)


def test_cancelled(running):
    running.panel.status.cancel.click()
    running.model.gate.set()
    assert running.line.startswith('stale')
    running.assert_alive()


def out_of_memory(_logits):
    import torch

    raise torch.cuda.OutOfMemoryError('CUDA out of memory. Tried to allocate 20.00 GiB')


def crash(_logits):
    raise RuntimeError('mat1 and mat2 shapes cannot be multiplied\n(3x4 and 5x6)')


ANSWERS = {
    'mat1 and mat2': crash,
    'nan': lambda logits: logits * float('nan'),
    'channel': lambda logits: logits[:, :1],
    'shape': lambda logits: logits[..., :3],
    'str': lambda logits: 'a mask',
    'no memory': out_of_memory,
}


@pytest.mark.parametrize('scope', ['slice', 'volume'])
def test_faulty_models(window, scope):
    window.session.state.scope = scope
    for words, answer in ANSWERS.items():
        good = window.session.volume
        painted = {layer.name: np.array(layer.data) for layer in window.viewer.layers}
        rows = [(row.key, row.number) for row in window.results.table.rows()]
        assert rows
        window.model.answer = answer
        window.drag(good.request.severity + 0.5)
        assert words in window.fail().lower()
        assert window.session.volume is good
        for layer in window.viewer.layers:
            np.testing.assert_array_equal(layer.data, painted[layer.name])
        shown = window.explorer.painter.now.stack
        assert [p.severity for p in shown] == [s for s in [good.request.severity] if s], 'of what is painted'
        assert [(row.key, row.number) for row in window.results.table.rows()] == rows
        assert all(row.pending for row in window.results.table.rows())
        window.assert_alive()


def test_unknown_model(window):
    window.session.state.lanes = (*window.session.state.lanes, Lane(source='no-such-model'))
    assert 'no-such-model' in window.fail()
    known, lost = window.session.state.lanes
    assert known.model_id in window.session.models
    assert 'no-such-model' in window.session.loader.failures[lost.model_id], 'its lane says what is wrong with it'
    window.assert_alive()


# -- files --------------------------------------------------------------------------------------------------------

SHAPE, AFFINE = (24, 24, 12), np.diag([-1.0, -1.0, 2.0, 1.0])


def stored(array, affine=AFFINE) -> bytes:
    return nibabel.Nifti1Image(array, affine).to_bytes()


def floats() -> np.ndarray:
    return np.arange(np.prod(SHAPE), dtype=np.float32).reshape(SHAPE)


def broken_affine(value: float) -> bytes:
    image = nibabel.Nifti1Image(floats(), AFFINE)
    image.header['srow_x'] = value
    return image.header.binaryblock + b'\0' * 4 + floats().tobytes(order='F')


def with_nan() -> bytes:
    array = floats()
    array[3, 4, 5] = np.nan
    return stored(array)


IMAGES = {
    'truncated': stored(floats())[:-100],
    'empty': b'',
    'no image': b'<html>404 not found</html>' * 40,
    'NaN affine': broken_affine(np.nan),
    'singular affine': broken_affine(0.0),
    'four axes': stored(np.zeros((*SHAPE, 5), np.float32)),
}
MASKS = {
    'wrong grid': stored(np.zeros((24, 20, 12), np.uint8)),
    'fractions': stored(floats() / floats().max()),
    'negative labels': stored(np.full(SHAPE, -1, np.int16)),
    'NaN': with_nan(),
    'truncated': stored(np.zeros(SHAPE, np.uint8))[:-100],
}


def refuse(window: Window, files: Files) -> str:
    """Open files that must be refused while the open case stays; returns what was said."""
    opener, session = window.explorer.opener, window.session
    before = session.case, session.volume, [layer.name for layer in window.viewer.layers]
    opener._open(files)
    window.until(lambda: opener._reading is None)
    line = window.fail()
    assert before == (session.case, session.volume, [layer.name for layer in window.viewer.layers])
    assert str(opener.refusal.error) in line
    assert window.panel.case.refused.text()
    window.assert_alive()
    return line


def test_broken_images(window, tmp_path):
    for number, content in enumerate(IMAGES.values()):
        path = tmp_path / f'scan{number}.nii'
        path.write_bytes(content)
        assert path.stem in refuse(window, Files((path,)))


def test_broken_masks(window, tmp_path):
    image = tmp_path / 'scan.nii'
    image.write_bytes(stored(floats()))
    for number, content in enumerate(MASKS.values()):
        mask = tmp_path / f'mask{number}.nii'
        mask.write_bytes(content)
        roles = {image.stem: Role.IMAGE, mask.stem: Role.REFERENCE}
        assert mask.stem in refuse(window, Files((image, mask), roles))


def test_nan_voxels_are_seen_through(window, tmp_path):
    """A NaN voxel is the image's own fault: it opens, is named in the checks, and the model is told or answers."""
    path = tmp_path / 'scan.nii'
    path.write_bytes(with_nan())
    window.explorer.opener.open_files([path])
    window.until(lambda: window.session.case.name == 'scan')
    window.session.state.lanes = (Lane(source='threshold'),)
    window.until(lambda: window.session.status.kind in ('idle', 'failed'))
    assert '\n' not in window.line


def test_missing_dicom_slice(window, shared_data, tmp_path):
    files = sorted((shared_data / 'ct_dicom').iterdir())
    for path in [*files[:8], *files[10:]]:
        (tmp_path / path.name).symlink_to(path)
    assert 'slice' in refuse(window, Files((tmp_path,)))


def surroundings(viewer: Any) -> dict[str, Any]:
    """What the docks hang on: callbacks of the viewer's emitters, keys, texts on the canvas, threads."""
    emitters = {
        **{f'layers.{name}': emitter for name, emitter in viewer.layers.events.emitters.items()},
        **{f'dims.{name}': emitter for name, emitter in viewer.dims.events.emitters.items()},
        'theme': viewer.events.theme,
    }
    return {
        **{name: sum(map(_is_ours, emitter.callbacks)) for name, emitter in emitters.items()},
        'keys': sorted(str(key) for key, action in viewer.keymap.items() if action is not None),
        'texts': sorted(viewer.canvas.overlays),
        'threads': sorted(t.name for t in threading.enumerate() if t.name.startswith('segrobust')),
    }


def _is_ours(callback: Any) -> bool:
    """Whether a callback of a napari emitter, a function or (weak reference, name), belongs to this package."""
    owner = type(callback[0]()) if isinstance(callback, tuple) else callback
    return owner.__module__.startswith('napari_segrobust')


def test_closing_returns_everything(make_napari_viewer, qtbot, ball_case, model):
    viewer = make_napari_viewer()
    before = surroundings(viewer)
    explorer, panel, results = open_docks(viewer)
    window = Window(viewer, explorer, panel, results, model, qtbot)
    window.session.models['threshold'] = model
    explorer.open_case(ball_case, [Lane(source='threshold')])
    window.settle()
    assert surroundings(viewer) != before
    viewer.window.remove_dock_widget(panel)
    panel.deleteLater()
    window.until(lambda: not [t for t in threading.enumerate() if t.name.startswith('segrobust')])
    viewer.layers.clear()
    after = surroundings(viewer)
    assert {name: (before[name], after[name]) for name in before if before[name] != after[name]} == {}
    told = ('case_changed', 'plane_ready', 'volume_ready', 'status_changed', 'requested', 'lanes_ready', 'noticed')
    signals = [getattr(explorer.session, name) for name in told] + [explorer.theme_changed, explorer.lane_changed]
    assert [len(signal) for signal in signals] == [0] * len(signals)


def test_hidden_and_opened_again_finds_the_same_explorer(window):
    before = surroundings(window.viewer)
    dock = window.panel.parent()
    dock.hide()
    assert Explorer.of(window.viewer) is window.explorer
    dock.show()
    assert Explorer.of(window.viewer) is window.explorer
    assert surroundings(window.viewer) == before
    window.assert_alive()


def test_two_viewers_do_not_know_of_each_other(window, make_napari_viewer, ball_case, threshold_model):
    viewer = make_napari_viewer()
    explorer, *_ = open_docks(viewer)
    assert explorer is not window.explorer
    explorer.session.models['threshold'] = threshold_model()
    explorer.open_case(ball_case, [Lane(source='threshold')])
    window.until(lambda: explorer.session.settled)
    mine = window.session.volume
    explorer.session.state.set_perturbation(0, severity=4.0)
    window.until(lambda: explorer.session.settled and explorer.session.volume.request.severity == 4.0)
    assert window.session.volume is mine
    assert window.session.state.stack[0].severity == 0.0
    viewer.layers.clear()
    assert len(window.viewer.layers) > 0
    assert explorer.shutdown()
    window.assert_alive()


def _cut(case, columns: int) -> dict[str, Any]:
    """Grid and masks of a case, cut to its first columns."""
    grid = replace(case.geometry, shape=(*case.shape[:2], columns))
    masks = {
        role: {name: mask[..., :columns] for name, mask in getattr(case, role).items()}
        for role in ('references', 'predictions')
    }
    return {'geometry': grid, **masks}
