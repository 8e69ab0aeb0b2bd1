"""The raters behind the explorer's own curve: against the very reference that the curve is measured against."""

from __future__ import annotations

from typing import TYPE_CHECKING

from napari_segrobust.review.drawn import Drawn, measure
from napari_segrobust.review.references import CEILING_KEYS, called, numbers, span

if TYPE_CHECKING:
    from napari_segrobust.explore.updates import PlaneUpdate, VolumeUpdate
    from napari_segrobust.review import Agreement
    from napari_segrobust.ui.app import Explorer

    Limits = tuple[float, float]


def rater_band(explorer: Explorer, update: PlaneUpdate | VolumeUpdate) -> tuple[Limits, str] | None:
    """Smallest and largest rater against the curve's reference, and what that is in words.

    Parameters
    ----------
    explorer : Explorer
    update : PlaneUpdate or VolumeUpdate
        What the curve shows.

    Returns
    -------
    ((float, float), str) or None
        None where raters and curve would not be measured alike: on a slice, in a part of the image, with another label
        or other definitions, against a reference that was moved or redrawn; and before anybody has looked at the
        raters. A rater who is the reference is not held against it.
    """
    review, state = explorer.review, explorer.session.state
    case, walk, agreement = review.case, update.request.lanes[0].now if update.request.lanes else None, review.agreement
    if agreement is None or case is None or walk is None or not review.is_current or review.model_hidden:
        return None
    alike = state.scope == 'volume' and state.label == review.label and not state.definitions
    boxed = any(view.valid is not None for view in update.lanes)
    name = walk.reference
    if not alike or boxed or name is None or walk.reference_stack or state.metric not in CEILING_KEYS:
        return None
    label, mask = review.label, case.references[name]

    def against(agreement: Agreement) -> dict[str, Limits | None]:
        reference, votes = Drawn(name, mask == label), agreement.votes
        found = [
            numbers(measure(reference, rater, votes.spacing, agreement.settings, CEILING_KEYS))
            for rater in agreement.raters
            if rater.name != name
        ]
        return {key: span([values[key] for values in found]) for key in CEILING_KEYS}

    limits: dict[str, Limits | None] | None = review.ask(('against', case.mask_key(name)), against)
    found = None if limits is None else limits[state.metric]
    others = [rater for rater in agreement.votes.names if rater != name]
    if found is None or len(others) < 2:
        return None
    return found, f'Range: {called(others)} on the unperturbed image, against {name}, as the curve is'
