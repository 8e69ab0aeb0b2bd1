"""What a case is given while it is open: regions and scribbles that were drawn, other images to lead towards."""

from __future__ import annotations

from typing import TYPE_CHECKING

from napari_segrobust.prompts import Prompts

if TYPE_CHECKING:
    from napari_segrobust.cases.case import Case
    from napari_segrobust.explore.history import History


def carried(old: Case, new: Case) -> Case:
    """The new case with the drawn masks and targets that the old one, of the same image, was given meanwhile."""
    masks = {**old.drawn_masks, **new.drawn_masks}
    targets = {**old.targets, **new.targets}
    if masks.keys() == new.drawn_masks.keys() and targets.keys() == new.targets.keys():
        return new
    return new.amended(masks, targets)


def used_hashes(history: History) -> set[str]:
    """Content hashes that the state names, or can be brought back to name."""
    pins = [pin.stack for pin in history.past('pin') if pin is not None]
    entries = [entry for stack in (*history.past('stack'), *pins) for entry in stack]
    scribbles = {prompts.scribbles for prompts in history.past('prompts')}
    named = {key for entry in entries for key in (entry.region.mask_sha256, entry.target)}
    return {key for key in named | scribbles if key is not None}


def kept_prompts(old: Case | None, new: Case, prompts: Prompts) -> Prompts:
    """Prompts that stay when a case is opened: those on the same image, with other masks."""
    return prompts if old is not None and old.key == new.key else Prompts()
