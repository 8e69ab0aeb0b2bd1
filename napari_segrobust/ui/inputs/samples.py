"""File > Open Sample: layers for any viewer, and where there is a window the panel with the case in it."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from napari import current_viewer
from qtpy.QtCore import QTimer

from napari_segrobust.cases import load_sample
from napari_segrobust.cases.layers import METADATA_KEY
from napari_segrobust.ui.canvas.layer_set import Placement
from napari_segrobust.ui.inputs.open_case import CASE_KEY

if TYPE_CHECKING:
    from napari_segrobust.cases import Case

    LayerData = tuple[Any, dict[str, Any], str]


def sample_layers(name: str, **parameters: Any) -> list[LayerData]:
    """Make a sample and ask the current viewer for the panel, which takes up the case of the layers.

    Parameters
    ----------
    name : str
        One of `napari_segrobust.cases.samples`.
    **parameters
        Of the sample.

    Returns
    -------
    list of LayerData
        The image and its first reference; the image's metadata carry the whole case.
    """
    case = load_sample(name, **parameters)
    viewer = current_viewer()
    if viewer is not None:
        # napari adds the layers once this has returned.
        QTimer.singleShot(0, partial(_take_up, viewer))
    return layers_of(case)


def layers_of(case: Case) -> list[LayerData]:
    """A case as layers that our panel takes up and that any other plugin can use."""
    told = {'geometry': case.geometry, 'provenance': dict(case.provenance), 'notes': case.notes}
    placed = Placement.of_case(case).transforms
    image = {'name': case.name, 'metadata': {METADATA_KEY: {**told, CASE_KEY: case}}, **placed}
    layers: list[LayerData] = [(case.image[0].copy(), image, 'image')]
    for name, mask in list(case.references.items())[:1]:
        options = {'name': name, 'metadata': {METADATA_KEY: {**told, 'labels': dict(case.labels)}}, **placed}
        layers.append((mask.copy(), options, 'labels'))
    return layers


def _take_up(viewer: Any) -> None:
    from napari_segrobust.ui.docks import show_panel

    show_panel(viewer).explorer.opener.look()


open_brain = partial(sample_layers, 'brain')
open_head = partial(sample_layers, 'head')
open_lesion = partial(sample_layers, 'lesion')
open_sphere = partial(sample_layers, 'sphere')
open_texture = partial(sample_layers, 'texture')
