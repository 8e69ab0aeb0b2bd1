"""The shown plane as a case of its own: what a perturbation would do to it, cheaply."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_segrobust.errors import PerturbationError
from napari_segrobust.explore.extras import small
from napari_segrobust.perturb import Clean, Perturbation, get_spec, perturb_block

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from napari_segrobust.cases.case import Case
    from napari_segrobust.explore.state import Plane

#: Longest side of the plane that is perturbed, in pixels.
_SIDE = 256


class PreviewCase:
    """One plane of a case, reduced to at most 256 pixels a side, with everything that perturbations ask for.

    Parameters
    ----------
    case : Case
    plane : Plane

    Notes
    -----
    A preview, not a result: what is drawn for a plane alone is another draw than that of the volume.
    """

    def __init__(self, case: Case, plane: Plane) -> None:
        self._case, self._plane = case, plane

    def shows(self, case: Case, plane: Plane) -> bool:
        """Whether it is of this plane of this case."""
        where = (plane.axis, plane.index)
        return case.key == self._case.key and where == (self._plane.axis, self._plane.index)

    @cached_property
    def clean(self) -> Clean:
        """The plane as a clean case in 2D."""
        case = self._case
        image = self._flat(case.image, 1)
        step = -(-max(image.shape[1:]) // _SIDE)
        spacing = case.geometry.spacing_mm
        if spacing is not None:
            spacing = tuple(
                size * step for axis, size in enumerate(spacing) if case.ndim == 2 or axis != self._plane.axis
            )
        return Clean(
            _reduced(image, step),
            case.intensity_range,
            spacing,
            references={name: _thinned(self._flat(mask, 0), step) for name, mask in case.references.items()},
            targets={key: _middle(target)[::step, ::step] for key, target in case.targets.items()},
            modality=case.likely_modality or 'of another kind',
        )

    def pictures(self, name: str, severity: float) -> tuple[NDArray[np.float32], ...]:
        """The plane without and with a perturbation, (C, rows, columns); empty where it cannot act on the plane."""
        if not get_spec(name).changes_voxels:
            return ()
        clean = self.clean
        whole = tuple(slice(0, n) for n in clean.shape)
        try:
            after = perturb_block(clean, [Perturbation(name=name, severity=severity)], block=whole)
        except PerturbationError:
            return ()
        return small(clean.image), small(after)

    def _flat(self, array: NDArray[Any], lead: int) -> NDArray[Any]:
        if self._case.ndim == 2:
            return array
        taken: NDArray[Any] = np.take(array, self._plane.index, axis=lead + self._plane.axis)
        return taken


def _reduced(image: NDArray[np.float32], step: int) -> NDArray[np.float32]:
    """Means of squares of `step` pixels; what is left over at the end is left out."""
    if step == 1:
        return np.ascontiguousarray(image)
    rows, columns = (n // step * step for n in image.shape[1:])
    cut = image[:, :rows, :columns].reshape(len(image), rows // step, step, columns // step, step)
    return np.ascontiguousarray(cut.mean(axis=(2, 4), dtype=np.float32))


def _thinned(mask: NDArray[Any], step: int) -> NDArray[Any]:
    rows, columns = (n // step * step for n in mask.shape)
    return np.ascontiguousarray(mask[:rows:step, :columns:step])


def _middle(image: NDArray[Any]) -> NDArray[Any]:
    found: NDArray[Any] = image if image.ndim == 2 else image[image.shape[0] // 2]
    return found
