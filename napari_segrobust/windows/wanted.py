"""Which label the windows are asked about, in the words of the reference."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from napari_segrobust.segment.prediction import labels_from

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from napari_segrobust.segment.spec import ModelSpec
    from napari_segrobust.walk import Walk


@dataclass(frozen=True)
class Wanted:
    """A label, and how the classes of a model become it.

    Attributes
    ----------
    label : int or None
        Value of the reference; None is every label but 0 as one.
    label_map : mapping of int to int, or None
        Model class (1 is the first after the background) to label; None keeps the classes.
    threshold : float or None
        As in `napari_segrobust.segment.labels_from`; None is the model's own.
    """

    label: int | None = 1
    label_map: Mapping[int, int] | None = None
    threshold: float | None = None

    @classmethod
    def of(cls, walk: Walk, label: int | None) -> Self:
        """As a run would label its prediction."""
        return cls(label, walk.label_map, walk.scenario.judgement.threshold)

    def labels(self, probabilities: NDArray[np.float32], spec: ModelSpec) -> NDArray[Any]:
        """Labels (...) of probabilities (K, ...), in the reference's values."""
        return labels_from(probabilities, spec, self.threshold, self.label_map)

    def chosen(self, labels: NDArray[Any]) -> NDArray[np.bool_]:
        """Where labels, of a reference or a prediction, are the wanted one."""
        found: NDArray[np.bool_] = labels != 0 if self.label is None else labels == self.label
        return found

    def probability(self, probabilities: NDArray[np.float32], spec: ModelSpec) -> NDArray[np.float32]:
        """Probability (...) of the label, of probabilities (K, ...).

        Classes that exclude each other add up; of independent ones the likeliest counts. Zero where no class of the
        model stands for the label.
        """
        total = np.zeros(probabilities.shape[1:], np.float32)
        for value, k in enumerate(spec.foreground, start=1):
            meant = value if self.label_map is None else self.label_map.get(value, 0)
            if meant and self.label in (None, meant):
                channel = probabilities[k]
                total = total + channel if spec.has_background_channel else np.maximum(total, channel)
        return np.minimum(total, 1)
