"""The record of one run: what was done to the image, through what it was seen, and how it was judged."""

from __future__ import annotations

from typing import Annotated, Any, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from napari_segrobust.compare.settings import MetricSettings, setting_words
from napari_segrobust.context.record import Context
from napari_segrobust.errors import CompareError
from napari_segrobust.perturb.catalogue import in_order
from napari_segrobust.perturb.record import Perturbation
from napari_segrobust.prompts import Prompts
from napari_segrobust.segment.post import Post

#: The one default for every tolerance, in mm (voxels where the spacing is unknown).
DEFAULT_TOLERANCE_MM = 2.0


def known_settings(changes: dict[str, Any]) -> dict[str, Any]:
    """Check settings of metrics, other than the tolerance; for pydantic, which wants a ValueError."""
    unknown = sorted(changes.keys() - (setting_words().keys() - {'tolerance_mm'}))
    if unknown:
        raise ValueError(f'no setting of metrics: {", ".join(unknown)}')
    try:
        MetricSettings(**changes)
    except (CompareError, TypeError) as error:
        raise ValueError(str(error)) from None
    return changes


class Judgement(BaseModel):
    """How a prediction is read and judged; changing it never re-runs a network.

    Attributes
    ----------
    reference : str or None
        Name of the reference in the case; None is its first one, if it has any.
    threshold : float or None
        For two classes with softmax and for sigmoid; None is the model's own.
    label_map : dict of int to int or None
        Model class to reference label; None proposes one by equal names.
    post : Post or None
        Steps after the network; None are the model's own.
    tolerance_mm : float
        Tolerance of surface metrics and of the rim.
    definitions : dict
        Other settings that metrics depend on, by their names in `MetricSettings`; what is left out is its default.
    """

    model_config = ConfigDict(frozen=True, extra='forbid')

    reference: str | None = None
    threshold: Annotated[float, Field(ge=0, le=1)] | None = None
    label_map: dict[int, int] | None = None
    post: Post | None = None
    tolerance_mm: Annotated[float, Field(ge=0, allow_inf_nan=False)] = DEFAULT_TOLERANCE_MM
    definitions: Annotated[dict[str, Any], AfterValidator(known_settings)] = Field(default_factory=dict)

    @property
    def settings(self) -> MetricSettings:
        """Everything that metrics depend on."""
        return MetricSettings(tolerance_mm=self.tolerance_mm, **self.definitions)


class Scenario(BaseModel):
    """What was asked of one case and one model.

    Attributes
    ----------
    perturbations : tuple of Perturbation
        The stack, in order of application.
    context : Context
        Through what the model sees the perturbed image.
    judgement : Judgement
        How the prediction becomes labels and numbers.
    prompts : Prompts
        What a promptable model is shown, before perturbations move it.
    seed : int or None
        One seed for the whole stack, in place of each entry's own.
    """

    model_config = ConfigDict(frozen=True, extra='forbid')

    perturbations: tuple[Perturbation, ...] = ()
    context: Context = Context()
    judgement: Judgement = Judgement()
    prompts: Prompts = Prompts()
    seed: Annotated[int, Field(ge=0)] | None = None

    @property
    def stack(self) -> tuple[Perturbation, ...]:
        """Entries that act, remedies last, with the seeds they act with."""
        acting = in_order(self.perturbations)
        return tuple(p if self.seed is None else p.model_copy(update={'seed': self.seed}) for p in acting)

    def clean(self) -> Self:
        """The same scenario with an empty perturbation list."""
        return self.model_copy(update={'perturbations': ()})
