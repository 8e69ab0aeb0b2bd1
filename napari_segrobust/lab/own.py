"""The masks of a case on the bench: a scene that asks nothing, a prediction beside a copy of it to edit."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

import numpy as np
from pydantic import PrivateAttr

from napari_segrobust.lab.scene import SAME, DrawnPane, Pane, Question, Scene

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from napari_segrobust.cases.case import Case

#: Names of the two panes.
AS_IT_IS, EDITED = 'as it is', 'edited'


class OwnScene(Scene):
    """One label of a reference and a prediction, drawn by no file. Nothing is asked, so nothing is hidden."""

    _masks: tuple[NDArray[Any], NDArray[Any]] = PrivateAttr()
    _label: int = PrivateAttr()
    _image: NDArray[np.float32] = PrivateAttr()

    @classmethod
    def of(
        cls,
        case: Case,
        reference: str,
        prediction: NDArray[Any],
        label: int,
        metrics: Sequence[str],
        settings: dict[str, Any] | None = None,
        name: str = 'prediction',
    ) -> Self:
        """Put one label of a case on the bench.

        Parameters
        ----------
        case : Case
        reference : str
            Which of its references.
        prediction : ndarray of int, shape of the case
            Never changed.
        label : int
        metrics : sequence of str
            Keys of the rows.
        settings : dict, optional
            Entries of `MetricSettings`.
        name : str
            Where the prediction comes from, in words.
        """
        panes = tuple(Pane(name=one) for one in (AS_IT_IS, EDITED))
        # Not validated as a file is: its masks may be larger than anyone would draw.
        scene = cls.model_construct(
            schema_version=1,
            title=f'{case.name}: {case.label_name(label)}',
            explanation='',
            source=f'{name} against {reference}',
            question=Question(text='', answer=SAME),
            metrics=tuple(metrics),
            settings=dict(settings or {}),
            panes=panes,
            shape=case.shape,
            spacing=case.geometry.spacing_mm,
        )
        scene._masks = (case.references[reference], prediction)
        scene._label, scene._image = label, case.image[0]
        return scene

    @property
    def image(self) -> NDArray[np.float32]:
        """What lies behind the masks: the first channel, shape ([Z,] Y, X)."""
        return self._image

    def draw(self) -> tuple[DrawnPane, ...]:
        """The prediction twice: the second is for the hand."""
        reference, prediction = (np.asarray(mask == self._label, np.uint8) for mask in self._masks)
        return tuple(
            DrawnPane(pane.name, '', reference, prediction, self.spacing, None, self.metric_settings)
            for pane in self.panes
        )
