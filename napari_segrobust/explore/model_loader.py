"""Models that lanes name, read in the file thread when they are first asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from napari_segrobust.explore.status import Status

if TYPE_CHECKING:
    from napari_segrobust.explore.session import Session
    from napari_segrobust.explore.worker import FileThread
    from napari_segrobust.segment.protocols import WholeSegmenter, WindowSegmenter


class ModelLoader:
    """Loads the models of one session. GUI thread, but for reading.

    Parameters
    ----------
    session : Session
    files : FileThread
    """

    def __init__(self, session: Session, files: FileThread) -> None:
        self._session = session
        self._files = files
        #: Those that are being read.
        self.loading: set[str] = set()

    def load_missing(self) -> None:
        """Begin to read every model of the lanes that is neither there nor being read."""
        session = self._session
        for lane in session.state.lanes:
            if not (lane.given or lane.source in session.models or lane.source in self.loading):
                self._load(lane.source)

    def _load(self, source: str) -> None:
        session = self._session
        self.loading.add(source)
        session.set_status(Status('waiting', f'loading {source}'))
        device, known = session.device, dict(session.models)
        self._files.submit(
            lambda: _read(source, device, known),
            lambda model: session.post(lambda: self._loaded(source, model)),
            lambda message: session.post(lambda: self._failed(source, message)),
        )

    def _loaded(self, source: str, model: Any) -> None:
        self.loading.discard(source)
        self._session.models[source] = model
        self._session.lanes_ready.emit()
        self._session.request()

    def _failed(self, source: str, message: str) -> None:
        self.loading.discard(source)
        state = self._session.state
        state.lanes = tuple(lane for lane in state.lanes if lane.source != source)
        self._session.complain(message)


def _read(
    source: str, device: str, known: dict[str, WindowSegmenter | WholeSegmenter]
) -> WindowSegmenter | WholeSegmenter:
    """Read a model; members of an ensemble that lanes have already are shared with them."""
    from napari_segrobust.segment.device import resolve_device
    from napari_segrobust.segment.ensemble_source import is_ensemble
    from napari_segrobust.segment.load import load_model
    from napari_segrobust.segment.loaders.ensemble import LOADER

    if is_ensemble(source):
        return LOADER.load(source, None, resolve_device(device), known)
    return load_model(source, device=device)
