"""Where a case comes from: files, layers, a sample, or memory. Each can make the case again with other roles."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, Self

from napari_segrobust.cases import load_case
from napari_segrobust.cases.layers import METADATA_KEY, case_from_layers
from napari_segrobust.cases.readers import read_stored
from napari_segrobust.cases.roles import Role, looks_like_mask, propose_roles
from napari_segrobust.cases.stored import stem
from napari_segrobust.errors import CaseError
from napari_segrobust.ui.widgets.role_chips import InputItem

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from napari.layers import Layer
    from numpy.typing import NDArray

    from napari_segrobust.cases import Case
    from napari_segrobust.cases.layers import LayerFacts
    from napari_segrobust.cases.segments import SegmentsAre
    from napari_segrobust.cases.stored import StoredImage

#: What is left out of the case.
IGNORE = 'ignore'
#: Roles by the key of the input.
Roles = dict[str, str]


class Source(Protocol):
    """What can be made into a case, again and again."""

    @property
    def roles(self) -> Roles:
        """Role of each input by its key; empty while nobody knows."""

    def inputs(self) -> tuple[InputItem, ...]:
        """What the chips show."""

    def load(self) -> tuple[Source, Case]:
        """Make the case; the source comes back with its roles settled. Any thread."""

    def with_roles(self, roles: Roles) -> Source | None:
        """The same inputs in other roles; None where the image cannot be another one."""

    def resampled(self) -> Source | None:
        """The same with masks resampled by nearest neighbour; None where that cannot be done."""


@dataclass(frozen=True)
class Files:
    """Files and DICOM folders.

    Attributes
    ----------
    paths : tuple of Path
    chosen : mapping of str to str
        Roles by name; empty lets the content decide.
    resample : bool
        Whether masks on another grid are resampled by nearest neighbour.
    segments : {None, 'raters', 'labels'}
        What overlapping segments of a file are.
    """

    paths: tuple[Path, ...]
    chosen: Mapping[str, str] = field(default_factory=dict)
    resample: bool = False
    segments: SegmentsAre | None = None

    @cached_property
    def names(self) -> dict[str, Path]:
        """Each path by a name that no other has."""
        found: dict[str, Path] = {}
        for path in self.paths:
            plain = stem(path)
            name, number = plain, 2
            while name in found:
                name, number = f'{plain} ({number})', number + 1
            found[name] = path
        return found

    @property
    def roles(self) -> Roles:
        """Role of each file by its name."""
        return dict(self.chosen)

    def inputs(self) -> tuple[InputItem, ...]:
        """Files under their names."""
        return tuple(
            InputItem(name, name, self.chosen.get(name, IGNORE), path.name) for name, path in self.names.items()
        )

    def load(self) -> tuple[Self, Case]:
        """Read the files.

        Raises
        ------
        CaseError
            One line on what is wrong with them.
        """
        roles = self.roles or self._proposed()
        of = {role: [name for name in self.names if roles[name] == role] for role in Role}
        if len(of[Role.IMAGE]) != 1:
            why = f'{len(of[Role.IMAGE])} of {len(self.paths)} files have that role'
            raise CaseError('One image is needed', why, 'Choose one file as the image, and its masks.')
        sources = {role: {name: self.names[name] for name in names} for role, names in of.items()}
        case = load_case(
            next(iter(sources[Role.IMAGE].values())),
            references=sources[Role.REFERENCE],
            predictions=sources[Role.PREDICTION],
            raters=sources[Role.RATER],
            resample='nearest' if self.resample else None,
            segments=self.segments,
            name=of[Role.IMAGE][0],
        )
        if self.resample:
            case = case.with_masks(provenance={**case.provenance, 'resample': 'nearest'})
        return replace(self, chosen=roles), case

    def with_roles(self, roles: Roles) -> Self:
        """The same files in other roles."""
        return replace(self, chosen=dict(roles))

    def resampled(self) -> Self | None:
        """The same files, masks resampled to the image."""
        return None if self.resample else replace(self, resample=True)

    def divided(self, segments: SegmentsAre) -> Self:
        """The same files, and it is said what segments are; files of raters' segments are raters."""
        roles = self.roles or self._proposed()
        if segments == 'raters':
            masks = [name for name, role in roles.items() if role in (Role.REFERENCE, Role.PREDICTION)]
            several = {name for name in masks if _holds_several(read_stored(self.names[name]))}
            roles |= dict.fromkeys(several, str(Role.RATER))
        return replace(self, segments=segments, chosen=roles)

    def _proposed(self) -> Roles:
        """Roles by content; of several images the first is taken."""
        if len(self.paths) == 1:
            return {next(iter(self.names)): Role.IMAGE}
        masks = [not path.is_dir() and looks_like_mask(read_stored(path).array) for path in self.paths]
        roles = dict(zip(self.names, map(str, propose_roles(masks)), strict=True))
        images = [name for name, role in roles.items() if role == Role.IMAGE]
        return {name: IGNORE if name in images[1:] else role for name, role in roles.items()}


def _holds_several(stored: StoredImage) -> bool:
    """Whether a file holds more than one mask."""
    return stored.channel_axis is not None or stored.array.ndim > 3


