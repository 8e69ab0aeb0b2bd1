"""Scribbles as a Labels layer; the case holds them by their content."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from napari.layers import Labels
from napari.utils.colormaps import DirectLabelColormap

from napari_segrobust.perturb import array_sha256
from napari_segrobust.ui.canvas.layer_set import PREFIX
from napari_segrobust.ui.canvas.prompt_layer import COLORS, PromptLayer

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from napari_segrobust.prompts import PromptKind


class ScribbleLayer(PromptLayer):
    """Scribbles of the state: 1 is background, k + 1 is class k. They are hashed in the file thread."""

    kind: ClassVar[PromptKind] = 'scribbles'
    field: ClassVar[str] = 'scribbles'
    name: ClassVar[str] = f'{PREFIX}scribbles'

    #: Whether the stroke that is being taken in is the last of its gesture.
    _ending = False

    def _drawing_mode(self) -> str:
        return 'paint'

    def move(self) -> None:
        """Scribbles are painted over, not moved."""

    def _make(self, transforms: dict[str, Any]) -> Labels:
        case = self._session.case
        colors: dict[int | None, str] = {value + 1: color for value, color in enumerate(COLORS)}
        layer = Labels(
            np.zeros(case.shape, np.uint8),
            name=self.name,
            opacity=0.8,
            colormap=DirectLabelColormap(color_dict={0: 'transparent', None: 'transparent', **colors}),
            **transforms,
        )
        names = ['nothing', 'background', *(f'class {k}' for k in range(1, len(COLORS)))]
        layer.features = {'index': list(range(len(names))), 'name': names}
        layer.brush_size = max(2, round(min(case.shape[-2:]) / 64))
        layer.events.paint.connect(self._on_painted)
        layer.events.data.connect(self._on_data)
        return layer

    def _style(self) -> None:
        self._layer.selected_label = self.label + 1

    def _on_painted(self, _event: object) -> None:
        if not self._dragging:
            self._finish()

    def _finish(self) -> None:
        self._ending = True
        self._read_frame()

    def _on_data(self, event: Any) -> None:
        if not self._writing:
            self._finish()

    def _read(self) -> None:
        layer, case, ending = self._layer, self._session.case, self._ending
        self._ending = False

        def read() -> tuple[str | None, NDArray[np.uint8]]:
            painted = np.array(layer.data, np.uint8)
            return (array_sha256(painted) if painted.any() else None), painted

        def done(found: tuple[str | None, NDArray[np.uint8]]) -> None:
            key, painted = found
            if self.layer is not layer or self._session.case is None or self._session.case.key != case.key:
                return
            if key is not None and key not in self._session.case.drawn_masks:
                self._session.amend(masks={key: painted})
            self._put(key)
            if ending:
                self._session.history.commit()

        self._session.load(read, done, quiet=True)

    def _show(self) -> None:
        key, case = self._value(), self._session.case
        mask = None if key is None else case.drawn_masks.get(key)
        self._layer.data[...] = 0 if mask is None else mask
        self._layer.refresh()
