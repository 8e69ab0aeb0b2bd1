"""A small oriented case, a model whose answers are known, and a canvas without a window."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from napari.components import ViewerModel

from napari_segrobust.cases.case import Case
from napari_segrobust.explore.session import Session
from napari_segrobust.explore.state import Lane, Plane
from napari_segrobust.perturb import Perturbation
from napari_segrobust.segment.spec import ModelSpec
from napari_segrobust.ui.canvas.painter import Painter
from napari_segrobust.ui.collector import collector


@pytest.fixture(autouse=True, scope='module')
def little_to_look_through() -> None:
    """Have collections look at what the tests of a file made, not at all that was loaded before.

    napari collects several times whenever a test closes a window, half a second each late in the suite.
    """
    gc.collect()
    gc.freeze()


@pytest.fixture(autouse=True, scope='session')
def garbage_stays_in_this_thread(qapp: Any) -> Iterator[None]:
    """Sessions without an explorer have threads too, and windows of earlier tests are lying about.

    Everything is looked through only where a test asks for it: a window that is set aside meanwhile would seem to stay.
    """
    before = gc.get_threshold()
    gc.set_threshold(*before[:2], 10**6)
    collector().start(qapp)
    yield
    collector().stop(qapp)
    gc.set_threshold(*before)


@pytest.fixture
def make_napari_viewer(make_napari_viewer: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """napari's own, but collecting once when a test closes its window, and not for each of the layers too."""
    yield make_napari_viewer
    monkeypatch.setattr('napari._vispy.canvas.gc', SimpleNamespace(collect=lambda: 0))


class ThresholdModel:
    """Bright voxels are the object, slice by slice; a bias makes it see more or less of it."""

    device = 'cpu'

    def __init__(self, key: str = 'threshold', bias: float = 0.0) -> None:
        self.spec = ModelSpec(
            name=key, dimensions=2, classes=('background', 'object'), window=None, blending='constant'
        )
        self.key = key
        self.bias = bias

    def __call__(self, windows):
        import torch

        return torch.cat([0.5 - windows - self.bias, windows - 0.5 + self.bias], dim=1)


@pytest.fixture
def threshold_model() -> type[ThresholdModel]:
    return ThresholdModel


@pytest.fixture
def ball_case(ball_case: Case) -> Case:
    """The ball with known orientation, axes (Superior, Posterior, Left), a second reference and a worse prediction."""
    ball = ball_case.references['expert']
    return replace(
        ball_case,
        geometry=replace(ball_case.geometry, has_orientation=True),
        references={'expert': ball, 'second': np.roll(ball, 2, axis=1)},
        predictions={'shifted': np.roll(ball, 3, axis=2)},
    )


@dataclass
class Canvas:
    """A viewer, a session and its painter; `Plane` follows as the explorer makes it follow."""

    viewer: Any
    session: Session
    painter: Painter

    def open(self, case: Case, *lanes: Lane) -> None:
        self.session.open_case(case, lanes or (Lane(source='threshold'),))
        if case.ndim == 3:
            self.viewer.dims.set_current_step(0, self.session.state.plane.index)
        self.settle()

    def settle(self) -> None:
        assert self.session.wait(), self.session.status.text
        assert self.session.status.kind != 'failed', self.session.status.text

    def show(self, axis: int, index: int) -> None:
        """Turn to a plane."""
        order = (axis, *(other for other in range(3) if other != axis))
        self.viewer.dims.order = order
        self.viewer.dims.set_current_step(axis, index)
        self.session.state.plane = Plane(axis=axis, index=index)
        self.settle()

    def layer(self, name: str):
        return self.viewer.layers[f'[sr] {name}']

    def names(self) -> list[str]:
        return [layer.name.removeprefix('[sr] ') for layer in self.viewer.layers]


@pytest.fixture
def make_canvas() -> type[Canvas]:
    return Canvas


@pytest.fixture
def bare_canvas() -> Iterator[Canvas]:
    """No case is open; models ``threshold`` and ``wide`` are loaded, Gaussian noise of severity 0 is in the stack."""
    viewer, session = ViewerModel(), Session()
    session.models['threshold'] = ThresholdModel()
    session.models['wide'] = ThresholdModel('wide', bias=0.4)
    session.state.stack = (Perturbation(name='gaussian_noise', seed=7),)
    painter = Painter(viewer, session)
    yield Canvas(viewer, session, painter)
    painter.close()
    assert session.shutdown()


@pytest.fixture
def canvas(bare_canvas: Canvas, ball_case: Case) -> Canvas:
    """The ball is open and settled, with the threshold model in its one lane."""
    bare_canvas.open(ball_case)
    return bare_canvas


@pytest.fixture
def drawn_on() -> Callable[[Any], Any]:
    """``drawn_on(viewer)`` is the widget that takes the keys and the mouse of its canvas.

    napari has no public way to it: it is the one of the window that draws with OpenGL.
    """
    from qtpy.QtOpenGLWidgets import QOpenGLWidget

    return lambda viewer: viewer.window._qt_window.findChild(QOpenGLWidget)


@pytest.fixture
def window(make_napari_viewer, drawn_on, ball_case: Case) -> Iterator[tuple[Canvas, Any]]:
    """The ball in a real window; and the widget that takes its keys and mouse."""
    viewer, session = make_napari_viewer(show=True), Session()
    session.models['threshold'] = ThresholdModel()
    session.state.stack = (Perturbation(name='gaussian_noise', seed=7),)
    painter = Painter(viewer, session)
    canvas = Canvas(viewer, session, painter)
    canvas.open(ball_case)
    yield canvas, drawn_on(viewer)
    painter.close()
    assert session.shutdown()


def count_callbacks(*signals: Any) -> int:
    """How many callbacks hang on signals of psygnal and emitters of napari."""
    return sum(len(signal.callbacks) if hasattr(signal, 'callbacks') else len(signal) for signal in signals)


@pytest.fixture
def connections(bare_canvas: Canvas):
    """Counts what hangs on the signals that the canvas classes listen to."""
    viewer, session, painter = bare_canvas.viewer, bare_canvas.session, bare_canvas.painter

    def count() -> int:
        return count_callbacks(
            session.case_changed,
            session.plane_ready,
            session.volume_ready,
            *(getattr(session.state.events, name) for name in ('lanes', 'label', 'reference', 'plane')),
            painter.shown,
            painter.view_changed,
            viewer.layers.events.inserted,
            viewer.layers.events.removed,
            viewer.dims.events.order,
            viewer.dims.events.ndisplay,
            viewer.scene.camera.events.orientation,
            viewer.canvas.events.size,
            viewer.canvas.grid.events,
        )

    return count


@pytest.fixture
def explorer(make_napari_viewer) -> Iterator[Any]:
    """An explorer with both docks in a real window; the threshold model is loaded."""
    from napari_segrobust.ui.docks import open_docks

    made, _, _ = open_docks(make_napari_viewer())
    made.session.models['threshold'] = ThresholdModel()
    yield made
    assert made.shutdown()


@pytest.fixture
def panel(explorer: Any) -> Any:
    """The right dock of `explorer`."""
    from napari_segrobust.ui.docks import find_panel

    return find_panel(explorer.viewer)
