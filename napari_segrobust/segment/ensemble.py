"""Several models that answer as one, and say so when one of them is missing."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from napari_segrobust.cases.case import Expectations
from napari_segrobust.errors import ModelError
from napari_segrobust.segment.fit import check_image
from napari_segrobust.segment.post import Post
from napari_segrobust.segment.precision import SINGLE, Precision, precision_of
from napari_segrobust.segment.spec import ModelSpec

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from numpy.typing import NDArray

    from napari_segrobust.prompts import PromptKind
    from napari_segrobust.segment.protocols import ImageSource, Shown, WholeSegmenter, WindowSegmenter

#: How answers become one. ``majority``: each member votes with its own labels. ``mean``, ``weighted``: of
#: probabilities.
Rule = Literal['majority', 'mean', 'weighted']
RULES: tuple[Rule, ...] = ('majority', 'mean', 'weighted')
#: What is done where a member is missing: it is said, or nothing is computed.
Incomplete = Literal['say', 'refuse']


@dataclass(frozen=True, eq=False)
class Member:
    """One model of an ensemble.

    Attributes
    ----------
    name : str
        On screen; no two members share one.
    source : str
        What it is loaded by.
    model : WindowSegmenter, WholeSegmenter or None
        None where it could not be loaded.
    why : str
        Why it could not.
    weight : float
        Used by the rule ``weighted``.
    threshold : float or None
        With which it votes; None is its own.
    """

    name: str
    source: str
    model: WindowSegmenter | WholeSegmenter | None
    why: str = ''
    weight: float = 1.0
    threshold: float | None = None


@dataclass(frozen=True)
class Merger:
    """What an ensemble makes of the answers of its members.

    Attributes
    ----------
    name : str
    rule : {'majority', 'mean', 'weighted'}
    threshold : float
        As of any model: of the mean, or the share of the votes that must be exceeded.
    post : Post
        Steps after the members are merged; steps of the members themselves are not taken.
    incomplete : {'say', 'refuse'}
    source : str
        What the whole is loaded by.
    """

    name: str
    rule: Rule = 'majority'
    threshold: float = 0.5
    post: Post = field(default_factory=Post)
    incomplete: Incomplete = 'say'
    source: str = ''


class Ensemble:
    """Several models as one; a `WholeSegmenter` to whoever does not know it.

    Parameters
    ----------
    merger : Merger
    members : sequence of Member
        Their classes have the same names, in any order. Where one has independent classes (sigmoid), so has the whole,
        and the background of the others is left out.

    Raises
    ------
    ModelError
        The classes do not match; no member is there, or one is missing and that is to be refused.

    Notes
    -----
    Votes that tie go to the class that comes first in `spec`, the background before all others; with two classes or
    independent ones a class needs more than `threshold` of the votes, so that two of four are not enough. Members that
    are missing, that cannot take an image, or that fail, are in `missing`, and the name says how many are left: the
    others go on without them, and nothing is put in their place.
    """

    #: Name, classes and threshold of the whole; the name says where members are missing.
    spec: ModelSpec
    #: Content hash of rule and present members.
    key: str
    #: Of the first present member.
    device: str

    def __init__(self, merger: Merger, members: Sequence[Member], lost: dict[str, str] | None = None) -> None:
        self.merger = merger
        self.members = tuple(members)
        self._unfit: dict[str, str] = {}
        #: Shared with the ensembles that `fitting` makes: a member that failed is gone from all of them.
        self._lost = {m.name: m.why for m in members if m.model is None} if lost is None else lost
        self._fitting: dict[object, Ensemble] = {}
        self._there: tuple[str, ...] = ()
        self._must_stand()
        self.classes, self._exclusive = _common_classes(merger.name, self.present)
        self._settle()

    # -- who is there -----------------------------------------------------------------------------------------

    @property
    def missing(self) -> dict[str, str]:
        """Members that take no part, and why."""
        gone = {**self._lost, **self._unfit}
        return {m.name: gone[m.name] for m in self.members if m.name in gone}

    @property
    def present(self) -> tuple[Member, ...]:
        """Members that take part."""
        return tuple(m for m in self.members if m.name not in self._lost and m.name not in self._unfit)

    def lose(self, name: str, why: str) -> None:
        """Go on without a member that failed.

        Raises
        ------
        ModelError
            It was the last one, or an incomplete ensemble is to be refused.
        """
        self._lost[name] = why
        self._must_stand()
        self._settle()

    def fitting(self, source: ImageSource) -> Ensemble:
        """The ensemble of those members that can take an image; it is not read."""
        key = (source.shape, source.spacing, source.has_spacing)
        if key not in self._fitting:
            unfit = {}
            for member, model in _models(self.present):
                try:
                    check_image(model.spec, source)
                except ModelError as error:
                    unfit[member.name] = error.why
            fit = self
            if unfit:
                fit = Ensemble(self.merger, self.members, self._lost)
                fit._unfit = unfit
                fit._must_stand()
            self._fitting[key] = fit
        fit = self._fitting[key]
        fit._settle()
        return fit

    def without(self, name: str) -> Ensemble:
        """The ensemble of all present members but one, complete in itself."""
        merger = replace(self.merger, name=f'{self.merger.name} without {name}', incomplete='say')
        return Ensemble(merger, [m for m in self.present if m.name != name])

    def _must_stand(self) -> None:
        missing = self.missing
        if not missing and self.members:
            return
        words = '; '.join(f'{name}: {why}' for name, why in missing.items())
        if not self.present:
            raise ModelError(f'{self.merger.name} has no members', words or 'none is named', 'Name models that load.')
        if self.merger.incomplete == 'refuse':
            remedy = 'Put it right, or let the ensemble run without it: incomplete = "say".'
            raise ModelError(f'{self.merger.name} refused, {self._count}', words, remedy)

    @property
    def _count(self) -> str:
        return f'{len(self.present)} of {len(self.members)} members'

    # -- one model to everybody -------------------------------------------------------------------------------

    def follow_device(self) -> None:
        """Take over the device of the first present member, which running out of memory may have changed."""
        self.device = next(model.device for _, model in _models(self.present))

    @property
    def precision(self) -> Precision:
        """Half where any member computes so; of several the largest change."""
        found = [precision_of(model) for _, model in _models(self.present)]
        changes = [p.changed for p in found if p.changed is not None]
        return Precision(any(p.half for p in found), max(changes, default=None)) if changes else SINGLE

    @property
    def incompleteness(self) -> str:
        """One line on who is missing and why; nothing where all are there."""
        if not self.missing:
            return ''
        words = '; '.join(f'{name} is missing, {why}' for name, why in self.missing.items())
        return f'{self.merger.name} is {self._count}: {words}.'

    def segment(self, image: NDArray[np.float32], spacing: tuple[float, ...], shown: Shown) -> NDArray[np.float32]:
        """Map (C, *spatial) to probabilities (K, *spatial)."""
        from napari_segrobust.context.record import Context
        from napari_segrobust.segment.inference import start_inference
        from napari_segrobust.segment.source import ArraySource

        run = start_inference(self, ArraySource(image, spacing), Context(), shown=shown)
        run.advance(*run.pending())
        return run.probabilities()

    def _settle(self) -> None:
        """Say of whom it is made now: name, key and device are those of the present members."""
        there = tuple(m.name for m in self.present)
        if there == self._there:
            return
        self._there = there
        self.spec, self.key = self._made_spec(), self._made_key()
        self.follow_device()

    def _made_key(self) -> str:
        parts: list[object] = [self.merger.rule]
        for member, model in _models(self.present):
            weight = member.weight if self.merger.rule == 'weighted' else 1.0
            threshold = member.threshold if self.merger.rule == 'majority' else None
            parts.append((model.key, weight, threshold))
        return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:16]

    def _made_spec(self) -> ModelSpec:
        specs = [model.spec for _, model in _models(self.present)]
        kinds: dict[PromptKind, None] = {kind: None for spec in specs for kind in spec.prompts}
        names = ', '.join(m.name for m in self.present)
        return ModelSpec(
            name=f'{self.merger.name} ({self._count})' if self.missing else self.merger.name,
            dimensions=max(spec.dimensions for spec in specs),
            channels=specs[0].channels,
            classes=self.classes,
            activation='softmax' if self._exclusive else 'sigmoid',
            threshold=self.merger.threshold,
            post=self.merger.post,
            prompts=tuple(kinds),
            expectations=specs[0].expectations if _agree(spec.expectations for spec in specs) else Expectations(),
            card={'use': f'{_RULE_WORDS[self.merger.rule]}: {names}.', 'limits': self.incompleteness},
        )

    # -- many answers as one ----------------------------------------------------------------------------------

    def combine(self, answers: Sequence[NDArray[np.float32]]) -> NDArray[np.float32]:
        """Probabilities (K, ...) from those of the present members, each in its own channels.

        For ``majority`` they are shares of the votes. Means are taken as `monai.transforms.MeanEnsemble` takes them,
        weighted ones too.
        """
        if self.merger.rule == 'majority':
            return self.count_votes(answers).astype(np.float32) / np.float32(len(answers))
        weights = [np.float32(m.weight) for m in self.present]
        usual = np.float32(np.mean(weights, dtype=np.float32))
        total: NDArray[np.float32] = np.zeros((len(self.classes), *answers[0].shape[1:]), np.float32)
        for (_, model), weight, answer in zip(_models(self.present), weights, answers, strict=True):
            aligned = answer[self._channels(model.spec)]
            if self.merger.rule == 'weighted':
                aligned *= weight  # a copy: channels are chosen by a list
                aligned /= usual
            total += aligned
        total /= np.float32(len(answers))
        return total

    def count_votes(self, answers: Sequence[NDArray[np.float32]]) -> NDArray[np.uint8]:
        """How many members say each class, (K, ...), from the probabilities of the present ones.

        A member with independent classes votes for each above its threshold; any other for the one of its labels.
        """
        from napari_segrobust.segment.prediction import labels_from

        votes = np.zeros((len(self.classes), *answers[0].shape[1:]), np.uint8)
        for (member, model), answer in zip(_models(self.present), answers, strict=True):
            spec = model.spec
            channels = self._channels(spec)
            if spec.has_background_channel:
                labels = labels_from(answer, spec, member.threshold)
                for vote, channel in zip(votes, channels, strict=True):
                    vote += labels == channel
            else:
                votes += answer[channels] > (spec.threshold if member.threshold is None else member.threshold)
        return votes

    def tied(self, votes: NDArray[np.uint8]) -> NDArray[np.bool_]:
        """Where the votes (K, ...) name no winner: several classes lead, or half are for an independent one."""
        if self._exclusive:
            most = votes.max(axis=0)
            several: NDArray[np.bool_] = ((votes == most).sum(axis=0) > 1) & (most > 0)
            return several
        half: NDArray[np.bool_] = (2 * votes.astype(np.uint16) == len(self.present)).any(axis=0)
        return half

    def _channels(self, spec: ModelSpec) -> list[int]:
        """Channel of a member for each class of the whole."""
        names = [_plain(name) for name in spec.classes]
        if self._exclusive:
            return [0, *(names.index(_plain(name), 1) for name in self.classes[1:])]
        first = 1 if spec.has_background_channel else 0
        return [names.index(_plain(name), first) for name in self.classes]


_RULE_WORDS: dict[Rule, str] = {
    'majority': 'Majority of the labels of',
    'mean': 'Mean of the probabilities of',
    'weighted': 'Weighted mean of the probabilities of',
}


def parts(model: object) -> tuple[Any, ...]:
    """Models that compute: the present members of an ensemble, any other model itself, nothing for None."""
    if isinstance(model, Ensemble):
        return tuple(one for _, one in _models(model.present))
    return () if model is None else (model,)


def fitted(model: WindowSegmenter | WholeSegmenter, source: ImageSource) -> WindowSegmenter | WholeSegmenter:
    """The model as it takes an image, which is not read: an ensemble leaves out who cannot."""
    return model.fitting(source) if isinstance(model, Ensemble) else model


def incompleteness(model: object) -> str:
    """One line on the missing members of an ensemble; nothing for a complete one and for any other model."""
    return model.incompleteness if isinstance(model, Ensemble) else ''


def leave_out(model: object, missing: Mapping[str, str]) -> None:
    """Take members out of an ensemble that were missing when a record was made."""
    if isinstance(model, Ensemble):
        for name, why in missing.items():
            if name not in model.missing:
                model.lose(name, why)


def _models(members: Sequence[Member]) -> list[tuple[Member, WindowSegmenter | WholeSegmenter]]:
    return [(m, m.model) for m in members if m.model is not None]


def _plain(name: str) -> str:
    return name.strip().casefold()


def _agree(values: Iterable[object]) -> bool:
    first, *rest = values
    return all(value == first for value in rest)


def _common_classes(name: str, members: Sequence[Member]) -> tuple[tuple[str, ...], bool]:
    """Names of the channels of the whole, and whether they exclude each other."""
    specs = [model.spec for _, model in _models(members)]
    exclusive = all(spec.has_background_channel for spec in specs)
    known = [spec.classes[1 if spec.has_background_channel else 0 :] for spec in specs]
    for member, names in zip(members, known, strict=True):
        if sorted(map(_plain, names)) != sorted(map(_plain, known[0])):
            raise ModelError(
                f'{name} cannot be made',
                f'{members[0].name} knows {", ".join(known[0])}, and {member.name} knows {", ".join(names)}',
                'Choose models of the same classes, or give them the same names in their specs.',
            )
    background = (specs[0].classes[0],) if exclusive else ()
    return (*background, *known[0]), exclusive
