"""Which windows a network takes: some sizes are frozen into exported files, and some follow from an architecture."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from napari_segrobust.errors import ModelError
from napari_segrobust.segment.answers import times
from napari_segrobust.segment.module import TorchSegmenter

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import torch

    from napari_segrobust.segment.spec import ModelSpec


@dataclass(frozen=True)
class Extent:
    """Lengths that one axis of an input may have.

    Attributes
    ----------
    least, most : int, int or None
        Both included; equal where the length is frozen, None where there is no upper end.
    multiple : int
        Of which the length must be one.
    example : int or None
        The length with which the file was exported.
    """

    least: int = 1
    most: int | None = None
    multiple: int = 1
    example: int | None = None

    @property
    def fixed(self) -> int | None:
        """The only length, where there is but one."""
        return self.least if self.least == self.most else None

    @property
    def words(self) -> str:
        """Words for a message: "96", "a multiple of 8", "16 to 256"."""
        if self.fixed is not None:
            return str(self.fixed)
        bounds = f'{self.least} to {self.most}' if self.most is not None else f'at least {self.least}'
        if self.multiple == 1:
            return bounds
        return f'a multiple of {self.multiple}' + (f', {bounds}' if (self.least, self.most) != (1, None) else '')

    def fit(self, length: int) -> int:
        """The least length that it takes and that holds `length`; its largest where there is none."""
        fitted = self.multiple * math.ceil(max(length, self.least) / self.multiple)
        return fitted if self.most is None or fitted <= self.most else self.multiple * (self.most // self.multiple)

    def takes(self, length: int) -> bool:
        """Whether an axis may be so long."""
        return self.least <= length and (self.most is None or length <= self.most) and not length % self.multiple


def frozen(length: int) -> Extent:
    """An axis of one length only."""
    return Extent(length, length, example=length)


@dataclass(frozen=True)
class InputShape:
    """Shapes (B, C, *spatial) that a network takes, axes in the order of the network.

    Attributes
    ----------
    spatial : tuple of Extent
    channels, batch : Extent
    holds : callable
        Whether a window (*spatial) meets what is asked of all axes together.
    """

    spatial: tuple[Extent, ...]
    channels: Extent = Extent()
    batch: Extent = Extent()
    holds: Callable[[Sequence[int]], bool] = lambda _window: True

    def settle(self, spec: ModelSpec, messages: list[str]) -> ModelSpec:
        """Bring a spec's window to a size that the network takes.

        Parameters
        ----------
        spec : ModelSpec
        messages : list of str
            What a person must know of it is added.

        Returns
        -------
        ModelSpec
            With `window` where the sizes are frozen, and with a `pad_multiple` that the network can do with.

        Raises
        ------
        ModelError
            The spec tells of other dimensions, other channels or another window than the network takes.
        """
        self._check_axes(spec)
        spec = spec.model_copy(
            update={'pad_multiple': math.lcm(spec.pad_multiple, math.gcd(*(e.multiple for e in self.spatial)))}
        )
        if spec.window is not None:
            self.check_window(spec.window, spec)
        elif any(extent.fixed is not None for extent in self.spatial):
            window = tuple(extent.fixed or extent.example or extent.least for extent in self.spatial)
            spec = spec.model_copy(update={'window': window})
            messages.append(f'{spec.name} takes windows of {times(window)} only: the size is part of the file.')
        return spec

    def check_window(self, window: Sequence[int], spec: ModelSpec) -> None:
        """Refuse a window (*spatial), in the order of the network, that it does not take."""
        taken = all(extent.takes(n) for extent, n in zip(self.spatial, window, strict=True))
        if not (taken and self.holds(window)):
            wanted = ' x '.join(extent.words for extent in self.spatial)
            raise ModelError(
                f'{spec.name} cannot use this window',
                f'it is {times(window)}, and the network takes {wanted}',
                'Choose such a window, or export the network again with free sizes.',
            )

    def _check_axes(self, spec: ModelSpec) -> None:
        what, remedy = f'Spec of {spec.name} does not fit its network', 'Correct the spec.'
        if len(self.spatial) != spec.dimensions:
            why = f'dimensions = {spec.dimensions}, and the network takes {len(self.spatial)}D windows'
            raise ModelError(what, why, remedy)
        if not self.channels.takes(spec.channels):
            why = f'channels = {spec.channels}, and the network takes {self.channels.words}'
            raise ModelError(what, why, remedy)


class ShapedSegmenter(TorchSegmenter):
    """A `TorchSegmenter` whose network takes windows of some sizes only.

    Parameters
    ----------
    module, spec, key, device, channels_last
        As in `TorchSegmenter`.
    shape : InputShape

    Attributes
    ----------
    input_shape : InputShape
        What it takes.
    """

    def __init__(
        self,
        module: torch.nn.Module,
        spec: ModelSpec,
        key: str,
        device: str = 'cpu',
        *,
        shape: InputShape,
        channels_last: bool = True,
    ) -> None:
        super().__init__(module, spec, key, device, channels_last=channels_last)
        self.input_shape = shape

    def around(self, module: torch.nn.Module, spec: ModelSpec, key: str) -> ShapedSegmenter:
        """The same way of computing, on the same device and the same sizes, around another module."""
        last = self._may_be_last
        return ShapedSegmenter(module, spec, key, self.device, shape=self.input_shape, channels_last=last)

    def __call__(self, windows: torch.Tensor) -> torch.Tensor:
        """Map windows (B, C, *spatial) float32 to logits (B, K, *spatial)."""
        self.input_shape.check_window(windows.shape[2:], self.spec)
        return in_batches(super().__call__, windows, self.input_shape.batch)


def in_batches(network: Callable[[torch.Tensor], torch.Tensor], windows: torch.Tensor, batch: Extent) -> torch.Tensor:
    """Ask a network for windows (B, ...), as many at once as it takes; a batch that is too small is filled up."""
    import torch

    most = batch.most or len(windows)
    found = []
    for start in range(0, len(windows), most):
        part = windows[start : start + most]
        missing = max(batch.least - len(part), 0)
        filled = torch.cat([part, part[-1:].expand(missing, *part.shape[1:])]) if missing else part
        found.append(network(filled)[: len(part)])
    return found[0] if len(found) == 1 else torch.cat(found)
