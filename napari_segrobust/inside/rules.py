"""From a box of one operation's answer back to what it read: the arithmetic of receptive fields."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import torch

#: Half-open, of one axis; None where nothing of it is read.
Interval = tuple[int, int]
Box = tuple[Interval, ...]
Back = Callable[[Box], Box | None]

#: Operations that move no voxel, whatever their arguments, as long as the spatial axes stay.
_STILL = (
    'view', '_unsafe_view', 'reshape', 'clone', 'expand', 'repeat', 'alias', 'detach', 'contiguous', '_to_copy',
    'lift_fresh', 'permute', 'transpose', 'copy_', 'native_dropout', 'bernoulli', '_prelu_kernel',
)  # fmt: skip
#: Words for what reads the whole map.
_WORDS = {'attention': ('mm', 'softmax', 'attention'), 'global pooling': ('mean', 'sum', 'amax', 'adaptive')}
_NORMS = ('native_batch_norm', '_native_batch_norm_legit', 'cudnn_batch_norm', 'native_group_norm', 'batch_norm')
_FROZEN_NORMS = ('_native_batch_norm_legit_no_training',)


@dataclass(frozen=True)
class Rule:
    """How a box of an answer leads to one of what was read.

    Attributes
    ----------
    back : callable
    everywhere : str
        What reads the whole map, in words.
    statistics : str
        The operation, where mean and deviation of the whole map count too.
    """

    back: Back
    everywhere: str = ''
    statistics: str = ''


def rule_of(
    func: Any, args: tuple[Any, ...], named: Mapping[str, Any], read: torch.Tensor, made: torch.Tensor, ndim: int
) -> Rule:
    """Choose the rule of an operation.

    Parameters
    ----------
    func : torch._ops.OpOverload
        An operation below autograd, such as ``aten.convolution.default``.
    args : tuple
    named : mapping
    read, made : torch.Tensor
        One of the tensors that it read, and one that it made; their last axes are the spatial ones.
    ndim : int
        How many spatial axes there are.

    Notes
    -----
    Of kernel k, stride s, dilation d and padding p, voxels [a, b) of the answer read [a s - p, (b - 1) s - p + (k - 1)
    d + 1) (Araujo, Norris, Sim, "Computing receptive fields of convolutional neural networks", Distill 2019). A
    transposed convolution reads the voxels i for which o = i s - p + j d has a solution j in 0 ... k - 1.
    """
    name = str(func.overloadpacket.__name__)
    call = {argument.name: value for argument, value in zip(func._schema.arguments, args, strict=False)} | dict(named)
    before, after = tuple(read.shape[-ndim:]), tuple(made.shape[-ndim:])
    if min(read.ndim, made.ndim) < ndim:
        return _whole(name, before if len(before) == ndim else (1,) * ndim)
    if name == 'convolution':
        return Rule(_convolution(call, len(after)))
    if '_pool' in name and 'adaptive' not in name:
        return Rule(_pool(call, len(after)))
    if 'adaptive' in name and after and set(after) != {1}:
        return Rule(partial(_each, [partial(_adaptive, n, m) for n, m in zip(before, after, strict=True)]))
    if name.startswith('upsample_') or name == '_upsample_nearest_exact':
        return Rule(_upsample(name, call, before, after))
    if name == 'pixel_shuffle':
        return Rule(partial(_each, [partial(_nearest, 1 / call['upscale_factor'], 0.0)] * 2))
    if name in ('constant_pad_nd', *(f'{kind}_pad{n}d' for kind in ('reflection', 'replication') for n in (1, 2, 3))):
        left = (call.get('pad') or call.get('padding') or [])[::2]
        shifts = [*left, *[0] * len(after)][: len(after)][::-1]
        return Rule(partial(_each, [partial(_shift, -shift, 1) for shift in shifts]))
    return _rest(func, name, call, before, after, read.ndim - ndim)


def _rest(
    func: Any, name: str, call: Mapping[str, Any], before: Sequence[int], after: Sequence[int], lead: int
) -> Rule:
    """Operations that leave a map's voxels where they are, cut it, or mix all of it; `lead` axes come first."""
    import torch

    total = lead + len(before)
    axis = _axis(call.get('dim', 0), total)
    same = before == after
    if name == 'slice' and axis is not None:
        shifts = [(0, 1)] * len(after)
        if axis >= lead:
            start = call.get('start') or 0
            shifts[axis - lead] = start + (before[axis - lead] if start < 0 else 0), call.get('step') or 1
        return Rule(partial(_each, [partial(_shift, start, step) for start, step in shifts]))
    if name in ('cat', 'stack', 'select', 'split', 'split_with_sizes', 'unbind', 'squeeze') and same:
        return Rule(_same) if axis is not None and axis < lead else _whole(name, before)
    if name == 'unsqueeze' and same:
        return Rule(_same) if axis is not None and axis % (total + 1) <= lead else _whole(name, before)
    if name in ('mean', 'sum', 'amax', 'amin', '_softmax', '_log_softmax') and same:
        across = call.get('dim')
        axes = [_axis(one, total) for one in (across if isinstance(across, (list, tuple)) else [across])]
        return Rule(_same) if all(one is not None and one < lead for one in axes) else _whole(name, before)
    if same and name in ('permute', 'transpose') and not _stays(name, call, total, lead):
        return _whole(name, before)
    if same and (name in _NORMS or name in _FROZEN_NORMS):
        uses = name not in _FROZEN_NORMS and (call.get('training', call.get('train', True)) is not False)
        return Rule(_same, statistics=('group norm' if 'group' in name else 'instance norm') if uses else '')
    if same and (name in _STILL or torch.Tag.pointwise in func.tags):
        return Rule(_same)
    if torch.Tag.pointwise in func.tags and all(n in (1, m) for n, m in zip(before, after, strict=True)):
        # What is stretched over the map is one number for all of it.
        stretched = [partial(_all_of, 1) if n == 1 and m > 1 else _as_it_is for n, m in zip(before, after, strict=True)]
        return Rule(partial(_each, stretched))
    return _whole(name, before)


