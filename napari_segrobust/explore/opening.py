"""A model that a person chose, on its way to a lane: what is known of it, and what must be asked."""

from __future__ import annotations

import zipfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from napari_segrobust.errors import ModelError
from napari_segrobust.segment.facts import Fact, read_facts

if TYPE_CHECKING:
    from collections.abc import Mapping

    from napari_segrobust.segment.protocols import WholeSegmenter, WindowSegmenter
    from napari_segrobust.segment.spec import ModelSpec


@dataclass(frozen=True)
class Question:
    """Why a model was not loaded, and what a person could say so that it is.

    Attributes
    ----------
    message : str
        "what: why. remedy"
    missing : tuple of str
        Entries of its spec that nothing says.
    known : dict
        Entries that its files do say.
    facts : tuple of Fact
        What its weights tell.
    expressions : tuple of str
        Code in its files that would run, and does so only with consent.
    """

    message: str
    missing: tuple[str, ...] = ()
    known: dict[str, Any] = field(default_factory=dict)
    facts: tuple[Fact, ...] = ()
    expressions: tuple[str, ...] = ()

    @property
    def can_be_answered(self) -> bool:
        """Whether a person's word is all that is wanting."""
        return bool(self.missing or self.expressions)


Stage = Literal['reading', 'asking', 'consent', 'failed', 'editing']


@dataclass(eq=False)
class Opening:
    """One model that was chosen. Changed by `ModelLoader` alone, in the GUI thread.

    Attributes
    ----------
    source : str
        Name or path.
    place : int or None
        The lane that it takes the place of; None is a new one.
    stage : {'reading', 'asking', 'consent', 'failed', 'editing'}
        ``editing``: it is a lane, and its spec is open for changes.
    spec : ModelSpec or None
        In place of the file's own.
    message : str
        Of the last failure.
    question : Question or None
    serial : int
        Counts the readings: an answer to an older one is not taken.
    """

    source: str
    place: int | None = None
    stage: Stage = 'reading'
    spec: ModelSpec | None = None
    message: str = ''
    question: Question | None = None
    serial: int = 0

    @property
    def title(self) -> str:
        """The file's name."""
        return Path(self.source).name


def read_model(
    source: str,
    spec: ModelSpec | None,
    device: str,
    trusted: bool,
    known: Mapping[str, WindowSegmenter | WholeSegmenter] | None = None,
) -> WindowSegmenter | WholeSegmenter | Question:
    """Load a model, or say what stands in the way. File thread.

    Parameters
    ----------
    source : str
        Name or path.
    spec : ModelSpec, optional
        In place of its own.
    device : str
    trusted : bool
        Whether a person agreed that the expressions in its files are run.
    known : mapping of str to model, optional
        Models that are there already; an ensemble takes its members from them, an altered network its weights.
    """
    from napari_segrobust.segment.device import resolve_device
    from napari_segrobust.segment.ensemble_source import is_ensemble
    from napari_segrobust.segment.load import load_model
    from napari_segrobust.segment.loaders.altered import LOADER as ALTERED
    from napari_segrobust.segment.loaders.ensemble import LOADER

    consent: dict[str, Any] = {'trust': True} if trusted else {}
    try:
        if is_ensemble(source):
            return LOADER.load(source, spec, resolve_device(device), known)
        if ALTERED.recognises(source):
            loader = ALTERED.trusting() if trusted else ALTERED
            return loader.load(source, spec, resolve_device(device), known)
        return load_model(source, spec, device, **consent)
    except ModelError as error:
        missing = tuple(getattr(error, 'missing', ()))
        return Question(
            message=str(error),
            missing=missing,
            known=dict(getattr(error, 'known', None) or {}),
            facts=_facts(source) if missing else (),
            expressions=tuple(getattr(error, 'expressions', ())),
        )


def _facts(source: str) -> tuple[Fact, ...]:
    """What the weights tell; nothing where they tell nothing, which is no fault."""
    try:
        return read_facts(Path(source))
    except (ModelError, OSError, RuntimeError, ValueError, zipfile.BadZipFile):
        return ()
