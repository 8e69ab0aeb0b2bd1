"""Plugins > Perturb a layer: one perturbation of any image layer, as a new layer beside it. No case, no model.

Annotations are what magicgui makes the form of: here they must be types, not words.
"""

from typing import Annotated, Any

import numpy as np
from magicgui import magic_factory
from napari.layers import Image
from napari.qt.threading import FunctionWorker, thread_worker
from napari.types import LayerDataTuple
from napari.utils.notifications import show_warning
from qtpy.QtCore import QTimer

from napari_segrobust.errors import SegrobustError
from napari_segrobust.perturb import Perturbation, simulated_text
from napari_segrobust.perturb.catalogue import perturbations
from napari_segrobust.perturb.record import MAX_SEVERITY
from napari_segrobust.perturb.scale import intensity_range
from napari_segrobust.perturb.single import perturb

#: Where a layer that we made keeps the record of what acts on it.
RECORD_KEY = 'napari-segrobust perturbation'
_MM = 'millimeter'


def _choices(_widget: Any = None) -> list[tuple[str, str]]:
    return [(spec.title, name) for name, spec in perturbations().items()]


@magic_factory(call_button='Perturb')
def perturb_layer(
    image: Image,
    perturbation: Annotated[str, {'choices': _choices, 'tooltip': 'What acts on the image'}] = 'gaussian_noise',
    severity: Annotated[
        float,
        {'widget_type': 'FloatSlider', 'max': MAX_SEVERITY, 'step': 0.1, 'tooltip': '0 leaves it bit for bit'},
    ] = 2.0,
    seed: Annotated[int, {'max': 2**31 - 1, 'tooltip': 'Which draw; it is the same at every severity'}] = 7,
) -> FunctionWorker[LayerDataTuple]:
    """Perturb an image layer in a thread of its own; the layer itself is never changed.

    Parameters
    ----------
    image : napari.layers.Image
        2D, 3D or RGB; its scale is the spacing where its units are mm.
    perturbation : str
        Key of the catalogue.
    severity : float
        0 to 5.
    seed : int

    Returns
    -------
    FunctionWorker
        Yields a layer whose name says what was simulated, and whose metadata hold the record.
    """
    worker = _work(image, Perturbation(name=perturbation, severity=severity, seed=seed))
    # Only once napari, which gets the worker from us, listens to it: what returns before is lost.
    QTimer.singleShot(0, worker.start)
    return worker


@thread_worker
def _work(image: Image, record: Perturbation) -> LayerDataTuple | None:
    try:
        return _perturbed(image, record)
    except SegrobustError as error:
        show_warning(str(error))
        return None


def _perturbed(image: Image, record: Perturbation) -> LayerDataTuple:
    data = np.asarray(image.data)
    shape = data.shape[:-1] if image.rgb else data.shape
    in_mm = all(str(unit) == _MM for unit in image.units)
    spacing = tuple(image.scale[-len(shape) :]) if in_mm else None
    channel_axis = -1 if image.rgb else None
    scale = intensity_range(np.moveaxis(data, -1, 0) if image.rgb else data[None])
    result = perturb(
        data,
        record.name,
        record.severity,
        record.seed,
        spacing=spacing,
        intensity_range=scale,
        channel_axis=channel_axis,
    )
    if image.rgb:
        result = result.clip(0, 255).astype(np.uint8)
    words = simulated_text((record,), scale, None, 'mm' if spacing is not None else 'voxels') or 'clean'
    options = {
        'name': f'{image.name}: {words}',
        'metadata': {RECORD_KEY: record.model_dump(mode='json')},
        'rgb': image.rgb,
        **{name: getattr(image, name) for name in ('scale', 'translate', 'rotate', 'shear', 'affine', 'units')},
    }
    if not image.rgb:
        options |= {'contrast_limits': image.contrast_limits, 'colormap': image.colormap.name}
    return result, options, 'image'
