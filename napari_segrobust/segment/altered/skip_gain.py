"""How much a network relies on its skip connections: what passes them, scaled after training. A probe."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from napari_segrobust.errors import ModelError
from napari_segrobust.segment.altered.name import checked_gain
from napari_segrobust.segment.altered.skips import attach
from napari_segrobust.segment.altered.twin import altered, own_network, twin

if TYPE_CHECKING:
    from napari_segrobust.segment.module import TorchSegmenter
    from napari_segrobust.segment.protocols import WholeSegmenter, WindowSegmenter

#: Said wherever such a model is shown.
PROBE = 'A probe, not a replication: the network was trained with its skip connections whole.'


def with_skip_gain(model: WindowSegmenter | WholeSegmenter, gain: float) -> TorchSegmenter:
    """The same network with what passes its skip connections multiplied by a gain, as a new model.

    Parameters
    ----------
    model : WindowSegmenter or WholeSegmenter
        From `load_model`; its weights are shared, not copied, and it stays as it is.
    gain : float
        From 0, nothing passes, to 1, the network as it was trained.

    Returns
    -------
    TorchSegmenter
        Called "... with skip gain 0.5".

    Raises
    ------
    ModelError
        The gain lies outside 0 to 1, the layers cannot be reached, or no skip connection is known in them.

    Notes
    -----
    A network that was trained with skip connections and loses them is not one that was trained without (Kamath et
    al., MICCAI 2023, compare the latter): the Dice of this probe says how much this network leans on its skips.
    """
    what = f'Skip connections of {model.spec.name} not scaled'
    checked_gain(gain)
    found = own_network(model, what)
    made = twin(found.module)
    if not attach(made, _Scale(gain)):
        raise ModelError(what, 'no skip connection of it is known here', 'Choose a U-Net of MONAI or of nnU-Net.')
    changed = altered(found, made, f'skip gain {gain:g}')
    changed.messages.append(PROBE)
    return changed


class _Scale:
    def __init__(self, gain: float) -> None:
        self._gain = gain

    def __call__(self, _name: str, passing: Any) -> Any:
        return passing * self._gain
