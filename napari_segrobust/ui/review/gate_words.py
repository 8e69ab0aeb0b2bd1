"""What the gate says of the raters, and what can be done about it, as lines."""

from __future__ import annotations

from typing import TYPE_CHECKING

from napari_segrobust.cases import propose_sessions
from napari_segrobust.cases.rater_files import told_apart
from napari_segrobust.errors import ReviewError
from napari_segrobust.review.meaning import meanings_of, values_of
from napari_segrobust.ui.review.gate_lines import Action, GateLine

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator

    from napari_segrobust.review.gate import Doubt
    from napari_segrobust.ui.inputs.open_case import OpenCase
    from napari_segrobust.ui.review.state import Review

SHOW, RIGHT, BACK, TWICE, ADD, DIVIDE = (
    'Show', 'It is right', 'Take back', 'One rater, read twice', 'Add as raters', 'Each of them is a rater',
)  # fmt: skip
RESAMPLE, YES, NO = 'Resample (nearest neighbour)', 'Yes', 'No'


def gate_lines(
    review: Review,
    opener: OpenCase,
    show: Callable[[str], object],
    dismissed: Collection[str],
    dismiss: Callable[[str], object],
) -> list[GateLine]:
    """Every finding, with its buttons.

    Parameters
    ----------
    review : Review
    opener : OpenCase
    show : callable
        Draws a rater against the others.
    dismissed : collection of str
        Questions that were answered with no.
    dismiss : callable
        Says so.
    """
    lines = list(_opening(opener))
    if review.admitted is not None:
        doubts = review.admitted.doubts
        lines += [_of_doubt(review, doubt, show) for doubt in doubts]
        said = {doubt.finding.title for doubt in doubts}
        lines += [
            GateLine(finding.level, f'{finding.title}: {finding.detail}', finding.remedy)
            for finding in review.admitted.findings
            if finding.title not in said
        ]
    return lines + [
        line for line in (*_names(review, dismiss), *_readings(review, dismiss)) if line.words not in dismissed
    ]


def _opening(opener: OpenCase) -> Iterator[GateLine]:
    """What could not be read, and layers that are in no case."""
    refusal = opener.refusal
    if refusal is not None:
        actions = []
        if refusal.resampled is not None:
            actions.append(Action(RESAMPLE, 'Bring the masks to the grid of the image', opener.resample))
        if refusal.divided is not None:
            actions.append(Action(DIVIDE, 'Make a rater of each segment, or volume, of the file', opener.divide))
        yield GateLine('problem', f'{refusal.error.what}: {refusal.error.why}', refusal.error.remedy, tuple(actions))
    loose = opener.loose_masks
    if loose:
        names = ', '.join(layer.name for layer in loose)
        add = Action(ADD, 'Make raters of these layers', lambda: opener.add_rater_layers(loose))
        yield GateLine('note', f'In the viewer: {names}', '', (add,))


def _of_doubt(review: Review, doubt: Doubt, show: Callable[[str], object]) -> GateLine:
    settings, name = review.settings, doubt.raters[-1]
    words = f'{doubt.what}: {doubt.why}'
    look = () if doubt.kind in ('copy', 'meaning') else (_showing(name, show),)
    if doubt.allowed:
        allow = settings.allow - {*doubt.raters}
        back = Action(BACK, 'Refuse it again', lambda: review.change(allow=allow))
        return GateLine('warning', words, 'A person has looked at it: it takes part.', (*look, back))
    right = Action(
        RIGHT, 'A person has looked at it: it takes part', lambda: review.change(allow=settings.allow | {name})
    )
    out = Action(
        f'Leave {name} out', 'It does not take part', lambda: review.change(left_out=settings.left_out | {name})
    )
    if doubt.kind == 'copy':
        one, other = doubt.raters
        sessions = {**settings.sessions, other: settings.sessions.get(one, one)}
        tooltip = f'{other} is a further reading by {one}: it does not vote'
        return GateLine(
            'problem', words, doubt.remedy, (Action(TWICE, tooltip, lambda: review.change(sessions=sessions)), out)
        )
    if doubt.kind == 'meaning':
        return GateLine('problem', words, doubt.remedy, (*_by_name(review), right))
    if doubt.label is not None:
        labels = {**settings.labels, name: doubt.label}
        tooltip = f'{name} means label {doubt.label}'
        take = Action(f'Take label {doubt.label}', tooltip, lambda: review.change(labels=labels))
        return GateLine('problem', words, doubt.remedy, (*look, take, right, out))
    return GateLine('problem', words, doubt.remedy, (*look, right, out))


def _showing(name: str, show: Callable[[str], object]) -> Action:
    return Action(SHOW, f'Draw {name} against the others, on the slice where they differ most', lambda: show(name))


def _by_name(review: Review) -> Iterator[Action]:
    """Offer the label by each name that it has with somebody, where all have it."""
    case = review.case
    if case is None:
        return
    meanings, label = meanings_of(case), review.label
    names = {meanings[name][label]: None for name in review.names if label in meanings.get(name, {})}
    for meant in names:
        try:
            values = values_of(meant, review.names, meanings)
        except ReviewError:
            continue
        tooltip = ', '.join(f'{value} of {name}' for name, value in values.items())
        yield Action(f'Take {meant} of each', tooltip, lambda values=values: review.change(labels=values))


def _names(review: Review, dismiss: Callable[[str], object]) -> Iterator[GateLine]:
    """Names without the words that all of them share."""
    old = list(review.candidates)
    new = told_apart(old)
    case = review.case
    if case is None or new == old or any(name in case.references or name in case.predictions for name in new):
        return
    if any('simulated' in name for name in old):
        return  # that word says what they are
    question = f'Call them {", ".join(new)}?'
    rename = Action(YES, 'Change the names everywhere', lambda: review.rename(dict(zip(old, new, strict=True))))
    yield GateLine('note', question, 'Words that all names share say nothing.', (rename, _no(question, dismiss)))


def _readings(review: Review, dismiss: Callable[[str], object]) -> Iterator[GateLine]:
    """Names that look like a further reading by one rater."""
    settings = review.settings
    for name, first in propose_sessions(review.names).items():
        if name in settings.sessions:
            continue
        sessions = {**settings.sessions, name: settings.sessions.get(first, first)}
        question = f'Is {name} a second reading by {first}?'
        agree = Action(YES, 'It is one rater', lambda sessions=sessions: review.change(sessions=sessions))
        remedy = 'A further reading does not vote, and gives intra-rater agreement.'
        yield GateLine('note', question, remedy, (agree, _no(question, dismiss)))


def _no(question: str, dismiss: Callable[[str], object]) -> Action:
    return Action(NO, 'Do not ask again', lambda: dismiss(question))
