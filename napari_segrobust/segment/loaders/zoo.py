"""The demo models that come with the package."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from napari_segrobust.segment.module import TorchSegmenter
from napari_segrobust.segment.networks import build_network
from napari_segrobust.segment.zoo import zoo_spec, zoo_weights

if TYPE_CHECKING:
    from napari_segrobust.segment.protocols import WindowSegmenter


def load_zoo(name: str, device: str = 'cpu') -> WindowSegmenter:
    """Load a demo model.

    Parameters
    ----------
    name : str
        One of `napari_segrobust.segment.zoo.zoo_names`.
    device : str
        "cpu", "cuda:0" or "mps".

    Returns
    -------
    WindowSegmenter
        Weights are float16 in the file and float32 in memory.

    Raises
    ------
    ModelError
        Unknown name.
    """
    from safetensors.torch import load

    spec = zoo_spec(name)
    content = zoo_weights(name).read_bytes()
    network = build_network(spec.architecture or {})
    # load_state_dict copies into float32 parameters, so the numbers are widened without loss.
    network.load_state_dict(load(content))
    facts = spec.model_dump_json(exclude={'card'}).encode()
    return TorchSegmenter(network, spec, hashlib.sha256(content + facts).hexdigest()[:16], device)
