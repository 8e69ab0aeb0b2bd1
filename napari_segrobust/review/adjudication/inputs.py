"""What an adjudication is about, as hashes: the masks, where they lie, and what the list of disputes depends on."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_segrobust.errors import ReviewError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from napari_segrobust.review.agreement import Agreement


def inputs_of(agreement: Agreement, rule: str) -> dict[str, Any]:
    """Describe the inputs, JSON-ready.

    Parameters
    ----------
    agreement : Agreement
    rule : str
        For the rest. STAPLE depends on how much background takes part: with it the margin is an input too.

    Returns
    -------
    dict
        ``raters`` by name with hashes of mask and looked-at voxels, ``shape``, ``spacing``, ``affine`` where it is
        known, ``label``, ``tolerance``, ``floor``.
    """
    votes, geometry = agreement.votes, agreement.geometry
    found: dict[str, Any] = {
        'raters': {
            name: {'mask': mask_hash(mask), 'looked': None if looked is None else mask_hash(looked)}
            for name, mask, looked in sorted(zip(votes.names, votes.masks, votes.looked, strict=True), key=_name)
        },
        'shape': list(votes.shape),
        'spacing': None if votes.spacing is None else list(votes.spacing),
        'affine': None if geometry is None else geometry.affine.tolist(),
        'label': agreement.label if isinstance(agreement.label, int) else dict(sorted(agreement.label.items())),
        'tolerance': agreement.settings.tolerance_mm,
        'floor': agreement.disputes.floor,
    }
    return {**found, 'margin': agreement.margin} if rule == 'staple' else found


def _name(rater: tuple[Any, ...]) -> str:
    return str(rater[0])


def mask_hash(mask: NDArray[np.bool_]) -> str:
    """SHA-256 of the voxels of a mask, whatever its type or place in memory."""
    return hashlib.sha256(np.packbits(np.asarray(mask, bool)).tobytes()).hexdigest()


def refuse_others(now: Mapping[str, Any], then: Mapping[str, Any], name: str) -> None:
    """Refuse a log of other inputs, and say what differs.

    Raises
    ------
    ReviewError
        Any of the inputs is not what it was.
    """
    if now == then:
        return
    mine, its = now['raters'], then.get('raters') or {}
    if mine.keys() != its.keys():
        why = f'{name} is about {", ".join(its)}, not {", ".join(mine)}'
    elif changed := [rater for rater in mine if mine[rater] != its[rater]]:
        why = f'{" and ".join(changed)} {"is" if len(changed) == 1 else "are"} not as in {name}'
    else:
        key = next(key for key in (*now, *then) if now.get(key) != then.get(key))
        why = f'{key} is {now.get(key)}, in {name} {then.get(key)}'
    raise ReviewError('Log belongs to other masks', why, 'Load the masks it was made with, or begin another log.')
