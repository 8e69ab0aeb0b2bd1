"""Whether a model was shown enough to answer, and which of its answers is taken."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from napari_segrobust.errors import ModelError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from napari_segrobust.prompts import PromptKind, Prompts
    from napari_segrobust.segment.protocols import Candidate, Shown
    from napari_segrobust.segment.spec import ModelSpec

#: What a person does to show something.
_DEEDS: dict[PromptKind, str] = {
    'points': 'click a point on the object',
    'boxes': 'draw a box around it',
    'scribbles': 'scribble on it',
}


def is_shown(spec: ModelSpec, shown: Shown) -> bool:
    """Whether anything that the model takes was shown; scribbles are some only where they mark a voxel."""
    there = set(shown.prompts.kinds() - {'scribbles'})
    if shown.scribbles is not None and shown.scribbles.any():
        there.add('scribbles')
    return bool(there & set(spec.prompts))


def is_unprompted(spec: ModelSpec, prompts: Prompts) -> bool:
    """Whether every kind of prompt that a promptable model takes is lacking."""
    return bool(spec.prompts) and not prompts.kinds() & set(spec.prompts)


def ask_for(spec: ModelSpec) -> str:
    """What a person has to do for a promptable model: "click a point on the object, or draw a box around it"."""
    return ', or '.join(_DEEDS[kind] for kind in spec.prompts)


def check_shown(spec: ModelSpec, shown: Shown, inside: Shown, boxed: bool) -> None:
    """Refuse to ask a model that was shown nothing.

    Parameters
    ----------
    spec : ModelSpec
    shown, inside : Shown
        On the image, and what of it lies where the model looks.
    boxed : bool
        Whether that is a context box, and not the whole image.

    Raises
    ------
    ModelError
        It needs prompts, and none of the kinds that it takes is there.
    """
    if not spec.prompts or is_shown(spec, inside):
        return
    deeds = ask_for(spec)
    remedy = f'{deeds[0].upper()}{deeds[1:]}.'
    others = sorted(shown.prompts.kinds() - set(spec.prompts))
    if is_shown(spec, shown):
        why = f'what was shown lies outside the {"context box" if boxed else "image"}'
    elif others:
        why = f'it takes {" or ".join(spec.prompts)}, and {" and ".join(others)} were shown'
    else:
        why = 'nothing was shown'
    raise ModelError(f'{spec.name} waits for you', why, remedy)


def chosen(candidates: Sequence[Candidate], number: int | None, spec: ModelSpec) -> Candidate:
    """One of the masks that a model proposes.

    Parameters
    ----------
    candidates : sequence of Candidate
    number : int or None
        Its place in the list; None takes the one with the best score, the first of equals.
    spec : ModelSpec
        Of the model, for the message.

    Raises
    ------
    ModelError
        There is none, or not that many.
    """
    if not candidates:
        raise ModelError(f'{spec.name} failed', 'it proposed no mask', 'Show it another point or box.')
    if number is None:
        return max(candidates, key=lambda one: -math.inf if math.isnan(one.score) else one.score)
    if number >= len(candidates):
        why = f'it proposes {len(candidates)}, and number {number} was chosen, counting from 0'
        raise ModelError(f'{spec.name} has no such mask', why, 'Choose another, or leave the choice to the model.')
    return candidates[number]
