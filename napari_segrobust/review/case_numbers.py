"""What numbers over several cases need of one: no masks, so that hundreds of cases fit into memory."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from napari_segrobust.compare.value import MetricValue
    from napari_segrobust.review.agreement import Agreement
    from napari_segrobust.review.difficulty import Difficulty
    from napari_segrobust.review.model import Ceiling
    from napari_segrobust.review.pairwise import Pairwise


@dataclass(frozen=True, eq=False)
class CaseNumbers:
    """Numbers of one case.

    Attributes
    ----------
    names : tuple of str
        Raters with masks.
    volumes : dict of str to float
        Of all raters.
    volume_unit, length_unit : str
    pairwise : Pairwise
        Without the distances of single voxels.
    chance : dict of str to dict of str to (MetricValue or None)
    model_row : tuple of mapping of str to MetricValue, or None
    ceiling : Ceiling or None
    difficulty : Difficulty
        With the model's score.
    """

    names: tuple[str, ...]
    volumes: dict[str, float]
    volume_unit: str
    length_unit: str
    pairwise: Pairwise
    chance: dict[str, dict[str, MetricValue | None]]
    model_row: tuple[Mapping[str, MetricValue], ...] | None
    ceiling: Ceiling | None
    difficulty: Difficulty

    @classmethod
    def of(cls, agreement: Agreement) -> CaseNumbers:
        """Measure them, and let go of the masks."""
        votes = agreement.votes
        return cls(
            votes.names,
            agreement.volumes,
            votes.volume_unit,
            votes.length_unit,
            replace(agreement.pairwise, distances=None),
            agreement.chance,
            agreement.model_row,
            agreement.ceiling,
            agreement.difficulty,
        )
