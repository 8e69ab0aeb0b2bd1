"""Files of named segments (3D Slicer, DICOM): each may be a label of one mask, or one rater's whole mask."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from napari_segrobust.cases.case import Label
from napari_segrobust.errors import CaseError, SegmentsError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from napari_segrobust.cases.stored import StoredImage

#: What the segments of a file are.
SegmentsAre = Literal['raters', 'labels']
SEGMENTS_ARE: tuple[SegmentsAre, ...] = ('raters', 'labels')


@dataclass(frozen=True, slots=True)
class Segment:
    """One named segment of a file.

    Attributes
    ----------
    name : str
    value : int
        Of its voxels.
    layer : int
        Which of the file's layers it lies in; segments of one layer cannot overlap.
    color : (int, int, int) or None
    """

    name: str
    value: int
    layer: int = 0
    color: tuple[int, int, int] | None = None


def label_names(segments: Sequence[Segment]) -> dict[int, Label]:
    """Names and colours by value; none where two segments share a value."""
    named = {segment.value: Label(segment.name, segment.color) for segment in segments}
    return named if len(named) == len(segments) else {}


def divided(stored: StoredImage, name: str, segments_are: SegmentsAre | None) -> dict[str, StoredImage]:
    """Masks that a file holds, by name: one, or one per segment.

    Parameters
    ----------
    stored : StoredImage
        As it was read.
    name : str
        Of the mask, where it is one.
    segments_are : {'raters', 'labels'} or None
        Nothing is guessed: a file whose segments lie in several layers must be told.

    Raises
    ------
    SegmentsError
        Layers that nobody has explained.
    CaseError
        Segments that overlap although they are labels.
    """
    layered = stored.channel_axis is not None
    if not stored.segments or (segments_are is None and not layered):
        return {name: stored}
    if segments_are is None:
        names = ', '.join(segment.name for segment in stored.segments)
        raise SegmentsError(
            f'{name} holds {len(stored.segments)} segments, which may overlap',
            names,
            "Say what they are: segments='raters' makes a rater of each, 'labels' makes labels of one mask.",
        )
    if segments_are == 'raters':
        return {
            segment.name: replace(
                stored,
                array=_inside(stored, segment),
                channel_axis=None,
                segments=(replace(segment, value=1, layer=0),),
                labels={},
            )
            for segment in stored.segments
        }
    return {name: _merged(stored, name) if layered else stored}


def _inside(stored: StoredImage, segment: Segment) -> NDArray[np.uint8]:
    layer: NDArray[Any] = stored.array
    if stored.channel_axis is not None:
        layer = layer.take(segment.layer, stored.channel_axis)
    return np.asarray(layer == segment.value, np.uint8)


def _merged(stored: StoredImage, name: str) -> StoredImage:
    """All layers as one mask; segments of one value get numbers of their own."""
    masks = [_inside(stored, segment) for segment in stored.segments]
    shared = int(np.count_nonzero(np.sum(masks, axis=0, dtype=np.uint16) > 1))
    if shared:
        why = f'{shared:,} voxels of {name} lie in several of its segments'
        raise CaseError('Segments overlap', why, "Say segments='raters' if each is a rater's, or separate them.")
    segments = stored.segments
    if not label_names(segments):
        segments = tuple(replace(segment, value=number) for number, segment in enumerate(segments, start=1))
    values = np.max([mask * np.uint16(s.value) for mask, s in zip(masks, segments, strict=True)], axis=0)
    return replace(stored, array=values, channel_axis=None, segments=segments, labels=label_names(segments))
