"""What there is to settle, in the order in which it is worked through: objects, deep pieces, the rim by a rule."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from napari_segrobust.review.disputes import Dispute, Disputes


@dataclass(frozen=True, slots=True)
class Item:
    """One dispute to settle.

    Attributes
    ----------
    id : str
        From its voxels and who is in and out: the same masks give the same id, in whatever order they come.
    dispute : Dispute
        Its volume, depth (distance to the border of the consensus), raters, slices, position and voxels.
    """

    id: str
    dispute: Dispute

    @property
    def by_rule(self) -> bool:
        """Whether a rule settles it unless somebody decides: so it is with the rim."""
        return self.dispute.kind == 'rim'


def worklist(disputes: Disputes, shape: Sequence[int]) -> tuple[Item, ...]:
    """List the items of an image of that shape, the rim last."""
    listed = [*disputes.items, *([] if disputes.rim is None else [disputes.rim])]
    return tuple(Item(item_id(dispute, shape), dispute) for dispute in listed)


def item_id(dispute: Dispute, shape: Sequence[int]) -> str:
    """Twelve hexadecimal digits that stand for the voxels of a dispute and its raters."""
    # Names cannot run into each other or into the voxels: each is told with its length.
    raters = [sorted(names) for names in (dispute.inside, dispute.outside)]
    digest = hashlib.sha256(repr((tuple(int(n) for n in shape), raters)).encode())
    digest.update(np.ascontiguousarray(dispute.where, '<i8').tobytes())
    return digest.hexdigest()[:12]
