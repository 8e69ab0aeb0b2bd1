"""Models that lanes name and that a person opens, read in the file thread; and unloaded when no lane uses them."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any, ClassVar

from psygnal import Signal

from napari_segrobust.context.record import Context
from napari_segrobust.explore.opening import Opening, Question, read_model
from napari_segrobust.explore.state import MAX_LANES, Lane
from napari_segrobust.explore.status import Status
from napari_segrobust.segment.ensemble import parts

if TYPE_CHECKING:
    from collections.abc import Callable

    from napari_segrobust.explore.session import Session
    from napari_segrobust.explore.worker import ComputeThread, FileThread
    from napari_segrobust.segment.facts import Fact
    from napari_segrobust.segment.spec import ModelSpec

logger = logging.getLogger(__name__)


class ModelLoader:
    """Loads and unloads the models of one session. GUI thread, but for reading.

    Parameters
    ----------
    session : Session
    files : FileThread
    compute : ComputeThread
        Told of models that went, so that it holds none of them.

    Attributes
    ----------
    loading : set of str
        `Lane.model_id` of those that are being read.
    failures : dict of str to str
        "what: why. remedy" of those that could not be; they are tried again when `retry` is called.
    notes : dict of str to tuple of str
        What a loaded model says of itself, one line each.
    openings : list of Opening
        Models that a person chose and that are no lane yet, and those whose spec is being edited.
    """

    #: What is loaded, being read, asked for or refused has changed.
    changed: ClassVar[Signal] = Signal()
    #: A file or folder became a lane.
    opened: ClassVar[Signal] = Signal(str)

    def __init__(self, session: Session, files: FileThread, compute: ComputeThread) -> None:
        self._session = session
        self._files = files
        self._compute = compute
        self.loading: set[str] = set()
        self.failures: dict[str, str] = {}
        self.notes: dict[str, tuple[str, ...]] = {}
        self.openings: list[Opening] = []
        self._trusted: set[str] = set()
        self._facts: dict[str, tuple[Fact, ...]] = {}

    # -- lanes --------------------------------------------------------------------------------------------------

    def load_missing(self) -> None:
        """Begin to read every model of the lanes that is neither there nor being read."""
        self._tidy()
        for lane in self._lanes():
            key = lane.model_id
            if not (lane.given or key in self._session.models or key in self.loading or key in self.failures):
                self._load(lane)

    def retry(self) -> None:
        """Try again what could not be read."""
        self.failures.clear()
        self._session.request()

    def _load(self, lane: Lane) -> None:
        key, source = lane.model_id, lane.source
        self.loading.add(key)
        self._session.set_status(Status('waiting', f'loading {lane.title}'))

        def done(found: Any) -> None:
            self.loading.discard(key)
            if isinstance(found, Question):
                self._refuse(lane, found)
            elif any(one.model_id == key for one in self._lanes()):
                self._keep(key, found)
                self._session.request()

        def failed(message: str) -> None:
            done(Question(message))

        self._read(source, lane.spec, done, failed)
        self.changed.emit()

    def _refuse(self, lane: Lane, question: Question) -> None:
        """Leave the lane where it is, and say why it shows nothing; or ask what would help."""
        key = lane.model_id
        self.failures[key] = question.message
        lanes = self._session.state.lanes
        place = next((index for index, one in enumerate(lanes) if one.model_id == key), None)
        if question.can_be_answered and place is not None:
            self.openings.append(Opening(lane.source, place, spec=lane.spec))
            self._ask(self.openings[-1], question)
        self._session.request()
        self._session.complain(question.message)
        self.changed.emit()

    # -- opening ------------------------------------------------------------------------------------------------

    def open(self, source: str, place: int | None = None) -> Opening:
        """Read a model that a person chose; the lanes stay as they are until it is there.

        Parameters
        ----------
        source : str
            Name or path.
        place : int, optional
            The lane that it takes the place of; default is a new one at the end, where there is room for it.
        """
        if place is None and len(self._session.state.lanes) >= MAX_LANES:
            place = MAX_LANES - 1
        opening = Opening(source, place)
        self.openings = [one for one in self.openings if one.place is None or one.place != place]
        self.openings.append(opening)
        self._begin(opening)
        return opening

    def edit(self, index: int) -> Opening | None:
        """Open the spec of a lane for changes; None where its model is not there."""
        lane = self._session.state.lanes[index]
        model = None if lane.given else self._session.models.get(lane.model_id)
        if model is None:
            return None
        self.openings = [one for one in self.openings if one.place != index]
        facts = Question('', facts=self._facts.get(lane.source, ()))
        self.openings.append(Opening(lane.source, index, 'editing', model.spec, question=facts))
        self.changed.emit()
        return self.openings[-1]

    def answer(self, opening: Opening, spec: ModelSpec) -> None:
        """Read it again, with a spec that a person gave."""
        opening.spec = spec
        self._begin(opening)

    def trusts(self, source: str) -> bool:
        """Whether a person agreed that the code of a model is run."""
        return source in self._trusted

    def trust(self, opening: Opening) -> None:
        """Read it again, and let the expressions in its files run: a person saw them and agreed."""
        self._trusted.add(opening.source)
        self._begin(opening)

    def tell(self, opening: Opening, words: str) -> None:
        """Say something of it, also when it is a lane by now."""
        if opening in self.openings:
            opening.message = words
        else:
            key = Lane(source=opening.source, spec=opening.spec).model_id
            self.notes[key] = (*self.notes.get(key, ()), words)
        self.changed.emit()

    def dismiss(self, opening: Opening) -> None:
        """Forget it; a lane that it belongs to stays."""
        self.openings = [one for one in self.openings if one is not opening]
        opening.serial += 1
        self.changed.emit()

    def _begin(self, opening: Opening) -> None:
        editing = opening.stage == 'editing'
        opening.serial += 1
        opening.message = ''
        if not editing:
            opening.stage = 'reading'
        serial, spec = opening.serial, opening.spec

        def done(found: Any) -> None:
            if opening.serial != serial or opening not in self.openings:
                return
            if isinstance(found, Question):
                self._ask(opening, found, editing)
            else:
                self._seat(opening, found, editing)

        def failed(message: str) -> None:
            done(Question(message))

        self._read(opening.source, spec, done, failed)
        self.changed.emit()

    def _ask(self, opening: Opening, question: Question, editing: bool = False) -> None:
        answered = opening.question is not None and opening.question.missing and not question.can_be_answered
        opening.message = question.message
        if editing:
            opening.stage = 'editing'
        elif answered:
            # What was said does not fit the weights: the form stays open for another try.
            opening.stage = 'asking'
        else:
            opening.question = question
            self._facts[opening.source] = question.facts
            opening.stage = 'consent' if question.expressions else 'asking' if question.missing else 'failed'
        self.changed.emit()

    def _seat(self, opening: Opening, model: Any, editing: bool) -> None:
        """Make a lane of a model that was opened."""
        state = self._session.state
        lanes = list(state.lanes)
        place = min(len(lanes) if opening.place is None else opening.place, len(lanes))
        old = lanes[place] if place < len(lanes) else None
        if editing and old is not None:
            before = self._session.models.get(old.model_id)
            lane = _respecified(old, opening.spec, None if before is None else before.spec)
        else:
            # The context box is one for all lanes; window and overlap belong to the model that had them.
            box = (old or lanes[0]).context.box if lanes else None
            lane = Lane(source=opening.source, spec=opening.spec, context=Context(box=box))
        self.failures.pop(lane.model_id, None)
        if not editing:
            self.openings.remove(opening)
        lanes[place : place + 1] = [lane]
        self._keep(lane.model_id, model)
        state.lanes = tuple(lanes)
        self._session.history.commit()
        if old is not None and old.source == lane.source:
            self.unload(lane.source)
        self.opened.emit(opening.source)
        self.changed.emit()

    # -- keeping and letting go -----------------------------------------------------------------------------------

    def unused(self) -> list[str]:
        """`Lane.model_id` of the loaded models that no lane uses, nor the pinned ones."""
        used = {lane.model_id for lane in self._lanes()}
        return [key for key in self._session.models if key not in used]

    def unload(self, source: str | None = None) -> None:
        """Let go of the models that no lane uses, and give their memory back.

        Parameters
        ----------
        source : str, optional
            Only those of one file.
        """
        gone = [key for key in self.unused() if source is None or key == source or key.startswith(f'{source} ')]
        models = [self._session.models.pop(key) for key in gone]
        for key in gone:
            self.notes.pop(key, None)
        extras = self._session.extras
        if extras is not None and extras.request is not self._session.current:
            self._session.extras = None
        if models:
            self._compute.forget(_keys(models))
            self.changed.emit()

    def forget_all(self) -> None:
        """Load everything anew: the device is another one."""
        models = list(self._session.models.values())
        self._session.models.clear()
        self.failures.clear()
        self._compute.forget(_keys(models))

    def _keep(self, key: str, model: Any) -> None:
        """Take in a model that was read, and what it says of itself."""
        said: list[str] = getattr(model, 'messages', [])
        self.notes[key] = tuple(said)
        said.clear()
        for message in self.notes[key]:
            logger.info('%s', message)
        self._session.models[key] = model
        self._session.lanes_ready.emit()
        self.changed.emit()

    def _lanes(self) -> list[Lane]:
        """All lanes, those of the pinned scenario included."""
        state = self._session.state
        return [*state.lanes, *(state.pin.lanes if state.pin is not None else ())]

    def _tidy(self) -> None:
        """Close the forms of lanes that went."""
        lanes = self._session.state.lanes
        kept = [
            one
            for one in self.openings
            if one.stage != 'editing'
            or (one.place is not None and one.place < len(lanes) and lanes[one.place].source == one.source)
        ]
        if len(kept) != len(self.openings):
            self.openings = kept
            self.changed.emit()

    def _read(
        self, source: str, spec: ModelSpec | None, done: Callable[[Any], None], failed: Callable[[str], None]
    ) -> None:
        session, trusted, device = self._session, source in self._trusted, self._session.device
        known = dict(session.models)
        self._files.submit(
            lambda: read_model(source, spec, device, trusted, known),
            lambda found: session.post(lambda: done(found)),
            lambda message: session.post(lambda: failed(message)),
        )


def _keys(models: list[Any]) -> list[str]:
    """Keys of models, and of the members of those that are ensembles."""
    return [one.key for model in models for one in (model, *parts(model))]


def _respecified(lane: Lane, spec: ModelSpec | None, before: ModelSpec | None) -> Lane:
    """The same lane with another spec; what was set in place of the old one is given up where the new one differs."""
    changes: dict[str, Any] = {'spec': spec}
    for name, entry in (('label_map', 'classes'), ('threshold', 'threshold'), ('post', 'post')):
        if before is None or spec is None or getattr(before, entry) != getattr(spec, entry):
            changes[name] = None
    return lane.model_copy(update=changes)
