"""What is reported: an agreement, how its adjudication stands, and the image behind the masks."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from napari_segrobust.review.adjudication.rows import row_of
from napari_segrobust.review.adjudication.worklist import worklist
from napari_segrobust.review.marks import is_simulated, letter_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from napari_segrobust.cases import Case
    from napari_segrobust.review import Agreement
    from napari_segrobust.review.adjudication import Item, Ledger, Row

#: Level 40, width 400: as radiologists look at soft tissue.
_SOFT_TISSUE = (-160.0, 240.0)
#: Percentiles that are black and white: what is bright keeps its shades.
_CUT = (0.5, 99.9)


@dataclass(frozen=True, eq=False)
class Source:
    """One case to report. No name of a file or a patient is among it.

    Attributes
    ----------
    agreement : Agreement
    standing : Ledger or None
        The adjudication of the same agreement. While it is open, raters go by what it calls them, and the model's
        numbers are left out.
    image : ndarray of float, shape (C, [Z,] Y, X), or None
        Behind the masks.
    limits : (float, float)
        Values of the image that are black and white.
    label_name : str
    case_key : str
        Content hash of the image; empty without one.
    model_words : str
        Which model it is, and what was simulated on the image that it saw.
    """

    agreement: Agreement
    standing: Ledger | None = None
    image: NDArray[np.float32] | None = None
    limits: tuple[float, float] = (0.0, 1.0)
    label_name: str = 'label 1'
    case_key: str = ''
    model_words: str = ''

    @classmethod
    def of_case(cls, case: Case, agreement: Agreement, standing: Ledger | None = None, label: int = 1) -> Self:
        """Take image, grey scale and names from a case."""
        limits = _SOFT_TISSUE
        if not case.in_hounsfield:
            low, high = np.nanpercentile(case.image, _CUT)
            limits = (float(low), float(high))
        return cls(agreement, standing, case.image, limits, case.label_name(label), case.key)

    @property
    def names(self) -> tuple[str, ...]:
        """Raters by their own names, in the order of their letters."""
        return self.agreement.votes.names if self.standing is None else self.standing.blinding.order

    @cached_property
    def places(self) -> tuple[int, ...]:
        """Place of each of `names` among the votes."""
        return tuple(self.agreement.votes.names.index(name) for name in self.names)

    def letter(self, name: str) -> str:
        """Letter of a rater."""
        return letter_of(self.names.index(name))

    @property
    def names_shown(self) -> bool:
        """Whether raters may be named."""
        return self.standing is None or self.standing.names_shown

    def shown(self, name: str) -> str:
        """What a rater is called: the name, or the letter alone."""
        return name if self.names_shown else self.letter(name)

    @property
    def model_hidden(self) -> bool:
        """Whether there is a model whose numbers must not be seen yet."""
        return self.agreement.model is not None and self.standing is not None and not self.standing.closed

    @property
    def model_shown(self) -> bool:
        """Whether there is a model whose numbers may be seen."""
        return self.agreement.model is not None and not self.model_hidden

    @property
    def simulated(self) -> tuple[str, ...]:
        """Raters who say themselves that they are no people."""
        return tuple(name for name in self.names if is_simulated(name))

    @cached_property
    def items(self) -> tuple[Item, ...]:
        """The worklist, the rim last."""
        if self.standing is not None:
            return self.standing.items
        return worklist(self.agreement.disputes, self.agreement.votes.shape)

    @cached_property
    def rows(self) -> tuple[Row, ...]:
        """What each dispute is, and what was decided."""
        if self.standing is not None:
            return self.standing.table()
        return tuple(row_of(item, None, self.shown, blinded=False) for item in self.items)

    @cached_property
    def agreed(self) -> NDArray[np.uint8]:
        """`ConsensusCode` per voxel: of the final mask where there is an adjudication, else of the majority."""
        return self.agreement.consensus_map() if self.standing is None else self.standing.final_map()

    def voxels(self, array: NDArray[Any]) -> NDArray[Any]:
        """The array with slices: a 2D image is a stack of one."""
        return array if len(self.agreement.votes.shape) == 3 else array[..., np.newaxis, :, :]
