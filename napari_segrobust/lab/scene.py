"""A scene: two or more predictions side by side, the numbers that tell them apart, and a question to guess first."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, Annotated, Any, Literal, Self

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, model_validator

from napari_segrobust.cases.case import Case, Label
from napari_segrobust.compare import Comparison, MetricSettings, compare, metric_specs
from napari_segrobust.errors import CompareError
from napari_segrobust.geometry import GridGeometry
from napari_segrobust.lab.aggregate import Policy
from napari_segrobust.lab.drawing import Drawing, Probability
from napari_segrobust.lab.policies import outer_contour
from napari_segrobust.perturb.edits import MaskEdit, edit_mask

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

#: What a scene can show beside its numbers.
Extra = Literal['beta', 'empty_policies', 'hd95_definitions', 'outer_contours', 'scorecard']
#: The answer of a question to which no prediction is the better one.
SAME = 'same'
_FROZEN = ConfigDict(frozen=True, extra='forbid')


class Question(BaseModel):
    """What is asked before a number is shown.

    Attributes
    ----------
    text : str
    answer : str
        Name of a pane, or "same".
    metric : str or None
        The metric that is asked about, the first one of the scene; its numbers hold the answer.
    """

    model_config = _FROZEN
    text: str
    answer: str
    metric: str | None = None


class Prediction(Drawing):
    """A prediction: a mask, and the probabilities it came from where a metric needs them."""

    probability: Probability | None = None


class Pane(BaseModel):
    """A pair of masks. What is left out is that of the scene.

    Attributes
    ----------
    name : str
        On screen, and the answer to the question. Panes of one name are one contestant with several cases.
    case : str
        Which case of that contestant.
    shape, spacing : tuple
        Grid of this pane.
    reference : Drawing or None
        Without rows and shapes it begins as a copy of the scene's reference.
    prediction : Prediction or None
        Without rows and shapes it begins as a copy of the reference.
    """

    model_config = _FROZEN
    name: Annotated[str, Field(min_length=1)]
    case: str = ''
    shape: tuple[Annotated[int, Field(ge=1, le=512)], ...] | None = None
    spacing: tuple[Annotated[float, Field(gt=0)], ...] | None = None
    reference: Drawing | None = None
    prediction: Prediction | None = None


class Scene(BaseModel):
    """What a scene file says; `napari_segrobust.lab.scenes.load_scene` reads one.

    Attributes
    ----------
    title, explanation, source : str
        Words in the menu; one sentence, shown when all is revealed; where the masks or the idea come from.
    question : Question
    metrics : tuple of str
        Keys, in the order in which they are revealed.
    settings : dict
        Entries of `MetricSettings`, such as ``tolerance_mm``.
    aggregate : tuple of str
        Ways to make one number of several cases; then each contestant has one number per metric and way.
    extras : tuple of str
        What is shown beside the numbers, see `Extra`.
    shape, spacing, reference, prediction
        What the panes have in common.
    panes : tuple of Pane
    """

    model_config = _FROZEN
    schema_version: Literal[1] = Field(alias='schema')
    title: str
    explanation: str
    source: str = ''
    question: Question
    metrics: Annotated[tuple[str, ...], Field(min_length=1)]
    settings: dict[str, Any] = Field(default_factory=dict)
    aggregate: tuple[Policy, ...] = ()
    extras: tuple[Extra, ...] = ()
    shape: tuple[Annotated[int, Field(ge=1, le=512)], ...] | None = None
    spacing: tuple[Annotated[float, Field(gt=0)], ...] | None = None
    reference: Drawing = Drawing()
    prediction: Prediction = Prediction()
    panes: Annotated[tuple[Pane, ...], Field(min_length=2)]

    @property
    def contestants(self) -> tuple[str, ...]:
        """Names that can be the answer, without "same"."""
        return tuple(dict.fromkeys(pane.name for pane in self.panes))

    @property
    def metric_settings(self) -> MetricSettings:
        """What the definitions depend on."""
        return MetricSettings(**self.settings)

    def draw(self) -> tuple[DrawnPane, ...]:
        """Draw all panes, in order.

        Raises
        ------
        LabError
            When rows, shapes or edits do not fit the grid.
        """
        return tuple(self._draw(pane) for pane in self.panes)

    def _draw(self, pane: Pane) -> DrawnPane:
        shape, spacing = self._grid(pane)
        own = pane.reference or Drawing()
        base = None if own.begins_empty else self.reference.draw(shape, spacing)
        reference = own.draw(shape, spacing, base)
        drawing = pane.prediction or self.prediction
        prediction = drawing.draw(shape, spacing, reference)
        probability = None if drawing.probability is None else drawing.probability.of(prediction, spacing)
        return DrawnPane(pane.name, pane.case, reference, prediction, spacing, probability, self.metric_settings)

    def _grid(self, pane: Pane) -> tuple[tuple[int, ...], tuple[float, ...] | None]:
        shape, spacing = pane.shape or self.shape, pane.spacing or self.spacing
        if shape is None or len(shape) not in (2, 3):
            raise ValueError(f'pane {pane.name!r} has no shape ([Z,] Y, X)')
        if spacing is not None and len(spacing) != len(shape):
            raise ValueError(f'pane {pane.name!r} has {len(spacing)} spacings for {len(shape)} axes')
        return shape, spacing

    @model_validator(mode='after')
    def _consistent(self) -> Self:
        for pane in self.panes:
            self._grid(pane)
        names = [(pane.name, pane.case) for pane in self.panes]
        if len(set(names)) < len(names):
            raise ValueError('two panes have one name and one case')
        if len(set(names)) > len(self.contestants) and not self.aggregate:
            raise ValueError('panes of one name need aggregate = [...]')
        if self.question.answer not in (*self.contestants, SAME):
            raise ValueError(f'the answer {self.question.answer!r} is none of {", ".join(self.contestants)} or {SAME}')
        if self.question.metric not in (None, self.metrics[0]):
            raise ValueError(f'the question asks about {self.question.metric!r}, so that metric must come first')
        unknown = sorted(set(self.metrics) - set(metric_specs()))
        if unknown:
            raise ValueError(f'unknown metric {", ".join(unknown)}')
        foreign = sorted(set(self.settings) - {item.name for item in fields(MetricSettings)})
        if foreign:
            raise ValueError(f'unknown setting {", ".join(foreign)}')
        try:
            MetricSettings(**self.settings)
        except CompareError as error:
            raise ValueError(str(error)) from error
        return self


@dataclass(frozen=True, eq=False)
class DrawnPane:
    """A pair of masks, drawn.

    Attributes
    ----------
    name, case : str
        Those of the pane.
    reference, prediction : ndarray of uint8, shape ([Z,] Y, X)
    spacing : tuple of float or None
        In mm in array order.
    probability : ndarray of float32, same shape, or None
        Of label 1.
    settings : MetricSettings
    """

    name: str
    case: str
    reference: NDArray[np.uint8]
    prediction: NDArray[np.uint8]
    spacing: tuple[float, ...] | None
    probability: NDArray[np.float32] | None
    settings: MetricSettings

    def compare(self, metrics: Sequence[str] | None = None) -> Comparison:
        """Compare label 1 of both masks; every applicable metric when none is named."""
        return compare(
            self.reference,
            self.prediction,
            self.spacing,
            labels=[1],
            probability=self.probability,
            metrics=metrics,
            settings=self.settings,
        )

    def edited(self, edits: Iterable[MaskEdit]) -> Self:
        """Return the pane with an edited prediction, which no longer has probabilities."""
        prediction = np.asarray(edit_mask(self.prediction, edits, self.spacing), np.uint8)
        return replace(self, prediction=prediction, probability=None)

    def with_settings(self, **changes: Any) -> Self:
        """Return the pane with other settings, such as ``beta`` or ``tolerance_mm``."""
        return replace(self, settings=replace(self.settings, **changes))

    def outer_contours(self) -> Self:
        """Return the pane with the holes of both masks filled."""
        return replace(
            self, reference=outer_contour(self.reference), prediction=outer_contour(self.prediction), probability=None
        )

    def as_case(self) -> Case:
        """Return the pane as a case whose image shows the reference, smoothed: something to look at."""
        from scipy.ndimage import gaussian_filter

        image = gaussian_filter((self.reference > 0).astype(np.float32), 0.7)
        return Case(
            name=' '.join(filter(None, (self.name, self.case))),
            image=image[None],
            geometry=GridGeometry.from_spacing(self.reference.shape, self.spacing),
            references={'reference': self.reference},
            predictions={self.name: self.prediction},
            labels={1: Label('structure')},
            provenance={'source': 'drawn from a scene of the pitfall lab'},
            notes=('drawn, not measured',),
        )
