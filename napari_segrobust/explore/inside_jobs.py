"""Looks inside the networks of a session, done while the live loop has nothing to do."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any

from napari_segrobust.inside.activations import DEFAULT_SEVERITIES, measure_change
from napari_segrobust.inside.feature_maps import maps_of
from napari_segrobust.inside.receptive import field_of
from napari_segrobust.segment.device import limit_threads

if TYPE_CHECKING:
    from collections.abc import Callable

    from napari_segrobust.explore.engine import Engine
    from napari_segrobust.explore.session import Session
    from napari_segrobust.inside.activations import Measurement
    from napari_segrobust.inside.points import Point
    from napari_segrobust.walk import Walk

    Take = Callable[['InsideJob', Any, bool], None]

#: Ends and middle first: a curve has its shape long before it has all its points.
ORDER = sorted(DEFAULT_SEVERITIES, key=lambda one: (one % 2.5 != 0, one % 1 != 0, one))


class InsideJob(ABC):
    """A job that answers in one or several units.

    Parameters
    ----------
    session : Session
    walk : Walk
        The lane, as it was asked for.
    take : callable
        ``take(job, found, finished)``, in the GUI thread, while the job is wanted.
    refuse : callable
        ``refuse(message)``, in the GUI thread.
    """

    words = 'inside the network'

    def __init__(self, session: Session, walk: Walk, take: Take, refuse: Callable[[str], None]) -> None:
        self.case = walk.case
        self._session = session
        self._walk = walk
        self._take = take
        self._refuse = refuse

    def advance(self, engine: Engine, _cancel: Callable[[], bool]) -> bool:
        """Do the next unit; the network asks at each layer whether anybody waits."""
        limit_threads()  # as everywhere: the bits of a sum depend on how many threads share it
        found, done, total = self.work(engine)

        def tell() -> None:
            desk = self._session.jobs
            if self in desk:
                if total > 1:
                    desk.progress(self, done, total)
                if done == total:
                    desk.finished(self)
                self._take(self, found, done == total)

        self._session.post(tell)
        return done == total

    @abstractmethod
    def work(self, engine: Engine) -> tuple[Any, int, int]:
        """Do a unit; what is known now, units done, units in all."""

    def failed(self, message: str) -> None:
        """Say why it cannot be done."""
        if self in self._session.jobs:
            self._session.jobs.finished(self)
            self._refuse(message)


class FieldJob(InsideJob):
    """The receptive field of one voxel."""

    words = 'receptive field'

    def __init__(
        self, session: Session, walk: Walk, voxel: tuple[int, ...], take: Take, refuse: Callable[[str], None]
    ) -> None:
        super().__init__(session, walk, take, refuse)
        self._voxel = voxel

    def work(self, engine: Engine) -> tuple[Any, int, int]:
        """Find it."""
        return field_of(self._walk, engine.image(self.case, self._walk.image_stack), self._voxel), 1, 1


class MapsJob(InsideJob):
    """The maps of one layer, clean and perturbed."""

    words = 'feature maps'

    def __init__(
        self,
        session: Session,
        walk: Walk,
        point: Point,
        voxel: tuple[int, ...],
        take: Take,
        refuse: Callable[[str], None],
    ) -> None:
        super().__init__(session, walk, take, refuse)
        self._point, self._voxel = point, voxel

    def work(self, engine: Engine) -> tuple[Any, int, int]:
        """Run the network on both windows."""
        images = engine.image(self.case, ()), engine.image(self.case, self._walk.image_stack)
        return maps_of(self._walk, images, self._point, self._voxel), 1, 1


class ChangeJob(InsideJob):
    """The relative changes of all layers of one lane, a severity at a time."""

    words = 'activations'

    def __init__(
        self,
        session: Session,
        walk: Walk,
        focus: int,
        voxel: tuple[int, ...],
        take: Take,
        refuse: Callable[[str], None],
    ) -> None:
        super().__init__(session, walk, take, refuse)
        self._focus, self._voxel = focus, voxel
        self._measurement: Measurement | None = None
        self._done = 0

    @property
    def model_key(self) -> str:
        """Of the lane's model."""
        return self._walk.model_key

    def work(self, engine: Engine) -> tuple[Any, int, int]:
        """Measure the next severity."""
        measurement = self._measurement
        if measurement is None:
            scenario, model = self._walk.scenario, self._walk.model
            measurement = measure_change(self.case, model, scenario, ORDER, voxel=self._voxel, focus=self._focus)
            self._measurement = measurement
        severity = ORDER[self._done]
        measurement.add(severity, engine.image(self.case, measurement.stack(severity)))
        self._done += 1
        return measurement.result(), self._done, len(ORDER)
