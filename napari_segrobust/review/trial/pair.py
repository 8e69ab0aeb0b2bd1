"""Two masks of one case, side by side without their names, and what a person says of them."""

from __future__ import annotations

import hashlib
from random import Random
from typing import Annotated, Literal, Self, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, model_validator

Question: TypeAlias = Literal['human', 'use']
Kind: TypeAlias = Literal['rater', 'consensus', 'model']
Answer: TypeAlias = Literal['A', 'B', 'both_plausible', 'reference_wrong', 'undecidable']

#: What is asked.
QUESTIONS: dict[Question, str] = {'human': 'Which is human?', 'use': 'Which would you use?'}
#: Answers that choose neither mask.
NEITHER: tuple[Answer, ...] = ('both_plausible', 'reference_wrong', 'undecidable')


class Entrant(BaseModel):
    """One of the two masks.

    Attributes
    ----------
    name : str
    kind : {'rater', 'consensus', 'model'}
    mask : str
        SHA-256 of its voxels.
    """

    model_config = ConfigDict(frozen=True, extra='forbid')

    name: str
    kind: Kind
    mask: str

    @property
    def is_human(self) -> bool:
        """Whether people drew it, or people's masks made it."""
        return self.kind != 'model'


class Pair(BaseModel):
    """Two masks of one case, and which of them is shown as A.

    Attributes
    ----------
    id : str
        From the case and both masks: the same masks are asked about once.
    case : str
        Content hash of the image.
    one, other : Entrant
    a : {'one', 'other'}
        Drawn at random, and recorded.
    """

    model_config = ConfigDict(frozen=True, extra='forbid')

    id: str
    case: str
    one: Entrant
    other: Entrant
    a: Literal['one', 'other']

    @classmethod
    def drawn(cls, case: str, one: Entrant, other: Entrant, seed: int) -> Self:
        """Make a pair, with the sides by chance: the same seed gives the same sides."""
        key = hashlib.sha256(repr((case, sorted((one.mask, other.mask)))).encode()).hexdigest()[:12]
        return cls(
            id=key, case=case, one=one, other=other, a='one' if Random(f'{seed} {key}').random() < 0.5 else 'other'
        )

    @property
    def sides(self) -> tuple[Entrant, Entrant]:
        """What is shown as A, and as B."""
        return (self.one, self.other) if self.a == 'one' else (self.other, self.one)

    def chosen(self, answer: Answer) -> Entrant | None:
        """Whose mask an answer chooses; None where it chooses neither."""
        return None if answer in NEITHER else self.sides['AB'.index(answer)]


class Verdict(BaseModel):
    """What a person said of a pair.

    Attributes
    ----------
    pair : str
        Its id.
    answer : str
    judge : str
    time : str
        UTC, ISO 8601.
    seconds : float or None
        From the moment when the pair was shown.
    """

    model_config = ConfigDict(frozen=True, extra='forbid', allow_inf_nan=False)

    pair: str
    answer: Answer
    judge: str
    time: str
    seconds: Annotated[float, Field(ge=0)] | None = None

    @model_validator(mode='after')
    def _judged(self) -> Self:
        if not self.judge:
            raise ValueError('somebody judges')
        return self
