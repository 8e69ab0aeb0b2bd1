"""Weights without code (.pt, .pth, .safetensors): the spec names the architecture that they belong to."""

from __future__ import annotations

import pickle
from collections.abc import Mapping
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

from napari_segrobust.errors import ModelError
from napari_segrobust.segment.module import TorchSegmenter
from napari_segrobust.segment.networks import build_network
from napari_segrobust.segment.spec_file import model_key, read_spec

if TYPE_CHECKING:
    import torch

    from napari_segrobust.segment.spec import ModelSpec
    from napari_segrobust.segment.spec_file import SpecSource

#: Under which names checkpoints hold the weights, and what wrappers put before each name.
_HOLDERS = ('state_dict', 'model_state_dict', 'network_weights', 'model')
_PREFIXES = ('module.', '_orig_mod.')
#: What torch says of a pickle that names code it will not run; other bytes are an "Unsupported operand".
_NAMES_CODE = ('Unsupported global', 'Unsupported class')
_EXPORT = "torch.jit.trace(model.eval(), example).save('model.ts')"


class WeightsLoader:
    """Loads tensors, and nothing that could run: pickles are read with ``weights_only=True``."""

    kind = 'weights (.pt, .pth, .safetensors)'

    def specs(self) -> list[ModelSpec]:
        """None is known by name."""
        return []

    def recognises(self, name_or_path: str | Path) -> bool:
        """Whether this is a file that ends like weights; TorchScript is asked first."""
        path = Path(name_or_path)
        return path.suffix.lower() in ('.pt', '.pth', '.ts', '.safetensors') and path.is_file()

    def load(self, name_or_path: str | Path, spec: SpecSource, device: str) -> TorchSegmenter:
        """Read weights and spec, and build the network.

        Raises
        ------
        ModelError
            A pickled module, damaged, weights of another architecture, or a spec that does not name one.
        """
        path = Path(name_or_path)
        content = path.read_bytes()
        if not content:
            raise ModelError(f'{path.name} not loaded', 'the file is empty', 'Copy it again.')
        weights = _unwrapped(path.name, _tensors(path, content))
        read = read_spec(path, spec)
        if read.architecture is None:
            raise ModelError(
                f'Spec of {path.name} is not complete',
                'missing: architecture, which weights alone do not tell',
                f'Add it as [architecture], or export the network with its code: {_EXPORT}.',
            )
        return _filled(build_network(read.architecture), weights, path.name, model_key(content, read), read, device)

    def fill(self, network: torch.nn.Module, path: Path, spec: ModelSpec, device: str) -> TorchSegmenter:
        """Read weights into a network that is there already.

        Raises
        ------
        ModelError
            As for `load`.
        """
        content = path.read_bytes()
        weights = _unwrapped(path.name, _tensors(path, content))
        return _filled(network, weights, path.name, model_key(content, spec), spec, device)


def _tensors(path: Path, content: bytes) -> Any:
    import torch
    from safetensors.torch import load

    try:
        if path.suffix.lower() == '.safetensors':
            return load(content)
        return torch.load(BytesIO(content), 'cpu', weights_only=True)
    except Exception as error:  # torch reads damaged bytes as pickle opcodes: whatever they spell is raised
        if isinstance(error, pickle.UnpicklingError) and any(words in str(error) for words in _NAMES_CODE):
            why, remedy = (
                'it is a pickled module, and unpickling one can run anything',
                f'Export the network: {_EXPORT}.',
            )
        else:
            why, remedy = 'it is damaged or no PyTorch file', 'Copy it again.'
        raise ModelError(f'{path.name} not loaded', why, remedy) from error


def _filled(
    network: torch.nn.Module, weights: dict[str, torch.Tensor], name: str, key: str, spec: ModelSpec, device: str
) -> TorchSegmenter:
    try:
        network.load_state_dict(weights)
    except RuntimeError as error:
        lines = [line.strip() for line in str(error).splitlines()[1:]]
        raise ModelError(
            f'{name} does not fit its architecture', ' '.join(lines)[:300], 'Correct [architecture] in its spec.'
        ) from error
    return TorchSegmenter(network, spec, key, device)


def _unwrapped(name: str, found: Any) -> dict[str, torch.Tensor]:
    import torch

    for holder in _HOLDERS:
        if isinstance(found, Mapping) and isinstance(found.get(holder), Mapping):
            found = found[holder]
    if not (isinstance(found, Mapping) and found and all(isinstance(v, torch.Tensor) for v in found.values())):
        raise ModelError(f'{name} not loaded', 'it holds no weights', f'Export the network: {_EXPORT}.')
    weights = dict(found)
    for prefix in _PREFIXES:
        if all(key.startswith(prefix) for key in weights):
            weights = {key.removeprefix(prefix): value for key, value in weights.items()}
    return weights


LOADER = WeightsLoader()
