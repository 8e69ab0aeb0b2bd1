"""What is asked of the insides of a session's networks while somebody looks, and what came of it. It knows no Qt."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from psygnal import Signal

from napari_segrobust.explore.inside_jobs import ChangeJob, FieldJob, InsideJob, MapsJob
from napari_segrobust.walk import make_key

if TYPE_CHECKING:
    from napari_segrobust.explore.resolve import LaneRequest, Request
    from napari_segrobust.explore.session import Session
    from napari_segrobust.inside.activations import ActivationChange
    from napari_segrobust.inside.feature_maps import FeatureMaps
    from napari_segrobust.inside.points import Point
    from napari_segrobust.inside.receptive import ReceptiveField

#: Finished measurements that are kept: going back to a slice shows its curves at once.
_KEPT = 48


class InsideWatch:
    """Follows one session. GUI thread.

    Parameters
    ----------
    session : Session

    Attributes
    ----------
    voxel : tuple of int or None
        Whose receptive field is wanted, in voxels of the case.
    lane : int
        Whose field and maps are wanted.
    chosen : (int, Point) or None
        The lane and the point whose maps are wanted.

    Notes
    -----
    All of it is done by jobs of the compute thread, which give way to the live loop. What is answered here belongs to
    the newest request: an answer to an older one is kept for when it is asked for again, and not shown.
    """

    #: The field of `lane` came, or is no longer that of the state.
    field_changed: ClassVar[Signal] = Signal()
    #: Curves of a lane went on, or another set of curves is wanted.
    change_changed: ClassVar[Signal] = Signal()
    #: Maps of the chosen point came, or are no longer those of the state.
    maps_changed: ClassVar[Signal] = Signal()

    def __init__(self, session: Session) -> None:
        self._session = session
        self._on = False
        self.voxel: tuple[int, ...] | None = None
        self.lane = 0
        self.chosen: tuple[int, Point] | None = None
        self._refusals: dict[str, str] = {}
        self._changes: dict[str, ActivationChange] = {}
        self._points: dict[str, tuple[Point, ...]] = {}
        self._finished: set[str] = set()
        self._found: dict[type[InsideJob], tuple[str, Any]] = {}
        self._jobs: dict[str, InsideJob] = {}
        session.requested.connect(self._follow)
        session.case_changed.connect(self._on_case)

    def close(self) -> None:
        """Cut the connections. Idempotent."""
        self._session.requested.disconnect(self._follow)
        self._session.case_changed.disconnect(self._on_case)
        self.look(False)

    # -- what a hand does -----------------------------------------------------------------------------------

    def look(self, on: bool) -> None:
        """Measure from now on, or no longer."""
        self._on = on
        if not on:
            self._withdraw(set())
        self.follow()

    def pick(self, voxel: tuple[int, ...] | None) -> None:
        """Want the receptive field of a voxel."""
        self.voxel = voxel
        self.follow()
        self.field_changed.emit()

    def set_lane(self, lane: int) -> None:
        """Want the field of another lane."""
        if lane != self.lane:
            self.lane = lane
            self.follow()
            self.field_changed.emit()

    def choose(self, lane: int, point: Point) -> None:
        """Want the maps of a point."""
        self.chosen = (lane, point)
        self.follow()
        self.maps_changed.emit()

    # -- what is there --------------------------------------------------------------------------------------

    @property
    def field(self) -> ReceptiveField | None:
        """The field of `lane` at `voxel`, of the present state."""
        found: ReceptiveField | None = self._current(FieldJob, self._field_key())
        return found

    @property
    def maps(self) -> FeatureMaps | None:
        """The maps of the chosen point, of the present state."""
        found: FeatureMaps | None = self._current(MapsJob, self._maps_key())
        return found

    def change(self, lane: int) -> ActivationChange | None:
        """The curves of a lane, as far as they have come."""
        return self._changes.get(self._change_key(self._lane(lane)))

    def failure(self, lane: int) -> str:
        """Why a lane has no curves, "what: why. remedy"; empty where nothing stands in the way."""
        return self._refusals.get(self._change_key(self._lane(lane)), '')

    def refusal(self, kind: type[InsideJob]) -> str:
        """Why there is no field, or why there are no maps; empty where nothing stands in the way."""
        return self._refusals.get(self._field_key() if kind is FieldJob else self._maps_key(), '')

    @property
    def networks(self) -> list[int]:
        """Lanes with a model, in order: of what was asked for last, those that the state still has."""
        request, there = self._session.current, range(len(self._session.state.lanes))
        lanes = () if request is None else request.lanes
        return [entry.index for entry in lanes if entry.now.model is not None and entry.index in there]

    def _current(self, kind: type[InsideJob], key: str) -> Any:
        found = self._found.get(kind)
        return found[1] if found is not None and key and found[0] == key else None

    # -- keys: what decides each of them ------------------------------------------------------------------------

    def _lane(self, lane: int) -> LaneRequest | None:
        request = self._session.current
        lanes = () if request is None else request.lanes
        return next((entry for entry in lanes if entry.index == lane and entry.now.model is not None), None)

    def _anchor(self, entry: LaneRequest | None) -> tuple[int, ...]:
        """The voxel around which curves are measured: on the shown plane, in its middle.

        A network in 3D sees one window of it: that around the picked voxel.
        """
        request = self._session.current
        if entry is None or request is None or entry.now.model is None:
            return ()
        case = request.case
        box = self._session.state.lanes[0].context.box if self._session.state.lanes else None
        sides = [(0, n) for n in case.shape] if box is None else list(box)
        whole = entry.now.model.spec.dimensions < 3
        anchor = [(lo + hi) // 2 for lo, hi in sides] if whole or self.voxel is None else list(self.voxel)
        if request.plane is not None and case.ndim == 3:
            anchor[request.plane.axis] = request.plane.index
        return tuple(min(max(v, lo), hi - 1) for v, (lo, hi) in zip(anchor, sides, strict=True))

    def _change_key(self, entry: LaneRequest | None) -> str:
        request = self._session.current
        if entry is None or request is None or not 0 <= request.focus < len(request.stack):
            return ''
        stack = [p.model_dump(mode='json') for p in request.stack]
        stack[request.focus] = stack[request.focus] | {'severity': None, 'enabled': True}
        context = entry.now.scenario.context.model_dump(mode='json')
        return make_key(request.case.key, entry.now.model_key, stack, request.focus, context, self._anchor(entry))

    def _field_key(self) -> str:
        entry = self._lane(self.lane)
        if entry is None or self.voxel is None or not self._inside(self.voxel):
            return ''
        return make_key(entry.now.infer_key, self.voxel)

    @property
    def outline_key(self) -> str:
        """What decides the theoretical field: the network, the voxel and the context, and no severity."""
        entry = self._lane(self.lane)
        if entry is None or self.voxel is None:
            return ''
        context = entry.now.scenario.context.model_dump(mode='json')
        return make_key(entry.now.case.key, entry.now.model_key, context, self.voxel)

    def _maps_key(self) -> str:
        entry = None if self.chosen is None else self._lane(self.chosen[0])
        if entry is None or self.chosen is None or self.chosen[1] not in self._points.get(entry.now.model_key, ()):
            return ''
        return make_key(entry.now.infer_key, entry.now.perturb_key, self.chosen[1].key, self._anchor(entry))

    def _inside(self, voxel: tuple[int, ...]) -> bool:
        case = self._session.case
        return case is not None and len(voxel) == case.ndim

    # -- following ----------------------------------------------------------------------------------------------

    def follow(self) -> None:
        """Ask for what is wanted and not there."""
        request = self._session.current
        if request is not None:
            self._follow(request)

    def _follow(self, request: Request) -> None:
        if not self._on:
            return
        chosen = None if self.chosen is None else self._lane(self.chosen[0])
        known = None if chosen is None else self._points.get(chosen.now.model_key)
        if self.chosen is not None and known is not None and self.chosen[1] not in known:
            self.chosen = None  # it was a layer of another network in that lane
        wanted: dict[str, InsideJob] = {}
        entry, key = self._lane(self.lane), self._field_key()
        if entry is not None and self.voxel is not None and key:
            wanted[key] = FieldJob(self._session, entry.now, self.voxel, self._take(key), self._refuse(key))
        entry, key = chosen, self._maps_key()
        if entry is not None and self.chosen is not None and key:
            told = (self.chosen[1], self._anchor(entry), self._take(key), self._refuse(key))
            wanted[key] = MapsJob(self._session, entry.now, *told)
        for lane in request.lanes:
            key = self._change_key(lane)
            if key:
                where, answers = self._anchor(lane), (self._take(key), self._refuse(key))
                wanted[key] = ChangeJob(self._session, lane.now, request.focus, where, *answers)
        self._withdraw(set(wanted))
        there = self._finished | {key for key, _ in self._found.values()}
        for key, job in wanted.items():
            if key not in there and key not in self._jobs:
                self._jobs[key] = job
                self._session.jobs.submit(job)
        for signal in (self.field_changed, self.change_changed, self.maps_changed):
            signal.emit()

    def _withdraw(self, wanted: set[str]) -> None:
        for key in [key for key, job in self._jobs.items() if key not in wanted or job not in self._session.jobs]:
            job = self._jobs.pop(key)
            if job in self._session.jobs:
                self._session.jobs.withdraw(job)

    def _take(self, key: str) -> Any:
        def take(job: InsideJob, found: Any, finished: bool) -> None:
            if isinstance(job, ChangeJob):
                self._changes[key] = found
                self._learn(job.model_key, found.points)
                for old in list(self._changes)[:-_KEPT]:
                    del self._changes[old]
                    self._finished.discard(old)
                signal = self.change_changed
            else:
                self._found[type(job)] = (key, found)
                signal = self.field_changed if isinstance(job, FieldJob) else self.maps_changed
            if finished:
                self._jobs.pop(key, None)
                if isinstance(job, ChangeJob):
                    self._finished.add(key)
            signal.emit()

        return take

    def _learn(self, model_key: str, points: tuple[Point, ...]) -> None:
        """Layers of a model are known: maps of them can be asked for."""
        if self._points.get(model_key) == points:
            return
        self._points[model_key] = points
        if self.chosen is not None:
            self.follow()

    def _refuse(self, key: str) -> Any:
        def refuse(message: str) -> None:
            self._jobs.pop(key, None)
            self._finished.add(key)
            self._refusals[key] = message
            for signal in (self.field_changed, self.change_changed, self.maps_changed):
                signal.emit()

        return refuse

    def _on_case(self, _case: object) -> None:
        self.voxel = self.chosen = None
        self._refusals.clear()
        self._finished.intersection_update(self._changes)
        self._found.clear()
        for signal in (self.field_changed, self.maps_changed):
            signal.emit()
