"""What layers are called in the list of layers, after ``[sr] ``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from napari_segrobust.explore.titles import lane_titles
from napari_segrobust.ui.canvas.layer_set import CLEAN, IMAGE, OUTSIDE, REFERENCE, SOFT

if TYPE_CHECKING:
    from napari_segrobust.cases.case import Case
    from napari_segrobust.explore.session import Session
    from napari_segrobust.explore.state import ExploreState
    from napari_segrobust.ui.canvas.cells import Beside


def layer_name(role: str, cell: int, session: Session, beside: Beside, nameless: bool = False) -> str:
    """Name of the layer of a role and cell.

    Parameters
    ----------
    role : str
        One of `layer_set.ROLES`.
    cell : int
        A lane, or `layer_set.CLEAN`.
    session : Session
        With a case.
    beside : {'nothing', 'clean', 'lanes'}
        What stands side by side: the name of an image is the caption of its cell.
    nameless : bool
        Whether nothing says which of the references it is.
    """
    if role in (SOFT, OUTSIDE):
        return role
    if role == REFERENCE:
        copy = '' if cell == 0 else f' ({session.baseline_name})' if cell == CLEAN else f' ({cell + 1})'
        return f'{role}{copy}' if nameless else f'{role}: {reference_name(session.state, session.case)}{copy}'
    # Captions have little room.
    kind = '' if role == IMAGE and beside != 'nothing' else f'{role}: '
    if cell == CLEAN:
        return f'{kind}{session.baseline_name}'
    if role == IMAGE and beside != 'lanes':
        return 'perturbed' if beside == 'clean' else role
    titles = lane_titles(session)
    source = titles[cell] if cell < len(titles) else str(cell + 1)
    twins = titles.count(source) > 1
    return f'{kind}{source} ({cell + 1})' if twins else f'{kind}{source}'


def reference_name(state: ExploreState, case: Case) -> str:
    """Name of the reference in use: the chosen one, else the case's first; empty without any."""
    return state.reference if state.reference in case.references else next(iter(case.references), '')
