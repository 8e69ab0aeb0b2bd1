"""The final mask of an adjudication as a file."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from napari_segrobust.cases.save import save_image
from napari_segrobust.review.consensus import ConsensusCode

if TYPE_CHECKING:
    from pathlib import Path

    from napari_segrobust.geometry import GridGeometry
    from napari_segrobust.review.adjudication import Ledger


def save_final_mask(path: Path, standing: Ledger, geometry: GridGeometry) -> tuple[str, ...]:
    """Write the final mask on the grid and in the axis order of the source.

    Parameters
    ----------
    path : Path
        Its ending chooses the format: .nii, .nii.gz, .nrrd and those of `save_image`.
    standing : Ledger
    geometry : GridGeometry
        Of the masks.

    Returns
    -------
    tuple of str
        What must be known of it. The file holds `ConsensusCode`: 0 out, 1 in, 2 tie, 3 nobody looked.

    Raises
    ------
    CaseError
        Another ending, or nothing can be written there.
    """
    final, progress = standing.final_map(), standing.progress
    state = 'closed' if standing.closed else 'open'
    words = f'final mask: {progress.settled} of {progress.items} disputes decided, adjudication {state}'
    save_image(path, final, geometry, description=words)
    notes = []
    for code, what in ((ConsensusCode.TIE, 'are tied'), (ConsensusCode.UNSEEN, 'were looked at by nobody')):
        count = int(np.count_nonzero(final == code))
        if count:
            notes.append(f'{count:,} voxels {what}: they are {int(code)} in {path.name}')
    if progress.settled < progress.items:
        left = progress.items - progress.settled
        notes.append(f'{left} of {progress.items} disputes are open: there the rule holds ({standing.rule})')
    return tuple(notes)
