"""Words of the lab: verdicts, numbers, hands. No Qt."""

from __future__ import annotations

from typing import TYPE_CHECKING

from napari_segrobust.digits import on_screen, three_digits
from napari_segrobust.lab import SAME

if TYPE_CHECKING:
    from collections.abc import Sequence

    from napari_segrobust.compare import MetricValue
    from napari_segrobust.lab import DrawnPane, Game, Mark, Scene
    from napari_segrobust.ui.lab.picture import Plane


def number_words(value: MetricValue) -> str:
    """A value with its unit, or why there is none."""
    if value.value is None:
        return f'\u2013 ({value.status.replace("_", " ")})'
    if isinstance(value.value, str):
        return value.value
    if isinstance(value.value, tuple):
        return ', '.join(three_digits(part) for part in value.value)
    return f'{three_digits(value.value)} {on_screen(value.unit or "")}'.rstrip()


def hands_words(count: int) -> str:
    """A number of hands."""
    return f'{count} hand' if count == 1 else f'{count} hands'


def same_words(scene: Scene) -> str:
    """The answer that none is better, on its button."""
    return 'No difference' if len(scene.contestants) == 2 else 'All the same'


def plane_words(pane: DrawnPane, plane: Plane) -> str:
    """Which slice is looked at; empty for masks of two axes."""
    if plane.axis < 0:
        return ''
    return f'slice {plane.index + 1} of {pane.reference.shape[plane.axis]}, across axis {"zyx"[plane.axis]}'


def size_words(name: str, panes: Sequence[DrawnPane]) -> str:
    """The size of the image of a contestant, where images differ: scales do too then."""
    if len({(pane.reference.shape, pane.spacing) for pane in panes}) == 1:
        return ''
    own = next(pane for pane in panes if pane.name == name)
    return f'\n{" x ".join(map(str, own.reference.shape))} voxels'


def question(game: Game) -> str:
    """What is asked now; the scene's own question again when all is shown."""
    ask = game.ask
    if ask is None:
        return game.asks[0].text if game.asks else ''
    return ask.text if ask.right or ask.row is None else f'{ask.row.title}: nothing to guess here, R shows it.'


def verdict(game: Game) -> str:
    """What became of the guess that was closed last: a shape and a word, and how many hands were right."""
    ask = game.last
    if ask is None or not ask.right:
        return ''
    hands = game.closed[-1] if game.closed else {}
    about = '' if ask.row is None else f'{ask.row.title}: '
    answer = ' and '.join('no difference' if name == SAME else name for name in ask.right)
    total = sum(hands.values())
    right = sum(count for name, count in hands.items() if name in ask.right)
    if not total:
        return '' if game.ask is None else f'{about}{answer}'
    if total == 1:
        return f'{about}\u2713 right, {answer}' if right else f'{about}\u2717 wrong, it is {answer}'
    sign = '\u2713' if 2 * right > total else '\u2717'
    return f'{about}{sign} {right} of {hands_words(total)} right, {answer}'


def change_words(mark: Mark) -> str:
    """What a trial did to a metric, by shape and number."""
    if mark.invariant is None:
        return 'undefined'
    if mark.invariant:
        return '\u2713'
    arrow = '\u25b2' if (mark.change or 0) > 0 else '\u25bc'
    return f'{arrow} {three_digits(abs(mark.change or 0))}'
