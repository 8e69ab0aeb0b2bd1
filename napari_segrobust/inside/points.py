"""The layers of a network that are worth watching: encoder, bottleneck, decoder and skips, level by level."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from napari_segrobust.compare.interrupt import Interrupted
from napari_segrobust.errors import ModelError
from napari_segrobust.inside.graph import without_voxels
from napari_segrobust.segment.altered.skips import attach
from napari_segrobust.segment.altered.twin import twin
from napari_segrobust.segment.reading import one_line

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import torch

Kind = Literal['encoder', 'skip', 'bottleneck', 'decoder', 'layer']
#: In the order in which a picture passes them.
KINDS: tuple[Kind, ...] = ('encoder', 'skip', 'bottleneck', 'decoder', 'layer')
#: Layers of a network without levels that are shown, at most.
_MOST_LAYERS = 12
#: Layers that decide how large a map is, or keep it so; those of transformers make tables of tokens beside.
_SIZED = tuple(f'torch.nn.modules.{kind}' for kind in ('conv', 'pooling', 'upsampling', 'batchnorm', 'instancenorm'))


@dataclass(frozen=True)
class Point:
    """A map of a network that is watched.

    Attributes
    ----------
    kind : {'encoder', 'skip', 'bottleneck', 'decoder', 'layer'}
    level : int
        0 is the finest; of a network without levels, the number of the layer.
    module : str
        Name of the module whose output it is, or to which it comes over a skip connection.
    call : int
        Which of the module's calls in one pass, from 0.
    channels : int
    shape : tuple of int
        Spatial, axes of the network.
    """

    kind: Kind
    level: int
    module: str
    call: int
    channels: int
    shape: tuple[int, ...]

    @property
    def title(self) -> str:
        """Such as "encoder 0"."""
        return self.kind if self.kind == 'bottleneck' else f'{self.kind} {self.level}'

    @property
    def key(self) -> tuple[bool, str, int]:
        """What `watch` tells it by."""
        return self.kind == 'skip', self.module, self.call


@dataclass
class _Call:
    """One call of one module."""

    module: str
    call: int
    leaves: set[tuple[int, ...]] = field(default_factory=set)
    depth: int = 0
    last: int = 0
    joins: bool = False
    channels: int = 0
    shape: tuple[int, ...] = ()


def find_points(module: torch.nn.Module, channels: int, window: Sequence[int]) -> tuple[Point, ...]:
    """Find the maps of a network that are worth watching.

    Parameters
    ----------
    module : torch.nn.Module
        Is not changed, and not computed: its twin runs once on a window that has a shape and no voxels.
    channels : int
    window : sequence of int
        Spatial shape, axes of the network.

    Returns
    -------
    tuple of Point
        A pass is cut into phases of one map size. Of each size, the outermost block that ends the first phase is the
        encoder, and the one that ends the last phase after the smallest size is the decoder; what passes a known skip
        connection is a skip. Of a network of one size: its outermost layers, in their order.

    Raises
    ------
    ModelError
        It cannot be run.
    """
    import torch

    watched = twin(module)
    log = _Log(len(window))
    skips: list[tuple[str, int, Any]] = []

    def passing(name: str, x: Any) -> Any:
        skips.append((name, sum(name == other for other, _, _ in skips), x))
        return x

    attach(watched, passing)
    for name, layer in watched.named_modules():
        if name:
            log.follow(name, layer)
    try:
        with torch.no_grad():
            without_voxels(watched, torch.empty(1, channels, *window, device='meta'))
    except Interrupted:
        raise
    except Exception as error:  # a network is foreign code and may raise anything
        raise ModelError('Layers not found', one_line(error), 'Check window and channels of the model.') from error
    found = _points(log)
    if found:
        sizes = _levels([point.shape for point in found])
        for name, call, x in skips:
            shape = tuple(x.shape[2:])
            if shape in sizes:
                found.append(Point('skip', sizes[shape], name, call, int(x.shape[1]), shape))
    else:
        found = _layers(log)
    return tuple(sorted(found, key=lambda p: (KINDS.index(p.kind), -p.level if p.kind == 'decoder' else p.level)))


def watch(module: torch.nn.Module, points: Sequence[Point], see: Callable[[Point, torch.Tensor], None]) -> None:
    """Have a function see the maps at points of a network, at each pass.

    Parameters
    ----------
    module : torch.nn.Module
        Is changed: give a twin.
    points : sequence of Point
        From `find_points`.
    see : callable
        ``see(point, map)``; of shape (B, C, *spatial), and not to be changed.
    """
    counts: dict[tuple[bool, str], int] = {}
    by_key = {point.key: point for point in points}

    def met(skip: bool, name: str, x: Any) -> None:
        call = counts.get((skip, name), 0)
        counts[skip, name] = call + 1
        point = by_key.get((skip, name, call))
        if point is not None:
            see(point, x)

    def passing(name: str, x: Any) -> Any:
        met(True, name, x)
        return x

    def over(name: str) -> Callable[..., None]:
        return lambda _layer, _inputs, output: met(False, name, output)

    module.register_forward_pre_hook(lambda _layer, _inputs: counts.clear())
    attach(module, passing)
    wanted = {point.module for point in points if point.kind != 'skip'}
    for name, layer in module.named_modules():
        if name in wanted:
            layer.register_forward_hook(over(name))


class _Log:
    """When modules were entered and left, and the sizes of what their innermost layers made."""

    def __init__(self, ndim: int) -> None:
        self.calls: list[_Call] = []
        self.phases: list[tuple[int, ...]] = []
        self._ndim = ndim
        self._open: list[_Call] = []
        self._counts: dict[str, int] = {}

    def follow(self, name: str, layer: torch.nn.Module) -> None:
        """Listen to one module."""
        is_leaf = type(layer).__module__.startswith(_SIZED)
        # What SkipConnection answers is two maps side by side.
        joins = type(layer).__name__ == 'SkipConnection'

        def enter(_layer: object, _inputs: object) -> None:
            call = self._counts.get(name, 0)
            self._counts[name] = call + 1
            self._open.append(_Call(name, call, depth=len(self._open), joins=joins))

        def leave(_layer: object, _inputs: object, output: Any) -> None:
            self._leave(self._open.pop(), is_leaf, output)

        layer.register_forward_pre_hook(enter)
        layer.register_forward_hook(leave)

    def _leave(self, call: _Call, is_leaf: bool, output: Any) -> None:
        if not (hasattr(output, 'shape') and len(output.shape) == self._ndim + 2):
            return
        call.channels, call.shape = int(output.shape[1]), tuple(output.shape[2:])
        if is_leaf and set(call.shape) != {1}:  # a number for each channel is no map
            if not self.phases or self.phases[-1] != call.shape:
                self.phases.append(call.shape)
            for one in (*self._open, call):
                one.leaves.add(call.shape)
                one.last = len(self.phases) - 1
        self.calls.append(call)


def _levels(shapes: Sequence[tuple[int, ...]]) -> dict[tuple[int, ...], int]:
    sizes = sorted(set(shapes), key=_voxels, reverse=True)
    return {shape: level for level, shape in enumerate(sizes)}


def _voxels(shape: tuple[int, ...]) -> int:
    count = 1
    for n in shape:
        count *= n
    return count


def _points(log: _Log) -> list[Point]:
    """Encoder, bottleneck and decoder; none where there is one size alone."""
    ends: dict[int, _Call] = {}
    for call in log.calls:  # in the order in which they ended: the outermost comes last
        if call.leaves == {call.shape} and not call.joins:
            ends[call.last] = call
    phases = [(number, ends[number]) for number in sorted(ends)]
    levels = _levels([call.shape for _, call in phases])
    if len(levels) < 2:
        return []
    smallest = min(levels, key=_voxels)
    turn = next(number for number, call in phases if call.shape == smallest)
    first: dict[tuple[int, ...], _Call] = {}
    last: dict[tuple[int, ...], _Call] = {}
    for number, call in phases:
        if number < turn:
            first.setdefault(call.shape, call)
        elif number > turn and call.shape != smallest:
            last[call.shape] = call
    found = [_point('encoder', levels[shape], call) for shape, call in first.items()]
    found.append(_point('bottleneck', levels[smallest], ends[turn]))
    return found + [_point('decoder', levels[shape], call) for shape, call in last.items()]


def _layers(log: _Log) -> list[Point]:
    """Outermost modules of a network of one size, evenly chosen where there are many."""
    outermost: list[_Call] = []
    for depth in range(1 + max((call.depth for call in log.calls), default=0)):
        outermost = [call for call in log.calls if call.leaves and call.depth == depth]
        if len(outermost) > 1:
            break
    step = -(-len(outermost) // _MOST_LAYERS) or 1
    chosen = outermost[step - 1 :: step]
    return [_point('layer', number, call) for number, call in enumerate(chosen)]


def _point(kind: Kind, level: int, call: _Call) -> Point:
    return Point(kind, level, call.module, call.call, call.channels, call.shape)
