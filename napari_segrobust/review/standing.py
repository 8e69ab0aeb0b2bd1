"""A mask that is no rater among raters, at one moment: what is asked anew whenever a model has answered."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from napari_segrobust.review.drawn import measure
from napari_segrobust.review.model import Ceiling
from napari_segrobust.review.references import References, means
from napari_segrobust.review.williams import williams

if TYPE_CHECKING:
    from napari_segrobust.review.agreement import Agreement
    from napari_segrobust.review.drawn import Drawn
    from napari_segrobust.review.references import Numbers, Values
    from napari_segrobust.review.williams import Williams


@dataclass(frozen=True)
class Standing:
    """Where a mask stands.

    Attributes
    ----------
    values : dict of str to tuple of float or None
        By metric: against each reference of `references_of`.
    williams : Williams
        Index of the mask, beside that of each rater.
    ceiling : Ceiling or None
        The same values among those of the raters; None with fewer than three.
    """

    values: Values
    williams: Williams
    ceiling: Ceiling | None

    @property
    def means(self) -> Numbers:
        """Mean over the references."""
        return means(self.values)


def references_of(agreement: Agreement) -> References:
    """For each rater the majority of the others; of two raters, which leave none, each of them."""
    if agreement.references is not None:
        return agreement.references
    return References(agreement.raters, agreement.votes.spacing, agreement.settings)


def stand(agreement: Agreement, drawn: Drawn) -> Standing:
    """Measure a mask among raters.

    Parameters
    ----------
    agreement : Agreement
    drawn : Drawn
        It never votes.

    Returns
    -------
    Standing
    """
    references = references_of(agreement)
    values = references.measure(drawn)
    votes, settings = agreement.votes, agreement.settings
    row = [measure(rater, drawn, votes.spacing, settings, ('dice',))['dice'].value for rater in agreement.raters]
    index = williams(agreement.pairwise, row)  # type: ignore[arg-type]  # Dice is a number or None
    alike = references is agreement.references
    top = Ceiling(references.names, references.raters, values, references.ties) if alike else None
    return Standing(values, index, top)
