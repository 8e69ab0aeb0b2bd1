"""Clicked seeds as a Points layer."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
from napari.layers import Points

from napari_segrobust.prompts import Point, PromptKind
from napari_segrobust.ui.canvas.colors import BLACK
from napari_segrobust.ui.canvas.layer_set import PREFIX
from napari_segrobust.ui.canvas.prompt_layer import COLORS, SYMBOLS, PromptLayer

_LABEL = 'class'


class SeedLayer(PromptLayer):
    """Points of the state. A class has a colour and a symbol."""

    kind: ClassVar[PromptKind] = 'points'
    field: ClassVar[str] = 'points'
    name: ClassVar[str] = f'{PREFIX}seeds'

    def _drawing_mode(self) -> str:
        return 'add'

    def _make(self, transforms: dict[str, Any]) -> Points:
        case = self._session.case
        layer = Points(
            np.zeros((0, case.ndim)),
            name=self.name,
            features={_LABEL: np.zeros(0, int)},
            size=max(3.0, min(case.shape[-2:]) / 32),
            border_color=BLACK,
            border_width=0.12,
            **transforms,
        )
        layer.events.data.connect(self._on_data)
        return layer

    def _style(self) -> None:
        layer = self._layer
        # napari gives what is chosen now to selected points too
        layer.selected_data = set()
        layer.feature_defaults = {_LABEL: self.label}
        layer.current_face_color = COLORS[self.label]
        layer.current_symbol = SYMBOLS[self.label]

    def _read(self) -> None:
        layer = self._layer
        labels = layer.features[_LABEL].to_numpy()
        self._put(
            tuple(
                Point(at=tuple(round(float(a), 3) for a in at), label=int(label))
                for at, label in zip(layer.data, labels, strict=True)
            )
        )

    def _show(self) -> None:
        layer, points = self._layer, self._value()
        labels = [point.label for point in points]
        layer.selected_data = set()
        layer.data = np.array([point.at for point in points]).reshape(-1, self._session.case.ndim)
        layer.features = {_LABEL: np.array(labels, int)}
        if points:
            layer.face_color = [COLORS[label] for label in labels]
            layer.symbol = [SYMBOLS[label] for label in labels]
        self._style()
