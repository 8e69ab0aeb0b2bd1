"""What the explorer shows: the only truth. Widgets bind to it; logic reads it and never a widget."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

from psygnal import EventedModel
from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from napari_segrobust.context.record import Context
from napari_segrobust.perturb.record import Perturbation
from napari_segrobust.prompts import Prompts
from napari_segrobust.scenario import DEFAULT_TOLERANCE_MM, known_settings
from napari_segrobust.segment.post import Post
from napari_segrobust.segment.spec import ModelSpec
from napari_segrobust.walk import make_key

if TYPE_CHECKING:
    from collections.abc import Sequence

MAX_LANES = 6
Scope = Literal['slice', 'volume']
#: What a curve runs along: the slider, or how far the shown image is from the clean one.
CurveAxis = Literal['severity', 'rms']
#: What is computed of the shown slice beside the metrics, while somebody looks at it. ``change``: against the clean
#: image; ``texture``: of the label against the rest; ``rows``: before and after each entry; ``network``: what the
#: network is given; ``votes``: how many members of an ensemble say the label.
Extra = Literal['change', 'texture', 'rows', 'network', 'votes']


class Lane(BaseModel):
    """One thing that is judged: a model with its context, or a mask that was given.

    Attributes
    ----------
    source : str
        Name or path of a model, or name of a given prediction.
    given : bool
        Whether `source` is a given prediction.
    context : Context
    threshold : float or None
        None is the model's own.
    label_map : dict of int to int or None
        Model class to reference label; None proposes one by equal names.
    post : Post or None
        Steps after the network; None are the model's own.
    parameters : dict of str to float
        Of a model that can be adjusted; what is left out is its default.
    spec : ModelSpec or None
        How the model wants its input and what its output means, in place of what stands beside its file.
    """

    model_config = ConfigDict(frozen=True, extra='forbid')

    source: str
    given: bool = False
    context: Context = Context()
    threshold: Annotated[float, Field(ge=0, le=1)] | None = None
    label_map: dict[int, int] | None = None
    post: Post | None = None
    parameters: dict[str, float] = Field(default_factory=dict)
    spec: ModelSpec | None = None

    @property
    def model_id(self) -> str:
        """Name of its model among those of a session: one file with two specs is two models."""
        return self.source if self.spec is None else f'{self.source} {make_key(self.spec.model_dump(mode="json"))}'

    @property
    def title(self) -> str:
        """Its name on screen: of a file without its folder."""
        return self.source if self.given else Path(self.source).name


def clean(stack: tuple[Perturbation, ...]) -> tuple[Perturbation, ...]:
    """The same perturbations, each with severity 0."""
    return tuple(p.model_copy(update={'severity': 0.0}) for p in stack)


def acting(entry: Perturbation, seed: int | None, heard: bool) -> Perturbation:
    """One entry with the seed of all, where there is one, and switched off where another one is soloed."""
    changes: dict[str, Any] = {} if seed is None else {'seed': seed}
    if not heard:
        changes['enabled'] = False
    return entry.model_copy(update=changes) if changes else entry


class Plane(BaseModel):
    """The plane on the canvas.

    Attributes
    ----------
    axis, index : int
        Array axis that is sliced, and the slice, in voxels.
    centre : tuple of float or None
        Centre of the view in voxels, array order; windows near it come first.
    """

    model_config = ConfigDict(frozen=True, extra='forbid')

    axis: int = 0
    index: int = 0
    centre: tuple[float, ...] | None = None


class Pin(BaseModel):
    """What was frozen as A: it takes the place of the clean run as the baseline."""

    model_config = ConfigDict(frozen=True, extra='forbid')

    stack: tuple[Perturbation, ...] = ()
    lanes: tuple[Lane, ...] = ()


class ExploreState(EventedModel):
    """Evented state of one explorer; changed in the GUI thread only.

    Attributes
    ----------
    lanes : tuple of Lane
        One to six, side by side on one perturbed case.
    stack : tuple of Perturbation
        In order of application.
    focus : int
        The entry of the stack whose severity the curve runs along.
    plane : Plane or None
        None while the view is 3D: then only whole results are painted.
    reference : str or None
        None is the case's first.
    label : int or None
        The label that is shown and measured; None is all of them together.
    tolerance_mm : float
    definitions : dict
        Other settings of metrics, as in `Judgement`.
    scope : {'slice', 'volume'}
        Of table and curve.
    metric : str
        Of the curve.
    pin : Pin or None
    probability : int or None
        Channel of the first lane's probabilities that is shown as a layer.
    solo : int or None
        The one entry of the stack that acts; None lets all of them.
    seed : int or None
        One seed for the whole stack, in place of each entry's own.
    curve_axis : {'severity', 'rms'}
    extras : frozenset of str
        What somebody looks at beside the metrics, see `Extra`.
    film : (str, str) or None
        Preset and series whose levels are shown as a film strip.
    prompts : Prompts
        What promptable models are shown on this case.
    """

    model_config = ConfigDict(extra='forbid', validate_assignment=True)

    lanes: Annotated[tuple[Lane, ...], Field(max_length=MAX_LANES)] = ()
    stack: tuple[Perturbation, ...] = ()
    focus: int = 0
    plane: Plane | None = Plane()
    reference: str | None = None
    label: int | None = None
    tolerance_mm: Annotated[float, Field(ge=0, allow_inf_nan=False)] = DEFAULT_TOLERANCE_MM
    definitions: Annotated[dict[str, Any], AfterValidator(known_settings)] = Field(default_factory=dict)
    scope: Scope = 'slice'
    metric: str = 'dice'
    pin: Pin | None = None
    probability: int | None = None
    solo: int | None = None
    seed: Annotated[int, Field(ge=0)] | None = None
    curve_axis: CurveAxis = 'severity'
    extras: frozenset[Extra] = frozenset()
    film: tuple[str, str] | None = None
    prompts: Prompts = Prompts()

    #: What undo and redo bring back: what was asked, not how it is looked at.
    SCENARIO_FIELDS: ClassVar[tuple[str, ...]] = (
        'lanes', 'stack', 'focus', 'solo', 'seed', 'reference', 'tolerance_mm', 'definitions', 'pin', 'prompts',
    )  # fmt: skip

    @property
    def focused(self) -> Perturbation | None:
        """The entry that the curve runs along, None for an empty stack."""
        return self.stack[self.focus] if 0 <= self.focus < len(self.stack) else None

    @property
    def acting(self) -> tuple[Perturbation, ...]:
        """The stack as it acts: with the one seed where there is one, all but the soloed entry switched off."""
        solo = self.solo if self.solo is not None and self.solo < len(self.stack) else None
        return tuple(acting(entry, self.seed, solo in (None, i)) for i, entry in enumerate(self.stack))

    def ask(self, extra: Extra, on: bool = True) -> None:
        """Have something computed beside the metrics from now on, or no longer."""
        self.extras = self.extras | {extra} if on else self.extras - {extra}

    def set_stack(self, stack: tuple[Perturbation, ...], focus: int = 0, solo: int | None = None) -> None:
        """Replace the whole stack at once."""
        self.update({'stack': stack, 'focus': max(0, min(focus, len(stack) - 1)), 'solo': solo})

    def reorder(self, order: Sequence[int]) -> None:
        """Put entries ``order[0], order[1], ...`` first, second, ...; those that are left out go.

        Focus and solo stay with their entries.
        """
        place = {old: new for new, old in enumerate(order)}
        solo = None if self.solo is None else place.get(self.solo)
        self.set_stack(tuple(self.stack[i] for i in order), place.get(self.focus, len(order) - 1), solo)

    def set_perturbation(self, index: int, **changes: object) -> None:
        """Replace fields of one entry of the stack, and focus it."""
        stack = list(self.stack)
        stack[index] = Perturbation.model_validate({**stack[index].model_dump(), **changes})
        self.stack = tuple(stack)
        self.focus = index

    def set_lane(self, index: int, **changes: object) -> None:
        """Replace fields of one lane."""
        lanes = list(self.lanes)
        lanes[index] = Lane.model_validate({**lanes[index].model_dump(), **changes})
        self.lanes = tuple(lanes)
