"""A method as a model: adjustable, whole, with a spec and a key like any other."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING

import numpy as np

from napari_segrobust.segment.classical.method import VOLUME, Method
from napari_segrobust.segment.classical.picture import Picture, grey
from napari_segrobust.segment.spec import ModelSpec

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from napari_segrobust.segment.classical.method import Run
    from napari_segrobust.segment.protocols import Knob, Shown

    #: Channels of a slice (C, *spatial), and what is shown on it.
    Lesson = tuple[NDArray[np.float32], Shown]


class ClassicalSegmenter:
    """A `WholeSegmenter` and `AdjustableSegmenter` around a method.

    Parameters
    ----------
    method : Method
    given : mapping of str to float
        Values of knobs; the others are at their defaults.

    Raises
    ------
    ModelError
        No such knob, or a value outside its range.

    Examples
    --------
    >>> from napari_segrobust.segment import load_model
    >>> load_model('otsu').adjusted({'side': 1}).values['side']
    1.0
    """

    device = 'cpu'

    def __init__(self, method: Method, given: Mapping[str, float] | None = None) -> None:
        self.method = method
        self.parameters: tuple[Knob, ...] = method.knobs
        self.values = method.values(given or {})
        self.spec = spec_of(method, self.values)
        record = json.dumps([method.name, method.version, self.values], sort_keys=True)
        self.key = hashlib.sha256(record.encode()).hexdigest()[:16]
        self._run: Run = method.run

    def adjusted(self, values: Mapping[str, float]) -> ClassicalSegmenter:
        """The same method with other values; what is left out is the default.

        Raises
        ------
        ModelError
            No such knob, or a value outside its range.
        """
        return ClassicalSegmenter(self.method, values)

    def taught(self, lessons: Sequence[Lesson], spacing: tuple[float, ...]) -> ClassicalSegmenter:
        """The same method, having learnt from the slices that bear prompts; itself where it learns nothing."""
        if self.method.learn is None:
            return self
        pictures = [Picture(grey(image, self.values['channel']), spacing, shown) for image, shown in lessons]
        learnt = ClassicalSegmenter(self.method, self.values)
        learnt._run = self.method.learn(pictures, self.values)
        return learnt

    def segment(self, image: NDArray[np.float32], spacing: tuple[float, ...], shown: Shown) -> NDArray[np.float32]:
        """Map (C, *spatial) to probabilities (K, *spatial), background first.

        Raises
        ------
        ModelError
            The image has no such channel, or the method cannot work with what it is shown.
        """
        found = self._run(Picture(grey(image, self.values['channel']), spacing, shown), self.values)
        if found.ndim == image.ndim:
            return found
        labels = np.arange(len(self.spec.classes)).reshape(-1, *(1,) * found.ndim)
        certain: NDArray[np.float32] = (found == labels).astype(np.float32)
        return certain


def spec_of(method: Method, values: Mapping[str, float]) -> ModelSpec:
    """Spec of a method with these values of its knobs."""
    count = int(values.get('classes', 1))
    objects = ('object',) if count == 1 else tuple(f'object {k + 1}' for k in range(count))
    return ModelSpec(
        name=method.name,
        dimensions=3 if values.get('scope') == VOLUME else 2,
        any_image=True,
        classes=('background', *objects),
        overlap=0.0,
        blending='constant',
        prompts=method.prompts,
        card={'title': method.title, 'use': method.use, 'limits': method.limits, 'protocol': method.source},
    )
