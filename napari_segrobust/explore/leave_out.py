"""Leaving out each member of an ensemble once, while the live loop has nothing to do."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from napari_segrobust.errors import ModelError
from napari_segrobust.explore.labels import labelled
from napari_segrobust.pipeline import finish
from napari_segrobust.segment.ensemble import Ensemble
from napari_segrobust.segment.ensemble_run import EnsembleRun
from napari_segrobust.segment.leave_out import members_moved

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any

    from numpy.typing import NDArray

    from napari_segrobust.explore.engine import Engine
    from napari_segrobust.explore.session import Session
    from napari_segrobust.segment.leave_out import LeftOut


class LeaveOutJob:
    """Answers for an ensemble's lane as the state asks for it now, on the whole.

    Parameters
    ----------
    session : Session
        With a case.
    lane : int
    on_found : callable
        ``on_found(left)``: a sequence of `LeftOut`, the member that moves most first. GUI thread.
    on_failed : callable
        ``on_failed(message)``. GUI thread.

    Raises
    ------
    ModelError
        The lane is no ensemble that is loaded.
    """

    words = 'leaving each out'

    def __init__(
        self,
        session: Session,
        lane: int,
        on_found: Callable[[Sequence[LeftOut]], None],
        on_failed: Callable[[str], None],
    ) -> None:
        request = session.would_be(session.state.acting)
        asked = [] if request is None else [entry for entry in request.lanes if entry.index == lane]
        if request is None or not asked or not isinstance(asked[0].now.model, Ensemble):
            raise ModelError('Nothing to leave out', 'the lane is no ensemble', 'Choose an ensemble.')
        self.case = request.case
        self._walk = asked[0].now
        # Nothing else is asked for, so that nothing else is computed.
        self._request = replace(request, lanes=(asked[0],), extras=frozenset())
        self._session = session
        self._on_found, self._on_failed = on_found, on_failed

    def advance(self, engine: Engine, cancel: Callable[[], bool]) -> bool:
        """Do it all; what networks have said is kept where this is interrupted."""
        if engine.whole_of(self._request, cancel) is None:
            return False
        run, judge = engine.run(self._walk), engine.judge(self._request, self._walk, None)
        assert isinstance(run, EnsembleRun)  # the walk's model is an ensemble

        def labels_of(one: EnsembleRun) -> NDArray[Any]:
            walk = replace(self._walk, model=one.model)
            return finish(walk, labelled(walk, one))

        reference = None if judge.prepared is None else judge.prepared.reference
        found = members_moved(run, labels_of, judge.labels, judge.spacing, reference, judge.valid)

        def tell() -> None:
            if self in self._session.jobs:
                self._session.jobs.finished(self)
                self._on_found(found)

        self._session.post(tell)
        return True

    def failed(self, message: str) -> None:
        """Say why it cannot be done."""
        if self in self._session.jobs:
            self._session.jobs.finished(self)
            self._on_failed(message)