@dataclass(frozen=True, eq=False)
class Layers:
    """Layers of a viewer.

    Attributes
    ----------
    layers : tuple of Layer
    facts : tuple of LayerFacts
        Taken in the GUI thread; loading may run in another one.
    chosen : mapping of str to str
        Roles by the layer's name.
    """

    layers: tuple[Layer, ...]
    facts: tuple[LayerFacts, ...]
    chosen: Mapping[str, str]

    @property
    def roles(self) -> Roles:
        """Role of each layer by its name."""
        return dict(self.chosen)

    @property
    def image(self) -> Layer:
        """The layer that is the image."""
        pairs = zip(self.layers, self.facts, strict=True)
        return next(layer for layer, fact in pairs if self._role(fact) == Role.IMAGE)

    def inputs(self) -> tuple[InputItem, ...]:
        """Layers under their names."""
        return tuple(InputItem(fact.name, fact.name, self._role(fact), 'layer of the viewer') for fact in self.facts)

    def load(self) -> tuple[Self, Case]:
        """Make the case; voxels are shared with the layers where their type allows.

        Raises
        ------
        CaseError
            Why the layers are no case.
        """
        used = [replace(fact, role=Role(self._role(fact))) for fact in self.facts if self._role(fact) != IGNORE]
        case = case_from_layers(used)
        provenance = dict(case.provenance)
        for fact in used:
            known = fact.metadata.get(METADATA_KEY, {}).get('provenance')
            if known and fact.role is not Role.IMAGE:
                provenance[f'{fact.role}s'] = {**provenance.get(f'{fact.role}s', {}), fact.name: known}
        return self, case.with_masks(provenance=provenance)

    def with_roles(self, roles: Roles) -> Self:
        """The same layers in other roles."""
        return replace(self, chosen=dict(roles))

    def resampled(self) -> Files | None:
        """The files behind the layers, resampled; None where one has no file."""
        known = [fact.metadata.get(METADATA_KEY, {}).get('provenance', {}).get('path') for fact in self.facts]
        if not all(known):
            return None
        files = Files(tuple(Path(path) for path in known), resample=True)
        return files.with_roles(dict(zip(files.names, map(self._role, self.facts), strict=True)))

    def _role(self, fact: LayerFacts) -> str:
        return self.chosen.get(fact.name, IGNORE)


@dataclass(frozen=True)
class Made:
    """A case that a function makes, such as a built-in sample.

    Attributes
    ----------
    make : callable
        Gives the case; called in the file thread.
    """

    make: Callable[[], Case]

    @property
    def roles(self) -> Roles:
        """Unknown until it is made."""
        return {}

    def inputs(self) -> tuple[InputItem, ...]:
        """Unknown until it is made."""
        return ()

    def load(self) -> tuple[Held, Case]:
        """Make the case."""
        case = self.make()
        return Held.of(case), case

    def with_roles(self, roles: Roles) -> None:
        """Its masks exist only once it is made."""

    def resampled(self) -> None:
        """Everything lies on one grid."""


@dataclass(frozen=True, eq=False)
class Held:
    """A case in memory: its masks change their roles without being read again.

    Attributes
    ----------
    case : Case
        With every mask there is, whatever role it has now.
    chosen : mapping of str to str
    """

    case: Case
    chosen: Mapping[str, str]

    @classmethod
    def of(cls, case: Case) -> Self:
        """The roles that the case itself says."""
        roles = {_IMAGE_KEY: str(Role.IMAGE)}
        roles |= {name: str(Role.RATER if name in case.raters else Role.REFERENCE) for name in case.references}
        roles |= {key: str(Role.PREDICTION) for key in _prediction_keys(case)}
        return cls(case, roles)

    @property
    def roles(self) -> Roles:
        """Role of each mask by its name."""
        return dict(self.chosen)

    def inputs(self) -> tuple[InputItem, ...]:
        """The image, and each mask under its name."""
        return tuple(InputItem(key, key or self.case.name, role) for key, role in self.chosen.items())

    def load(self) -> tuple[Self, Case]:
        """Group the masks anew."""
        predictions = {key: self.case.predictions[name] for key, name in _prediction_keys(self.case).items()}
        return self, regrouped(self.case, {**self.case.references, **predictions}, self.roles)

    def with_roles(self, roles: Roles) -> Self | None:
        """The same masks in other roles; the image stays."""
        if [key for key, role in roles.items() if role == Role.IMAGE] != [_IMAGE_KEY]:
            return None
        return replace(self, chosen=dict(roles))

    def resampled(self) -> None:
        """Everything lies on one grid."""


_IMAGE_KEY = ''


def _prediction_keys(case: Case) -> dict[str, str]:
    """Keys of predictions, told from references of the same name."""
    return {f'{name} (prediction)' if name in case.references else name: name for name in case.predictions}


def regrouped(case: Case, masks: Mapping[str, NDArray[Any]], roles: Roles) -> Case:
    """The same image with `masks` in the roles given; facts about each mask follow it."""
    of = {role: {name: mask for name, mask in masks.items() if roles.get(name) == role} for role in Role}
    facts = {name: known for role in Role for name, known in case.provenance.get(f'{role}s', {}).items()}
    grouped = {f'{role}s': {n: facts[n] for n in of[role] if n in facts} for role in Role if role is not Role.IMAGE}
    references = {**of[Role.REFERENCE], **of[Role.RATER]}
    return case.with_masks(
        references=references,
        predictions=of[Role.PREDICTION],
        raters=tuple(of[Role.RATER]),
        soft_references={name: soft for name, soft in case.soft_references.items() if name in references},
        provenance={**case.provenance, **grouped},
    )
