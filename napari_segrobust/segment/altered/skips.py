"""Where in a network a map passes beside the deeper levels: the skip connections of MONAI's and nnU-Net's U-Nets."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import torch

#: ``watch(name, map)`` is told what passes, and returns what passes on.
Watch = Callable[[str, Any], Any]

#: Blocks of a decoder whose second argument is the skipped map: BasicUNet and its nested sisters, VNet, DynUNet,
#: UNETR and SwinUNETR.
_SECOND = ('UpCat', 'UpTransition', 'UnetUpBlock', 'UnetrUpBlock')


def attach(module: torch.nn.Module, watch: Watch) -> list[str]:
    """Have a function see, and replace, every map that passes a skip connection of a network.

    Parameters
    ----------
    module : torch.nn.Module
        Is changed: give a twin.
    watch : callable
        Must not hold layers of the network.

    Returns
    -------
    list of str
        Names of the modules at which the maps arrive; empty where the network has none that is known here.

    Notes
    -----
    Known are MONAI 1.6's ``SkipConnection`` (UNet; concatenated or added), the gated map of ``AttentionUnet``, the
    second argument of the decoder blocks of BasicUNet, BasicUNet++, FlexibleUNet, VNet, DynUNet, UNETR and SwinUNETR,
    what SegResNet adds, and the list that nnU-Net's ``UNetDecoder`` is given.
    """
    found = []
    for name, layer in module.named_modules():
        kind = type(layer).__name__
        if kind == 'SkipConnection' and getattr(layer, 'mode', 'mul') in ('cat', 'add'):
            layer.__dict__['forward'] = _Beside(layer, name, _after(layer.__dict__.get('forward'), watch))
        elif kind == 'AttentionLayer' and hasattr(layer, 'attention'):
            layer.attention.register_forward_hook(_Gated(name, watch))
        elif kind in _SECOND:
            layer.register_forward_pre_hook(_Second(name, watch), with_kwargs=True)
        elif kind == 'UNetDecoder' and 'dynamic_network_architectures' in type(layer).__module__:
            layer.register_forward_pre_hook(_Listed(name, watch))
        elif kind == 'SegResNet':
            layer.__dict__['decode'] = _Added(layer, name, _after(layer.__dict__.get('decode'), watch))
        else:
            continue
        found.append(name)
    return found


def _after(there: object, watch: Watch) -> Watch:
    """Watch what is left by who watches already."""
    return _Both(there.watch, watch) if isinstance(there, (_Beside, _Added)) else watch


class _Both:
    def __init__(self, first: Watch, then: Watch) -> None:
        self._first, self._then = first, then

    def __call__(self, name: str, passing: Any) -> Any:
        return self._then(name, self._first(name, passing))


class _Beside:
    """``SkipConnection.forward``: what passes beside the submodule is watched, what enters it is not."""

    def __init__(self, layer: Any, name: str, watch: Watch) -> None:
        self._layer, self._name, self.watch = layer, name, watch

    def __call__(self, x: torch.Tensor) -> torch.Tensor:
        import torch

        layer = self._layer
        deeper = layer.submodule(x)
        passing = self.watch(self._name, x)
        if layer.mode == 'add':
            return torch.add(passing, deeper)
        return torch.cat([passing, deeper], dim=layer.dim)


class _Gated:
    def __init__(self, name: str, watch: Watch) -> None:
        self._name, self._watch = name, watch

    def __call__(self, _layer: object, _inputs: object, output: torch.Tensor) -> torch.Tensor:
        changed: torch.Tensor = self._watch(self._name, output)
        return changed


class _Second:
    def __init__(self, name: str, watch: Watch) -> None:
        self._name, self._watch = name, watch

    def __call__(
        self, _layer: object, inputs: tuple[Any, ...], named: dict[str, Any]
    ) -> tuple[tuple[Any, ...], dict[str, Any]] | None:
        if len(inputs) > 1 and inputs[1] is not None:
            return (inputs[0], self._watch(self._name, inputs[1]), *inputs[2:]), named
        if named.get('skip') is not None:
            return inputs, {**named, 'skip': self._watch(self._name, named['skip'])}
        return None


class _Listed:
    """The last of nnU-Net's list is the bottleneck."""

    def __init__(self, name: str, watch: Watch) -> None:
        self._name, self._watch = name, watch

    def __call__(self, _layer: object, inputs: tuple[Any, ...]) -> tuple[Any, ...]:
        *skips, bottleneck = inputs[0]
        return ([*(self._watch(f'{self._name}.{n}', skip) for n, skip in enumerate(skips)), bottleneck], *inputs[1:])


class _Added:
    """``SegResNet.decode``: the first of its list is the bottleneck, the others are added on the way up."""

    def __init__(self, layer: Any, name: str, watch: Watch) -> None:
        self._layer, self._name, self.watch = layer, name, watch

    def __call__(self, x: torch.Tensor, down_x: list[torch.Tensor]) -> torch.Tensor:
        name = f'{self._name}.' if self._name else ''
        passing = [self.watch(f'{name}skip {n}', skip) for n, skip in enumerate(down_x[1:])]
        decoded: torch.Tensor = type(self._layer).decode(self._layer, x, [down_x[0], *passing])
        return decoded
