"""How many members of an ensemble say the shown label, for whoever looks at it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from napari_segrobust.explore.planes import flat
from napari_segrobust.segment.ensemble_run import EnsembleRun

if TYPE_CHECKING:
    from napari_segrobust.explore.resolve import Request
    from napari_segrobust.explore.state import Plane
    from napari_segrobust.pipeline import Block, GivenRun
    from napari_segrobust.segment.protocols import InferenceRun
    from napari_segrobust.walk import Walk


def votes_of(
    request: Request, walk: Walk, run: InferenceRun | GivenRun, plane: Plane | None, block: Block | None
) -> dict[str, Any]:
    """Votes for the shown label, on a plane or everywhere; for any label where none is chosen.

    Empty where nobody asked, and for a lane that is no ensemble.
    """
    if 'votes' not in request.extras or not isinstance(run, EnsembleRun) or walk.model is None:
        return {}
    votes = run.votes(block)
    first = 1 if walk.model.spec.has_background_channel else 0
    wanted = [
        channel
        for channel in range(first, len(votes))
        if request.label in (None, walk.label_map.get(channel + 1 - first, 0))
    ]
    if request.label is None and not first:
        found = votes.max(axis=0)  # a member may say several independent classes
    else:
        found = votes[wanted].sum(axis=0, dtype=np.uint8)
    return {'votes': flat(found, plane)}
