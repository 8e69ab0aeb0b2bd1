"""Weights without code (.pt, .pth, .ckpt, .safetensors): the spec names the architecture that they belong to."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from napari_segrobust.errors import SpecMissing
from napari_segrobust.segment.architecture import network_for
from napari_segrobust.segment.input_shape import ShapedSegmenter
from napari_segrobust.segment.reading import EXPORT, read_file
from napari_segrobust.segment.spec_file import model_key, read_spec
from napari_segrobust.segment.state_dict import find_weights, fit_weights, read_tensors

if TYPE_CHECKING:
    from napari_segrobust.segment.spec import ModelSpec
    from napari_segrobust.segment.spec_file import SpecSource

_SUFFIXES = ('.pt', '.pth', '.ts', '.ckpt', '.tar', '.bin', '.safetensors')


class WeightsLoader:
    """Loads tensors, and nothing that could run: pickles are read with ``weights_only=True``."""

    kind = 'weights (.pt, .pth, .ckpt, .safetensors)'

    def specs(self) -> list[ModelSpec]:
        """None is known by name."""
        return []

    def recognises(self, name_or_path: str | Path) -> bool:
        """Whether this is a file that ends like weights; those that hold a network with its code are asked first."""
        path = Path(name_or_path)
        return path.suffix.lower() in _SUFFIXES and path.is_file()

    def load(self, name_or_path: str | Path, spec: SpecSource, device: str) -> ShapedSegmenter:
        """Read weights and spec, and build the network.

        Raises
        ------
        ModelError
            A pickled module, damaged, weights of another architecture, or a spec that does not name one or tells
            of other channels and classes than it has.
        """
        path = Path(name_or_path)
        content = read_file(path)
        messages: list[str] = []
        found = read_tensors(path.name, content, safetensors=path.suffix.lower() == '.safetensors')
        weights = find_weights(path.name, found, messages)
        read = _read_spec(path, spec)
        if read.architecture is None:
            raise SpecMissing(
                f'Spec of {path.name} is not complete',
                'missing: architecture, which weights alone do not tell',
                f'Add it as [architecture], or export the network with its code: {EXPORT}.',
                ('architecture',),
                read.model_dump(mode='json', exclude_unset=True),
            )
        network, settled, shape = network_for(read, messages)
        fit_weights(network, weights, path.name, messages)
        model = ShapedSegmenter(network, settled, model_key(content, settled), device, shape=shape)
        model.messages.extend(messages)
        return model


def _read_spec(path: Path, spec: SpecSource) -> ModelSpec:
    """Read the spec; where more than the architecture is missing, it is asked for with the rest."""
    try:
        return read_spec(path, spec)
    except SpecMissing as error:
        if 'architecture' not in error.known:
            error.missing = ('architecture', *error.missing)
        raise


LOADER = WeightsLoader()
