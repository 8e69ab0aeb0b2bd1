"""What a person says about the raters before any number is taken."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Self

from napari_segrobust.review.region import MARGIN

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class ReviewSettings:
    """How the raters of a case are read. Tolerance and label are those of the explorer.

    Attributes
    ----------
    left_out : frozenset of str
        Masks that do not take part.
    labels : mapping of str to int
        Value that a rater means by the label, where it is another one.
    sessions : mapping of str to str
        Mask to rater: further readings of one rater.
    allow : frozenset of str
        Raters whose suspicious masks a person has looked at and found right.
    volumes_ml : mapping of str to float
        Raters who gave a volume and no mask.
    looked : mapping of str to ndarray of bool, each of shape ([Z,] Y, X)
        Where a rater looked; a rater that is not named looked everywhere.
    margin : int or None
        How far, in voxels, the region reaches beyond the box of all raters; None leaves it out.
    """

    left_out: frozenset[str] = frozenset()
    labels: Mapping[str, int] = field(default_factory=dict)
    sessions: Mapping[str, str] = field(default_factory=dict)
    allow: frozenset[str] = frozenset()
    volumes_ml: Mapping[str, float] = field(default_factory=dict)
    looked: Mapping[str, NDArray[Any]] = field(default_factory=dict)
    margin: int | None = MARGIN

    def renamed(self, names: Mapping[str, str]) -> Self:
        """The same of masks under other names, old name to new name."""

        def other(said: Any) -> Any:
            if isinstance(said, frozenset):
                return frozenset(names.get(name, name) for name in said)
            return {names.get(name, name): value for name, value in said.items()}

        sessions = {reading: names.get(rater, rater) for reading, rater in other(self.sessions).items()}
        changed = {key: other(getattr(self, key)) for key in ('left_out', 'labels', 'allow', 'volumes_ml', 'looked')}
        return replace(self, sessions=sessions, **changed)
