"""A case from layers that are in the viewer: dropped files, another reader's layers, what someone drew."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from napari.layers import Image, Labels
from psygnal import Signal

from napari_segrobust.cases.layers import LayerFacts, case_from_layers
from napari_segrobust.cases.roles import Role, propose_roles
from napari_segrobust.ui.bridge import FrameClock
from napari_segrobust.ui.canvas.layer_set import PREFIX
from napari_segrobust.ui.connections import Connections

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from napari.layers import Layer

    from napari_segrobust.cases.case import Case
    from napari_segrobust.explore.session import Session
    from napari_segrobust.ui.canvas.painter import Painter


@dataclass(frozen=True)
class Proposal:
    """What layers could be in a case, for a person to confirm or to change.

    Attributes
    ----------
    layers : tuple of Layer
    roles : tuple of Role
        One for each layer: one image, the first mask the reference, the second the prediction, others raters.
    """

    layers: tuple[Layer, ...] = ()
    roles: tuple[Role, ...] = ()

    @property
    def is_complete(self) -> bool:
        """Whether there is an image and at least one mask."""
        return Role.IMAGE in self.roles and len(self.layers) > 1

    def with_role(self, index: int, role: Role) -> Proposal:
        """Give a layer another role; the layer that was the only image swaps with it."""
        roles = list(self.roles)
        if role is Role.IMAGE and Role.IMAGE in roles:
            roles[roles.index(Role.IMAGE)] = roles[index]
        roles[index] = role
        return Proposal(self.layers, tuple(roles))

    def swapped(self) -> Proposal:
        """Reference and prediction change places."""
        other = {Role.REFERENCE: Role.PREDICTION, Role.PREDICTION: Role.REFERENCE}
        return Proposal(self.layers, tuple(other.get(role, role) for role in self.roles))


class CaseLayers:
    """Watches one viewer's layers and proposes cases. GUI thread.

    Parameters
    ----------
    viewer : napari.Viewer or ViewerModel
    session : Session
    painter : Painter
    open_case : callable, optional
        What opens a case; by default ``session.open_case``.

    Examples
    --------
    >>> case_layers = CaseLayers(viewer, session, painter, explorer.open_case)  # doctest: +SKIP
    >>> case_layers.proposed.connect(lambda proposal: chips.show(proposal))  # doctest: +SKIP
    >>> case_layers.open(case_layers.proposal)  # doctest: +SKIP
    >>> case_layers.close()  # doctest: +SKIP
    """

    #: Layers came or went, once for all layers of one drop.
    proposed: ClassVar[Signal] = Signal(Proposal)

    def __init__(
        self, viewer: Any, session: Session, painter: Painter, open_case: Callable[[Case], object] | None = None
    ) -> None:
        self._viewer = viewer
        self._session = session
        self._painter = painter
        self._open_case = open_case or session.open_case
        self.proposal = self.propose()
        # Files that are dropped together arrive one by one, within one turn of the event loop.
        self._clock = FrameClock(self._look)
        self._links = Connections()
        self._links.add(viewer.layers.events.inserted, self._on_layers)
        self._links.add(viewer.layers.events.removed, self._on_layers)
        self._closed = False

    def close(self) -> None:
        """Cut the connections. Idempotent."""
        if not self._closed:
            self._closed = True
            self._links.close()
            self._clock.stop()

    def propose(self, layers: Sequence[Layer] | None = None) -> Proposal:
        """Say what layers could be; by default all but ours, in the order of the list.

        Of several images the topmost is taken, the others are left out.
        """
        candidates = [
            layer
            for layer in (self._viewer.layers if layers is None else layers)
            if isinstance(layer, Image | Labels) and not layer.name.startswith(PREFIX)
        ]
        images = [layer for layer in candidates if isinstance(layer, Image)]
        chosen = [layer for layer in candidates if not isinstance(layer, Image) or layer is images[-1]]
        return Proposal(tuple(chosen), tuple(propose_roles([isinstance(layer, Labels) for layer in chosen])))

    def open(self, proposal: Proposal | None = None) -> None:
        """Make a case of layers, in the file thread, and open it; what they show stays where it is, and as it is.

        Why layers make no case is said by the session's status.
        """
        proposal = self.proposal if proposal is None else proposal
        facts = [layer_facts(layer, role) for layer, role in zip(proposal.layers, proposal.roles, strict=True)]

        def make() -> Case:
            case = case_from_layers(facts)
            _ = case.key  # hashing a volume takes long enough to be seen
            return case

        def done(case: Case) -> None:
            self._painter.place(case, proposal.layers[proposal.roles.index(Role.IMAGE)])
            self._open_case(case)

        self._session.load(make, done)

    def _on_layers(self, event: Any) -> None:
        if not event.value.name.startswith(PREFIX):
            self._clock.wake()

    def _look(self) -> None:
        proposal = self.propose()
        if proposal != self.proposal:
            self.proposal = proposal
            self.proposed.emit(proposal)


def layer_facts(layer: Layer, role: Role) -> LayerFacts:
    """Tell what a case needs to know of a napari layer; nothing of it is changed or copied."""
    n = layer.ndim
    origin = np.asarray(layer.data_to_world(np.zeros(n)), float)
    affine = np.eye(n + 1)
    affine[:-1, -1] = origin
    for axis, unit in enumerate(np.eye(n)):
        affine[:-1, axis] = np.asarray(layer.data_to_world(unit), float) - origin
    return LayerFacts(
        name=layer.name,
        data=layer.data,
        role=role,
        affine=affine,
        units=tuple(str(unit) for unit in layer.units),
        rgb=isinstance(layer, Image) and bool(layer.rgb),
        multiscale=bool(layer.multiscale),
        metadata=layer.metadata,
    )
