"""The references of one case as walks compare with them, each with its surfaces, kept while they are looked at."""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING

from napari_segrobust import judging
from napari_segrobust.compare import PreparedReference
from napari_segrobust.compare.interrupt import checkpoint
from napari_segrobust.explore.planes import flat
from napari_segrobust.pipeline import plane_block

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from napari_segrobust.explore.state import Plane
    from napari_segrobust.perturb import Clean
    from napari_segrobust.walk import Walk

#: References kept with their surfaces: one for each rater, context box and warp that was looked at last.
KEPT = 8


class References:
    """Prepared references; those that were not asked for longest are dropped first.

    What acts on the image alone is no part of their key: the severity of a noise never prepares a reference anew.

    Parameters
    ----------
    clean : Clean
        Of the case.
    """

    def __init__(self, clean: Clean) -> None:
        self.clean = clean
        self._kept: OrderedDict[tuple[object, ...], PreparedReference] = OrderedDict()

    def prepared(self, walk: Walk, inside: Walk, plane: Plane | None) -> PreparedReference | None:
        """Return the reference of a walk on a plane, on the whole when None; None where the case has none.

        A plane of a warped reference is sampled by itself, and everything else is prepared whole, slices included.

        Parameters
        ----------
        walk, inside : Walk
            Whose reference, and inside whose context box.
        plane : Plane or None
        """
        if walk.reference is None:
            return None
        flat_case = plane is None or walk.case.ndim == 2
        key, valid = (walk.reference_key, inside.scenario.context.box), judging.valid(inside)
        whole = self._get(key)
        if whole is None and not flat_case and walk.frame and walk.frame == walk.reference_stack:
            assert plane is not None  # a volume is looked at in a plane
            return self._get((*key, plane.axis, plane.index)) or self._keep(
                (*key, plane.axis, plane.index), self._of_plane(walk, valid, plane)
            )
        if whole is None:
            checkpoint()
            mask = judging.reference_labels(walk, self.clean)
            assert mask is not None  # the walk has a reference
            whole = self._keep(key, PreparedReference(mask, walk.case.geometry.spacing_mm, valid))
        return whole if flat_case or plane is None else whole.slice(plane.index, plane.axis)

    def _of_plane(self, walk: Walk, valid: NDArray[np.bool_] | None, plane: Plane) -> PreparedReference:
        block = plane_block(walk.case.shape, plane.axis, plane.index)
        mask = judging.reference_labels(walk, self.clean, block)
        assert mask is not None  # the walk has a reference
        spacing = walk.case.geometry.spacing_mm
        return PreparedReference(
            flat(mask, plane),
            None if spacing is None else spacing[: plane.axis] + spacing[plane.axis + 1 :],
            None if valid is None else flat(valid[block], plane),
        )

    def _get(self, key: tuple[object, ...]) -> PreparedReference | None:
        if key in self._kept:
            self._kept.move_to_end(key)
        return self._kept.get(key)

    def _keep(self, key: tuple[object, ...], made: PreparedReference) -> PreparedReference:
        self._kept[key] = made
        if len(self._kept) > KEPT:
            self._kept.popitem(last=False)
        return made
