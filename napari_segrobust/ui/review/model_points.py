"""Every lane among the raters, at each severity that was visited: measured when a volume is final. GUI thread."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from psygnal import Signal

from napari_segrobust.errors import SegrobustError
from napari_segrobust.review.drawn import Drawn
from napari_segrobust.review.standing import Standing, stand
from napari_segrobust.ui.connections import Connections
from napari_segrobust.walk import curve_key

if TYPE_CHECKING:
    from collections.abc import Hashable

    from napari_segrobust.explore.resolve import Request
    from napari_segrobust.explore.updates import LaneView
    from napari_segrobust.ui.app import Explorer
    from napari_segrobust.walk import Walk

    Curve = tuple[Hashable, ...]

#: Places of a severity: nearer ones are one point, as on the curves of the session.
_PLACES = 3
MOVED = 'The stack moves the masks: the raters drew theirs on the image as it was.'
BOXED = 'A context box leaves the model a part of the image: the raters drew on all of it.'


class ModelPoints:
    """What lanes have against the references of the review.

    Parameters
    ----------
    explorer : Explorer

    Notes
    -----
    Measured in the file thread as soon as somebody has looked at the review, whatever is in front of it. A point
    belongs to its curve and to all that the agreement depends on; another tolerance has other points, and the old ones
    are there again when it is set back.
    """

    #: A point more, or none that was.
    changed: ClassVar[Signal] = Signal()

    def __init__(self, explorer: Explorer) -> None:
        self._session, self._review = explorer.session, explorer.review
        self._points: dict[Curve, dict[float, Standing]] = {}
        self._asked: set[tuple[Curve, float]] = set()
        self._links = Connections()
        self._links.add(self._session.volume_ready, self.follow)
        self._links.add(self._review.changed, self.follow)
        self._links.add(self._session.case_changed, self._on_case)

    def close(self) -> None:
        """Cut the connections. Idempotent."""
        self._links.close()

    def follow(self, *_: object) -> None:
        """Measure what the final volume shows, unless that is known or on its way."""
        review, volume = self._review, self._session.volume
        agreement = review.agreement
        if agreement is None or not review.is_current or volume is None or volume.request.case is not review.case:
            return
        severity, label = _rounded(volume.request), review.label
        for view in volume.lanes:
            curve = self._curve(volume.request, view.index)
            if curve is None or (curve, severity) in self._asked or _why(volume.request, view):
                continue
            self._asked.add((curve, severity))

            def measure(labels: object = view.labels) -> Standing | SegrobustError:
                try:
                    return stand(agreement, Drawn('model', labels == label))  # type: ignore[arg-type]  # an array
                except SegrobustError as error:
                    return error

            self._session.load(measure, lambda found, curve=curve: self._take(curve, severity, found), quiet=True)

    def points(self, lane: int) -> dict[float, Standing]:
        """What was visited on the curve of the state, in order of severity."""
        request = self._session.current
        curve = None if request is None else self._curve(request, lane)
        return {} if curve is None else dict(sorted(self._points.get(curve, {}).items()))

    def now(self, lane: int) -> Standing | None:
        """At the severity of the state; None until it is final and measured."""
        request = self._session.current
        return None if request is None else self.points(lane).get(_rounded(request))

    def why(self, lane: int) -> str:
        """Why the lane is not measured; "" where it is, or will be."""
        volume = self._session.volume
        view = None if volume is None else next((one for one in volume.lanes if one.index == lane), None)
        return '' if volume is None or view is None else _why(volume.request, view)

    @property
    def fixed(self) -> str | None:
        """Hash of what the curves of the state hold fixed, whatever the lane."""
        request = self._session.current
        return None if request is None else curve_key(request.case, request.stack, request.focus)

    def _curve(self, request: Request, lane: int) -> Curve | None:
        """Key of all that the points of a curve share: the reference of the explorer plays no part."""
        walk = _walk(request, lane)
        if walk is None:
            return None
        asked = walk.scenario
        return (
            self._review.key,
            curve_key(request.case, request.stack, request.focus),
            walk.given if walk.model is None else walk.model.key,
            asked.context.model_dump_json(),
            asked.judgement.model_dump_json(exclude={'reference', 'tolerance_mm', 'definitions', 'label_map'}),
            tuple(sorted(walk.label_map.items())),
            asked.prompts.model_dump_json(),
        )

    def _take(self, curve: Curve, severity: float, found: Standing | SegrobustError) -> None:
        if isinstance(found, Standing):
            self._points.setdefault(curve, {})[severity] = found
            self.changed.emit()

    def _on_case(self, *_: object) -> None:
        self._points.clear()
        self._asked.clear()
        self.changed.emit()


def _walk(request: Request, lane: int) -> Walk | None:
    return next((one.now for one in request.lanes if one.index == lane), None)


def _why(request: Request, view: LaneView) -> str:
    walk = _walk(request, view.index)
    if walk is not None and walk.frame:
        return MOVED
    return '' if view.valid is None else BOXED


def _rounded(request: Request) -> float:
    return round(request.severity, _PLACES)
