"""Raters of the open case: more of them from files or layers, other names, and a case of masks alone."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Self

from napari_segrobust.cases import find_raters, load_case
from napari_segrobust.cases.layers import case_from_layers
from napari_segrobust.cases.load import load_raters, with_raters
from napari_segrobust.cases.rater_files import told_apart
from napari_segrobust.cases.readers import read_stored
from napari_segrobust.errors import CaseError
from napari_segrobust.ui.inputs.sources import Held

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from napari_segrobust.cases import Case
    from napari_segrobust.cases.layers import LayerFacts
    from napari_segrobust.cases.segments import SegmentsAre
    from napari_segrobust.ui.inputs.sources import Roles
    from napari_segrobust.ui.widgets.role_chips import InputItem


@dataclass(frozen=True, eq=False)
class MoreRaters:
    """Files of raters for a case; without one, the first mask stands for the image.

    Attributes
    ----------
    case : Case or None
    paths : tuple of Path
        Files, folders and patterns.
    segments : {None, 'raters', 'labels'}
    resample : bool
    """

    case: Case | None
    paths: tuple[Path, ...]
    segments: SegmentsAre | None = None
    resample: bool = False

    @property
    def roles(self) -> Roles:
        """Unknown until it is read."""
        return {}

    def inputs(self) -> tuple[InputItem, ...]:
        """Unknown until it is read."""
        return ()

    def load(self) -> tuple[Held, Case]:
        """Read the masks.

        Raises
        ------
        CaseError
            One line on what is wrong with them.
        """
        options: dict[str, Any] = {'segments': self.segments, 'resample': 'nearest' if self.resample else None}
        if self.case is None:
            found = find_raters(self.paths)
            first = next(iter(found.values()))
            stored = read_stored(first)
            axis = -1 if stored.channel_axis is None and stored.array.ndim > 3 else None
            made = load_case(first, channel_axis=axis, raters=found, **options)
            made = made.with_masks(notes=('no image was given: the first mask stands for it', *made.notes))
        else:
            made = load_raters(self.case, list(self.paths), **options)
        return Held.of(made), made

    def with_roles(self, roles: Roles) -> None:
        """They are raters."""

    def resampled(self) -> Self | None:
        """The same, masks resampled to the image."""
        return None if self.resample else replace(self, resample=True)

    def divided(self, segments: SegmentsAre) -> Self:
        """The same, and it is said what segments are."""
        return replace(self, segments=segments)


def with_layers(case: Case, image: LayerFacts, masks: Sequence[LayerFacts]) -> Case:
    """Add layers of labels to a case as raters.

    Parameters
    ----------
    case : Case
    image : LayerFacts
        Layer that lies where the case lies.
    masks : sequence of LayerFacts
        With the role of raters; they are named after what tells the layers apart.

    Raises
    ------
    CaseError
        A layer that does not lie on the image.
    """
    made = case_from_layers([image, *masks])
    shape = next(iter(made.references.values())).shape
    if shape != case.shape:
        raise CaseError(f'These layers do not lie on {case.name}', f'{shape}', 'Choose masks of this image.')
    names = told_apart([mask.name for mask in masks])
    drawn = {name: made.references[mask.name] for name, mask in zip(names, masks, strict=True)}
    facts = {name: {'format': 'layer', 'layer': mask.name} for name, mask in zip(names, masks, strict=True)}
    return with_raters(case, drawn, facts)


def renamed(case: Case, names: Mapping[str, str]) -> Case:
    """The same case, references under other names.

    Parameters
    ----------
    case : Case
    names : mapping of str to str
        Old name to new name.

    Raises
    ------
    CaseError
        A name is empty or taken.
    """
    kept = [*case.predictions, *(name for name in case.references if name not in names)]
    for old, new in names.items():
        if not new or [*kept, *names.values()].count(new) > 1:
            why = f'{new} is there already' if new else f'{old} needs one'
            raise CaseError('Name unusable', why, 'Give every mask its own name.')

    def other(known: Mapping[str, Any]) -> dict[str, Any]:
        return {names.get(name, name): value for name, value in known.items()}

    facts = {key: other(case.provenance[key]) for key in ('references', 'raters') if key in case.provenance}
    return case.with_masks(
        references=other(case.references),
        soft_references=other(case.soft_references),
        raters=tuple(names.get(name, name) for name in case.raters),
        provenance={**case.provenance, **facts},
    )
