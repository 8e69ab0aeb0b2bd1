"""The demo models that come with the package, by name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from napari_segrobust.errors import ModelError
from napari_segrobust.segment.input_shape import ShapedSegmenter
from napari_segrobust.segment.module import TorchSegmenter
from napari_segrobust.segment.network_sizes import input_shape
from napari_segrobust.segment.networks import build_network
from napari_segrobust.segment.spec_file import model_key
from napari_segrobust.segment.zoo import zoo_names, zoo_spec, zoo_weights

if TYPE_CHECKING:
    from pathlib import Path

    from napari_segrobust.segment.spec import ModelSpec
    from napari_segrobust.segment.spec_file import SpecSource


class ZooLoader:
    """Loads demo models; their specs and cards are read without their weights."""

    kind = 'demo model'

    def specs(self) -> list[ModelSpec]:
        """Return every demo model's spec."""
        return [zoo_spec(name) for name in zoo_names()]

    def recognises(self, name_or_path: str | Path) -> bool:
        """Whether this is a demo model's name."""
        return isinstance(name_or_path, str) and name_or_path in zoo_names()

    def load(self, name_or_path: str | Path, spec: SpecSource, device: str) -> TorchSegmenter:
        """Read the weights, float16 in the file, into a float32 network.

        Raises
        ------
        ModelError
            Unknown name, or a spec is given: a demo model has its own.
        """
        from safetensors.torch import load

        name = str(name_or_path)
        if spec is not None:
            raise ModelError(f'Spec of {name} refused', 'a demo model has its own', 'Leave spec out.')
        known = zoo_spec(name)
        content = zoo_weights(name).read_bytes()
        network = build_network(known.architecture or {})
        # Copied into float32 parameters: widening float16 loses nothing.
        network.load_state_dict(load(content))
        # A new score in the card is not a new model.
        key = model_key(content, known.model_copy(update={'card': {}}))
        shape = input_shape(known.architecture or {}, known.dimensions)
        if any(extent.fixed is not None for extent in shape.spatial):
            return ShapedSegmenter(network, known, key, device, shape=shape)
        return TorchSegmenter(network, known, key, device)


LOADER = ZooLoader()
