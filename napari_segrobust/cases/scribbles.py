"""Scribbles in a file: read as a mask on the grid of the image, kept by their content beside it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from napari_segrobust.perturb import array_sha256

if TYPE_CHECKING:
    from napari_segrobust.cases.case import Case

#: Name under which they are read, as if they were a reference.
SCRIBBLES = 'scribbles'


def keep_scribbles(case: Case) -> Case:
    """Take what was read as a reference of that name out of the references, and keep it among the drawn masks."""
    mask = np.asarray(case.references[SCRIBBLES], np.uint8)
    key = array_sha256(mask)
    return case.with_masks(
        references={name: mask for name, mask in case.references.items() if name != SCRIBBLES},
        drawn_masks={**case.drawn_masks, key: mask},
        provenance={**case.provenance, SCRIBBLES: key},
    )


def scribbles_of(case: Case) -> str | None:
    """Content hash of the scribbles that were read with a case; None where there were none."""
    return case.provenance.get(SCRIBBLES)
