"""Words of the list of errors: how many matter, what became of them, why there are none."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from napari_segrobust.digits import on_screen
from napari_segrobust.ui.widgets.error_list import ErrorRow

if TYPE_CHECKING:
    from napari_segrobust.cases import Case
    from napari_segrobust.compare import ErrorItem, ErrorItems
    from napari_segrobust.explore.session import Session

#: What can become of an error, in the order in which it is counted.
FATES = ('new', 'grown', 'smaller', 'split off', 'moved', 'same')


def header_of(found: ErrorItems) -> tuple[str, str]:
    """How many errors matter, and what leads from there to the floor: "12 of 4,755 matter, the rest is rim", "from"."""
    count = len(found)
    if count == found.total:
        words, leads = f'{count:,} error{"" if count == 1 else "s"}', 'from'
    else:
        words, leads = f'{count:,} of {found.total:,} matter, the rest is', 'below'
        if found.rim_voxels:
            words, leads = f'{words} rim', 'or below' if found.below_floor else 'from'
    return words, leads if found.unit == 'ml' else ''


def changes_of(found: ErrorItems, session: Session) -> str:
    """Count what became of the errors: "since clean: 3 new, 2 gone"."""
    volume, current = session.volume, session.current
    if volume is None or current is None or volume.request.baseline != current.baseline:
        return ''
    fates = Counter(item.change.fate for item in found.items if item.change is not None)
    words = [f'{fates[fate]:,} {fate}' for fate in FATES if fates[fate]]
    gone = sum(item.change_text == 'gone' for item in found.former)
    former = ((len(found.former) - gone, 'below the floor'), (gone, 'gone'))
    words += [f'{count:,} {fate}' for count, fate in former if count]
    return f'since {session.baseline_name}: {", ".join(words)}' if words else ''


def why_no_errors(session: Session) -> str:
    """Say why the list is empty."""
    case = session.case
    if case is None:
        return 'Open a case first.'
    if not session.state.lanes:
        return 'Choose a model, or a prediction.'
    if not case.references:
        return 'No reference: nothing to call an error.'
    return 'Errors are listed when the whole volume is done.'


def error_row(item: ErrorItem, former: bool, case: Case | None) -> ErrorRow:
    """One error in words; with the name of its label where `case` is given."""
    place = '' if case is None else case.label_name(item.label)
    size, mark = on_screen(item.size_text), on_screen(item.change_text)
    return ErrorRow(item.kind_text, item.title, size, item.depth_text, place, mark, former)
