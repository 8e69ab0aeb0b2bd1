"""What somebody decided on one dispute: whom to follow where, who said so, when, and how sure."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Literal, Self, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, model_validator

from napari_segrobust.review.adjudication.voxels import VoxelSet

Answer: TypeAlias = Literal['rater', 'consensus', 'edit', 'undecidable', 'both_plausible', 'reference_wrong']

#: Answers that settle nothing: the region follows the rule for the rest, and is reported.
LEFT_TO_THE_RULE: tuple[Answer, ...] = ('undecidable', 'both_plausible', 'reference_wrong')


class Decision(BaseModel):
    """One decision.

    Attributes
    ----------
    item : str
        Id of the dispute.
    region : VoxelSet
        Its voxels, so that the final mask needs nothing but the masks and the log.
    answer : str
    rater : str or None
        Whom to follow, by name.
    inside : VoxelSet or None
        Of an edit: what is in.
    beyond : VoxelSet or None
        Of an edit: voxels outside the region that it covers too.
    reason : str
    confidence : int or None
        From 1 to 5.
    adjudicator : str
    time : str
        UTC, ISO 8601.
    seconds : float or None
        From the moment when the dispute was shown.
    blinded : bool
        Whether raters were shown as letters.
    """

    model_config = ConfigDict(frozen=True, extra='forbid', allow_inf_nan=False)

    item: str
    region: VoxelSet
    answer: Answer
    rater: str | None = None
    inside: VoxelSet | None = None
    beyond: VoxelSet | None = None
    reason: str = ''
    confidence: Annotated[int, Field(ge=1, le=5)] | None = None
    adjudicator: str
    time: str
    seconds: Annotated[float, Field(ge=0)] | None = None
    blinded: bool

    @model_validator(mode='after')
    def _whole(self) -> Self:
        if (self.rater is not None) != (self.answer == 'rater'):
            raise ValueError('a rater is named when a rater is followed, and only then')
        if (self.inside is not None) != (self.answer == 'edit'):
            raise ValueError('voxels belong to an edit, and an edit has them')
        if self.beyond is not None and self.answer != 'edit':
            raise ValueError('only an edit reaches beyond its region')
        return self

    @property
    def settles(self) -> bool:
        """Whether it says what is right, rather than leaving it to the rule."""
        return self.answer not in LEFT_TO_THE_RULE


def now() -> str:
    """Time in UTC, ISO 8601, to the millisecond."""
    return datetime.now(UTC).isoformat(timespec='milliseconds')
