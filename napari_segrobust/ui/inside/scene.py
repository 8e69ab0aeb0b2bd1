"""A scene for a lecture: two networks side by side, one noise slider, and below what the noise does inside them."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from napari import current_viewer
from qtpy.QtCore import QTimer

from napari_segrobust.cases import load_sample
from napari_segrobust.explore.state import Lane
from napari_segrobust.perturb import Perturbation
from napari_segrobust.ui.docks import show_panel
from napari_segrobust.ui.inputs.samples import layers_of
from napari_segrobust.ui.inside.room import show_inside

if TYPE_CHECKING:
    from napari_segrobust.cases import Case
    from napari_segrobust.ui.app import Explorer

#: Its key among the samples.
SCENE = 'inside'
SAMPLE = 'brain'
#: With skip connections and without: the question of Kamath et al., MICCAI 2023.
NETWORKS = ('brain-unet', 'brain-noskip')
NOISE = Perturbation(name='gaussian_noise', seed=7, severity=1.5)


def open_scene(**_parameters: Any) -> list[tuple[Any, dict[str, Any], str]]:
    """File > Open Sample > Inside the network: opens the scene in the current viewer.

    Returns
    -------
    list of LayerData
        The brain sample, whose case the panel takes up.
    """
    viewer = current_viewer()
    if viewer is not None:
        # napari adds the layers once this has returned.
        QTimer.singleShot(0, partial(_take_up, viewer))
    return layers_of(load_sample(SAMPLE))


def _take_up(viewer: Any) -> None:
    explorer = show_panel(viewer).explorer
    explorer.opener.look()
    stage(explorer)
    show_inside(viewer)


def show_scene(explorer: Explorer) -> None:
    """Make the sample in the file thread, and show the scene."""

    def show(case: Case) -> None:
        explorer.open_case(case)
        stage(explorer)
        show_inside(explorer.viewer)

    explorer.session.load(lambda: load_sample(SAMPLE), show)


def stage(explorer: Explorer) -> None:
    """Put the two networks and the noise on the open case."""
    session = explorer.session
    with session.paused_requests():
        session.state.set_stack((NOISE,))
        session.state.lanes = tuple(Lane(source=name) for name in NETWORKS)
    session.history.clear()
    session.request()
    explorer.layout.show('lanes')
