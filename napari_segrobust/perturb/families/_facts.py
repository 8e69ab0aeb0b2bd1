"""What several families ask of the clean case."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from napari_segrobust.errors import PerturbationError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from napari_segrobust.perturb.clean import Clean
    from napari_segrobust.perturb.record import Perturbation


def on_scale(clean: Clean, record: Perturbation, channel: int) -> NDArray[np.float32]:
    """One channel of the clean image as families see it: on the intensity scale, 0 where it is not finite."""
    lo, hi = clean.scale(record)
    u: NDArray[np.float32] = (clean.image[channel] - np.float32(lo)) / np.float32(hi - lo)
    u[~np.isfinite(u)] = 0
    return u


def labelled(clean: Clean, record: Perturbation, label: float) -> NDArray[np.bool_]:
    """Voxels of a label of the reference; 0 stands for all labels together.

    Raises
    ------
    PerturbationError
        The reference does not have that label.
    """
    labels: NDArray[Any] = clean.labels(record)
    if round(label) == 0:
        found: NDArray[np.bool_] = np.not_equal(labels, 0)
        return found
    found = np.equal(labels, round(label))
    if not found.any():
        known = ', '.join(str(value) for value in np.unique(labels) if value)
        raise PerturbationError('Label unusable', f'{label:g} is not in the reference', f'Choose 0 or {known or 0}.')
    return found


def checked(channel: float, count: int, title: str) -> None:
    """Refuse a channel that the image does not have; -1 is always there."""
    if not -1 <= round(channel) < count:
        raise PerturbationError(f'{title} unusable', f'there is no channel {channel:g}', f'Choose -1 to {count - 1}.')
