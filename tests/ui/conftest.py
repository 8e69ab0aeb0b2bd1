"""A small oriented case, a model whose answers are known, and a canvas without a window."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from types import SimpleNamespace
from typing import Any

import napari
import numpy as np
import pytest
from app_model import Application
from napari._app_model._app import NapariApplication, _napari_names
from napari._qt._qapp_model.qactions import init_qactions
from napari._qt.threads.status_checker import StatusChecker
from napari.components import ViewerModel
from napari.plugins import _initialize_plugins
from napari.settings import get_settings
from qtpy.QtCore import QEvent, QMimeData, QObject, QPoint, QPointF, Qt, QUrl
from qtpy.QtGui import QCursor, QDropEvent, QMouseEvent
from qtpy.QtWidgets import QApplication, QWidget

from napari_segrobust.cases.case import Case
from napari_segrobust.explore.session import Session
from napari_segrobust.explore.state import ExploreState, Lane, Plane
from napari_segrobust.perturb import Perturbation
from napari_segrobust.segment.spec import ModelSpec
from napari_segrobust.ui.canvas.painter import Painter


@pytest.fixture(autouse=True, scope='module')
def little_to_look_through() -> Iterator[None]:
    """Have collections look at what the tests of a file made, not at all that was loaded before.

    napari collects several times whenever a test closes a window, half a second each late in the suite. That is often
    enough: Python does not collect by itself meanwhile, for in a thread it would find windows of earlier tests.
    """
    gc.collect()
    gc.freeze()
    gc.disable()
    yield
    gc.enable()


class Felt(QObject):
    """Where the pointer was last felt to move, on the screen."""

    at: QPoint | None = None

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if isinstance(event, QMouseEvent) and event.type() == QEvent.Type.MouseMove:
            self.at = event.globalPosition().toPoint()
        return False


@pytest.fixture
def qtbot(qtbot: Any, qapp: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """pytest-qt's own, but a move of the pointer ends when it was felt.

    The X server answers when it can. Two moves that it answers together are one to Qt, and none where the second
    leads back to where the pointer was.
    """
    move = qtbot.mouseMove

    def move_over(widget: QWidget, place: QPoint) -> None:
        target = widget.mapToGlobal(place)
        if QCursor.pos() == target:
            move_over(widget, place + QPoint(1, 1))
        felt = Felt()
        qapp.installEventFilter(felt)
        try:
            move(widget, place)
            qtbot.waitUntil(lambda: felt.at == target)
        finally:
            qapp.removeEventFilter(felt)

    monkeypatch.setattr(qtbot, 'mouseMove', move_over)
    return qtbot


@pytest.fixture(autouse=True, scope='session')
def layers_go_without_collecting() -> Iterator[None]:
    """napari collects for each layer that goes; the tests collect when a window does."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr('napari._vispy.canvas.gc', SimpleNamespace(collect=lambda: 0))
        yield


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
def new_explorer(make_napari_viewer: Any) -> Iterator[Any]:
    """An explorer with both docks in a window of its own; the threshold model is loaded, and no case."""
    from napari_segrobust.ui.docks import open_docks

    made, _, _ = open_docks(make_napari_viewer())
    made.session.models['threshold'] = ThresholdModel()
    yield made
    assert made.shutdown()


@pytest.fixture
def explorer(new_explorer: Any) -> Any:
    """A new one; files that look at one panel again and again take `kept_explorer` in its place."""
    return new_explorer


@pytest.fixture
def drop() -> Callable[..., None]:
    """``drop(widget, *paths)``: files that a hand lets go over a widget."""

    def let_go(widget: QWidget, *paths: Any) -> None:
        mime = QMimeData()
        mime.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
        left, none = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
        widget.dropEvent(QDropEvent(QPointF(5, 5), Qt.DropAction.CopyAction, mime, left, none))

    return let_go


@pytest.fixture
def panel(explorer: Any) -> Any:
    """The right dock of `explorer`."""
    from napari_segrobust.ui.docks import find_panel

    return find_panel(explorer.viewer)


@pytest.fixture(scope='module')
def own_napari() -> Iterator[None]:
    """An application of its own for the windows of a file, as napari's `make_napari_viewer` has one for each test."""
    app = NapariApplication('segrobust_tests')
    app.injection_store.namespace = _napari_names
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(NapariApplication, 'get_app_model', lambda *_: app)
        patch.setattr(StatusChecker, 'start', lambda *_: None)
        _initialize_plugins.cache_clear()
        init_qactions.cache_clear()
        yield
    Application.destroy('segrobust_tests')
    _initialize_plugins.cache_clear()
    init_qactions.cache_clear()


@pytest.fixture(scope='module')
def kept_window(qapp: Any, own_napari: None) -> Iterator[Any]:
    """An explorer with both docks in a window that is seen.

    One for a file of tests, for napari takes seconds to make it and the layers in it.
    """
    from napari_segrobust.ui.docks import open_docks

    application = get_settings().application
    application.save_window_geometry = application.save_window_state = False
    viewer = napari.Viewer(show=True, show_welcome_screen=False)
    made, _, _ = open_docks(viewer)
    yield made
    assert made.shutdown()
    viewer.close()
    QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    gc.collect()


@pytest.fixture
def kept_explorer(kept_window: Any, ball_case: Case) -> Iterator[Any]:
    """The explorer of `kept_window` as it was made, but for layers of our own.

    What a test opened over it goes with the test.
    """
    explorer = kept_window
    before = set(explorer.viewer.window.dock_widgets)
    explorer.session.state.update(ExploreState().model_dump(exclude={'plane'}))
    explorer.session.metrics = explorer.settings.always_shown
    explorer.session.models.clear()
    explorer.session.models['threshold'] = ThresholdModel()
    yield explorer
    explorer.review.watch('test', False)
    # Another image on the same grid: settings and numbers of the test's go, and layers are not made anew.
    explorer.open_case(replace(ball_case, image=np.zeros_like(ball_case.image), predictions={}), [])
    docks = explorer.viewer.window
    for name in set(docks.dock_widgets) - before:
        widget = docks.dock_widgets[name]
        docks.remove_dock_widget(widget)
        widget.deleteLater()
    QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    explorer.viewer.theme = 'dark'
    explorer.viewer.dims.ndisplay = 2
    explorer.viewer.dims.order = tuple(range(explorer.viewer.dims.ndim))
    explorer.painter.show_map('errors')
    explorer.painter.show_masks('both')
    ours = {layer for _, layer in explorer.painter.layers or ()}
    for layer in [layer for layer in explorer.viewer.layers if layer not in ours]:
        explorer.viewer.layers.remove(layer)
