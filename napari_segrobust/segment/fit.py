"""Whether a model can take an image at all, and what it expects of one."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from napari_segrobust.errors import ModelError
from napari_segrobust.segment.answers import times

if TYPE_CHECKING:
    from napari_segrobust.cases.case import Expectations
    from napari_segrobust.segment.protocols import ImageSource
    from napari_segrobust.segment.spec import ModelSpec


def expectations(spec: ModelSpec) -> Expectations:
    """What the pre-flight check holds an image against: the spec's own expectations, its channels and its axes."""
    told = spec.expectations
    channels = None if spec.any_image else spec.channels
    return replace(told, channels=channels, orientation=told.orientation or spec.orientation)


def check_image(spec: ModelSpec, source: ImageSource) -> None:
    """Refuse an image that the model cannot take.

    Raises
    ------
    ModelError
        A 3D model and a 2D image; another number of channels; a voxel size that nothing tells, where the model
        wants one.
    """
    if spec.any_image:
        return
    what = f'{spec.name} cannot run on this image'
    channels, ndim = source.shape[0], len(source.shape) - 1
    if spec.dimensions > ndim:
        raise ModelError(
            what,
            f'it is a {spec.dimensions}D network and looks at neighbouring slices, and the image is {ndim}D',
            'Open a volume, or choose a 2D model.',
        )
    if channels != spec.channels:
        raise ModelError(
            what,
            f'it takes {spec.channels} channel{"s" if spec.channels > 1 else ""}, and the image has {channels}',
            'Load an image with the channels it was trained on, or choose another model.',
        )
    if spec.spacing != 'native' and not source.has_spacing:
        raise ModelError(
            what,
            f'it was made for voxels of {times(spec.spacing)} mm, and nothing says how large these are',
            'Open the image with its spacing, or choose a model that takes any.',
        )
