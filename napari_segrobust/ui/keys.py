"""The keys of the explorer, bound on one viewer. Keys of the selected layer come first, as everywhere in napari."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from napari_segrobust.explore.session import Session
    from napari_segrobust.ui.canvas.context_box import ContextBox
    from napari_segrobust.ui.canvas.layout import Layout
    from napari_segrobust.ui.canvas.navigate import Navigator
    from napari_segrobust.ui.canvas.painter import Painter


@dataclass(frozen=True, slots=True)
class Key:
    """A key as napari writes it, and what it does, in words."""

    key: str
    words: str


#: In the order in which a panel lists them.
KEYS = (
    Key('H', 'hold: clean image and prediction'),
    Key('N', 'next error'),
    Key('Shift-N', 'previous error'),
    Key('J', 'slice with the worst metric'),
    Key('U', 'reference, prediction, both, none'),
    Key('Shift-U', 'raters: agreement, consensus, disputes'),
    Key('G', 'side by side'),
    Key('Shift-G', 'architecture grid: all models as rows'),
    Key('K', 'pin this state as A'),
    Key('W', 'drag a context box'),
    Key('Q', "pick a voxel: the network's receptive field"),
    Key('Shift-W', 'window lab: every window by itself'),
)


class Keys:
    """Binds `KEYS` on one viewer. GUI thread.

    Parameters
    ----------
    viewer : napari.Viewer or ViewerModel
    session : Session
    painter : Painter
    layout : Layout
    navigator : Navigator
    context_box : ContextBox

    Examples
    --------
    >>> keys = Keys(viewer, session, painter, layout, navigator, context_box)  # doctest: +SKIP
    >>> keys.close()  # doctest: +SKIP
    """

    def __init__(
        self,
        viewer: Any,
        session: Session,
        painter: Painter,
        layout: Layout,
        navigator: Navigator,
        context_box: ContextBox,
    ) -> None:
        self._viewer = viewer

        def hold(_viewer: Any) -> Iterator[None]:
            painter.hold(True)
            yield
            painter.hold(False)

        def pin(_viewer: Any) -> None:
            if session.state.pin is None:
                session.pin()
            else:
                session.unpin()
            session.history.commit()

        self._bound: dict[str, Callable[[Any], object]] = {
            'H': hold,
            'N': lambda _: navigator.next(),
            'Shift-N': lambda _: navigator.previous(),
            'J': lambda _: navigator.worst_slice(),
            'U': lambda _: painter.cycle_masks(),
            'Shift-U': _toggle_review,
            'G': lambda _: layout.toggle(),
            'Shift-G': _toggle_grid,
            'K': pin,
            'W': lambda _: context_box.start(),
            'Q': _pick_voxel,
            'Shift-W': _toggle_windows,
        }
        for key, action in self._bound.items():
            viewer.bind_key(key, action, overwrite=True)

    def close(self) -> None:
        """Give the keys back. Idempotent."""
        for key in self._bound:
            self._viewer.bind_key(key, None)
        self._bound.clear()


def _pick_voxel(viewer: Any) -> None:
    from napari_segrobust.ui.inside.room import pick_voxel  # as below

    pick_voxel(viewer)


def _toggle_grid(viewer: Any) -> None:
    from napari_segrobust.ui.grid.room import toggle_grid  # it imports the explorer, which makes the keys

    toggle_grid(viewer)


def _toggle_review(viewer: Any) -> None:
    from napari_segrobust.ui.review.room import toggle_review  # as above

    toggle_review(viewer)


def _toggle_windows(viewer: Any) -> None:
    from napari_segrobust.ui.windows.room import toggle_windows  # as above

    toggle_windows(viewer)