def _axis(dim: object, ndim: int) -> int | None:
    return dim % ndim if isinstance(dim, int) else None


def _stays(name: str, call: Mapping[str, Any], total: int, lead: int) -> bool:
    """Whether every spatial axis keeps its place."""
    if name == 'permute':
        return [int(one) % total for one in call['dims']][lead:] == list(range(lead, total))
    return max(int(call['dim0']) % total, int(call['dim1']) % total) < lead


def _whole(name: str, before: Sequence[int]) -> Rule:
    words = next((words for words, names in _WORDS.items() if any(one in name for one in names)), 'rearranged maps')
    return Rule(partial(_everything, tuple((0, n) for n in before)), everywhere=words)


def _everything(whole: Box, _box: Box) -> Box:
    return whole


def _same(box: Box) -> Box:
    return box


def _each(rules: Sequence[Callable[[Interval], Interval | None]], box: Box) -> Box | None:
    found = [rule(edge) for rule, edge in zip(rules, box, strict=True)]
    return None if any(edge is None for edge in found) else tuple(edge for edge in found if edge is not None)


def _as_it_is(edge: Interval) -> Interval:
    return edge


def _all_of(n: int, _edge: Interval) -> Interval:
    return 0, n


def _shift(start: int, step: int, edge: Interval) -> Interval:
    return edge[0] * step + start, (edge[1] - 1) * step + start + 1


def _convolution(call: Mapping[str, Any], ndim: int) -> Back:
    kernel = tuple(call['weight'].shape[2:])
    parts = [_per_axis(call[name], ndim) for name in ('stride', 'padding', 'dilation')]
    sizes = zip(kernel, *parts, strict=True)
    return partial(_each, [partial(_transposed if call['transposed'] else _forward, *one) for one in sizes])


def _pool(call: Mapping[str, Any], ndim: int) -> Back:
    kernel = _per_axis(call['kernel_size'], ndim)
    stride = _per_axis(call.get('stride') or kernel, ndim)
    padding, dilation = (_per_axis(call.get(name) or default, ndim) for name, default in _POOL)
    return partial(_each, [partial(_forward, *one) for one in zip(kernel, stride, padding, dilation, strict=True)])


_POOL = (('padding', 0), ('dilation', 1))


def _per_axis(value: Any, ndim: int) -> tuple[int, ...]:
    values = tuple(value) if isinstance(value, (list, tuple)) else (value,)
    return values * ndim if len(values) == 1 else values


def _forward(kernel: int, stride: int, padding: int, dilation: int, edge: Interval) -> Interval:
    return edge[0] * stride - padding, (edge[1] - 1) * stride - padding + (kernel - 1) * dilation + 1


def _transposed(kernel: int, stride: int, padding: int, dilation: int, edge: Interval) -> Interval | None:
    first = math.ceil((edge[0] + padding - (kernel - 1) * dilation) / stride)
    last = math.floor((edge[1] - 1 + padding) / stride)

    def is_read(place: int) -> bool:
        """Whether some voxel of the answer lies a whole number of dilated steps from it."""
        nearest = max(edge[0] + padding - place * stride, 0)
        step = -(-nearest // dilation)
        return step < kernel and place * stride + step * dilation - padding < edge[1]

    while first <= last and not is_read(first):
        first += 1
    while last >= first and not is_read(last):
        last -= 1
    return (first, last + 1) if first <= last else None


def _adaptive(before: int, after: int, edge: Interval) -> Interval:
    return math.floor(edge[0] * before / after), math.ceil(edge[1] * before / after)


def _upsample(name: str, call: Mapping[str, Any], before: Sequence[int], after: Sequence[int]) -> Back:
    rules: list[Callable[[Interval], Interval]] = []
    for n, m in zip(before, after, strict=True):
        if 'nearest' in name:
            rules.append(partial(_nearest, n / m, 0.5 if 'exact' in name else 0.0))
        elif call.get('align_corners'):
            rules.append(partial(_between, (n - 1) / (m - 1) if m > 1 else 0.0, 0.0, 2 if 'cubic' in name else 1))
        else:
            rules.append(partial(_between, n / m, 0.5, 2 if 'cubic' in name else 1))
    return partial(_each, rules)


def _nearest(scale: float, half: float, edge: Interval) -> Interval:
    return math.floor((edge[0] + half) * scale + _TINY), math.floor((edge[1] - 1 + half) * scale + _TINY) + 1


def _between(scale: float, half: float, margin: int, edge: Interval) -> Interval:
    """Linear (one voxel to either side) or cubic (two) interpolation; on a voxel it reads that one alone."""
    first, last = (place * scale + half * (scale - 1) for place in (edge[0], edge[1] - 1))
    return math.floor(first + _TINY) - margin + 1, math.ceil(last - _TINY) + margin


#: Coordinates this close to a voxel are that voxel.
_TINY = 1e-9
