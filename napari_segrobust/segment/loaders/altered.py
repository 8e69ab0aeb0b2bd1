"""Altered networks ("brain-unet with reflect padding"): the network is loaded as what it is, then changed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from napari_segrobust.segment.altered.name import is_altered, read_altered
from napari_segrobust.segment.ensemble_source import is_ensemble

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from napari_segrobust.segment.module import TorchSegmenter
    from napari_segrobust.segment.protocols import WholeSegmenter, WindowSegmenter
    from napari_segrobust.segment.spec import ModelSpec
    from napari_segrobust.segment.spec_file import SpecSource


class AlteredLoader:
    """Loads a network and changes its padding, or what passes its skip connections."""

    kind = 'network with another padding or skip gain ("NAME with reflect padding")'

    def __init__(self, trusted: bool = False) -> None:
        self._trusted = trusted

    def specs(self) -> list[ModelSpec]:
        """None is known by name."""
        return []

    def recognises(self, name_or_path: str | Path) -> bool:
        """Whether this describes an altered network; an ensemble of such networks is an ensemble."""
        return is_altered(name_or_path) and not is_ensemble(name_or_path)

    def trusting(self) -> AlteredLoader:
        """The same loader for a network that brings code of its own, after a person's consent."""
        return AlteredLoader(trusted=True)

    def load(
        self,
        name_or_path: str | Path,
        spec: SpecSource,
        device: str,
        known: Mapping[str, WindowSegmenter | WholeSegmenter] | None = None,
    ) -> TorchSegmenter:
        """Load the network, or take it from `known`, and change it.

        Raises
        ------
        ModelError
            The line is not usable, the network does not load, or it cannot be changed so.
        """
        from napari_segrobust.segment.altered.padding import with_padding
        from napari_segrobust.segment.altered.skip_gain import with_skip_gain
        from napari_segrobust.segment.altered.twin import own_network
        from napari_segrobust.segment.load import load_model

        asked = read_altered(str(name_or_path))
        model = (known or {}).get(asked.base) if spec is None else None
        if model is None:
            model = load_model(asked.base, spec, device, trust=self._trusted)
        changed = own_network(model, f'{asked.line} not loaded')
        if asked.padding is not None:
            changed = with_padding(changed, asked.padding)
        if asked.gain is not None:
            changed = with_skip_gain(changed, asked.gain)
        changed.source = str(name_or_path)
        return changed


LOADER = AlteredLoader()
