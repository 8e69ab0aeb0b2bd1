"""A case seen through a stack of perturbations."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from napari_segrobust.perturb import get_spec, perturb_block, told_spacing

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from napari_segrobust.cases.case import Case
    from napari_segrobust.context.plan import Block
    from napari_segrobust.perturb import Clean, Perturbation


class PerturbedImage:
    """A case seen through a stack of perturbations: any block on demand, or all of it kept.

    Parameters
    ----------
    case : Case
    stack : sequence of Perturbation
        Entries that act; those that change headers change `spacing` alone.
    clean : Clean
        Of the same case: a change of severity draws nothing anew.

    Attributes
    ----------
    clean : Clean

    Notes
    -----
    A block equals the same block of the whole image. Called from one thread at a time.
    """

    def __init__(self, case: Case, stack: Sequence[Perturbation], clean: Clean) -> None:
        self.shape: tuple[int, ...] = case.image.shape
        self.spacing = told_spacing(case.geometry.spacing, stack)
        self.has_spacing = case.geometry.has_spacing
        self._stack = tuple(record for record in stack if get_spec(record.name).changes_voxels)
        self.clean = clean
        self._whole: NDArray[np.float32] | None = None if self._stack else case.image

    @property
    def nbytes(self) -> int:
        """Memory of its own, in bytes."""
        return 0 if self._whole is None or not self._stack else self._whole.nbytes

    @property
    def is_whole(self) -> bool:
        """Whether every voxel has been computed and kept."""
        return self._whole is not None

    def block(self, block: Block) -> NDArray[np.float32]:
        """Return (C, *block) float32; read-only in spirit, possibly a view."""
        if self._whole is not None:
            return self._whole[(slice(None), *block)]
        return perturb_block(self.clean, self._stack, block=block)

    def compute_whole(self, cancel: Callable[[], bool] = lambda: False, slab: int = 32) -> bool:
        """Compute and keep every voxel, slab by slab along axis 0; False when cancelled."""
        if self._whole is not None:
            return True
        whole = np.empty(self.shape, np.float32)
        spatial = self.shape[1:]
        for start in range(0, spatial[0], slab if len(spatial) == 3 else spatial[0]):
            if cancel():
                return False
            stop = min(start + slab, spatial[0]) if len(spatial) == 3 else spatial[0]
            block = (slice(start, stop), *(slice(0, n) for n in spatial[1:]))
            whole[(slice(None), *block)] = self.block(block)
        self._whole = whole
        return True
