"""The graph of an exported file as a network: each of its calls is made in turn, and no code is generated."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Mapping
from functools import cache
from typing import TYPE_CHECKING, Any

from napari_segrobust.compare.interrupt import checkpoint
from napari_segrobust.errors import ModelError
from napari_segrobust.segment.pt2_file import DTYPES
from napari_segrobust.segment.quick_layers import conv3d, conv_transpose3d, instance_norm
from napari_segrobust.segment.reading import EXPORT

if TYPE_CHECKING:
    import torch

    from napari_segrobust.segment.pt2_file import ExportedFile

#: ATen's ways out of tensors: nothing else of it reaches files or the screen.
_FORBIDDEN = ('from_file', 'save', '_print', 'warn')
#: Checks of what the exporter assumed of types and devices, the latter of which change when a network moves.
_SKIPPED = ('_assert_tensor_metadata',)
#: Arguments that say that a network was exported while it was trained.
_TRAINING = ('training', 'train')
_NUMBERS: Mapping[str, Callable[..., Any]] = {
    **{f'_operator.{name}': getattr(operator, name) for name in (
        'add', 'sub', 'mul', 'floordiv', 'truediv', 'mod', 'neg', 'pos', 'eq', 'ne', 'lt', 'le', 'gt', 'ge',
        'and_', 'or_', 'getitem',
    )},
    **{f'math.{name}': getattr(math, name) for name in ('floor', 'ceil', 'trunc')},
    'torch.sym_max': max,
    'torch.sym_min': min,
    'torch.sym_int': int,
    'torch.sym_float': float,
    'torch.sym_not': operator.not_,
}  # fmt: skip
_QUICK: Mapping[str, Callable[..., Any]] = {
    'torch.ops.aten.conv3d.default': conv3d,
    'torch.ops.aten.conv_transpose3d.input': conv_transpose3d,
    'torch.ops.aten.instance_norm.default': instance_norm,
}
#: Numbers of memory formats in the JSON.
_FORMATS = {1: 'contiguous_format', 2: 'channels_last', 3: 'channels_last_3d', 4: 'preserve_format'}

#: From the values so far to one argument.
_Fetch = Callable[[dict[str, Any]], Any]


class _Call:
    """One node: what is called, how its arguments are fetched, and what its results are called."""

    def __init__(self, node: Mapping[str, Any], device: Callable[[], torch.device]) -> None:
        self.function, self.by_name = _function(node['target'])
        self.arguments: list[tuple[str, _Fetch]] = []
        self.read: set[str] = set()
        for entry in node['inputs']:
            if entry['name'] in _TRAINING and entry['arg'].get('as_bool'):
                raise _unknown('it was exported in training mode, and answers differently every time')
            self.arguments.append((entry['name'], _fetch(entry['arg'], device, self.read)))
        self.names = [_names(output) for output in node['outputs']]
        #: Values that nothing reads after this call.
        self.last: list[str] = []

    def __call__(self, values: dict[str, Any]) -> None:
        if self.by_name:
            result = self.function(**{name: fetch(values) for name, fetch in self.arguments})
        else:
            result = self.function(*(fetch(values) for _, fetch in self.arguments))
        if len(self.names) == 1:
            result = (result,)
        for name, part in zip(self.names, result or (), strict=False):
            if isinstance(name, str):
                values[name] = part
            elif name is not None:
                values.update(zip(name, part, strict=True))
        for name in self.last:
            values.pop(name, None)


def stays_contiguous(file: ExportedFile) -> bool:
    """Whether the tensors of a graph stay contiguous: it reads them by how they lie in memory, or is quicker so."""
    names = {node['target'].split('.')[3] for node in file.graph['nodes'] if node['target'].count('.') == 4}
    return bool(names & {'view', '_unsafe_view', 'as_strided', 'empty_strided', 'new_empty_strided', 'instance_norm'})


def exported_network(file: ExportedFile) -> torch.nn.Module:
    """Build the network of a file.

    Returns
    -------
    torch.nn.Module
        Maps (B, C, *spatial) float32 to what the file answers with: a tensor, or a tuple of them.

    Raises
    ------
    ModelError
        It calls something that is no operation on tensors, or it was exported in training mode.
    """
    network: torch.nn.Module = _network_class()(file)
    return network


@cache
def _network_class() -> type[torch.nn.Module]:
    import torch

    class ExportedNetwork(torch.nn.Module):
        def __init__(self, file: ExportedFile) -> None:
            super().__init__()
            self._file_dtype = getattr(torch, file.dtype)
            self._input, self._outputs, self._constants = file.input, file.outputs, file.constants
            self._held = {name: f'held_{index}' for index, name in enumerate(file.tensors)}
            for name, tensor in file.tensors.items():
                if name in file.parameters:
                    self.register_parameter(self._held[name], torch.nn.Parameter(tensor, requires_grad=False))
                else:
                    self.register_buffer(self._held[name], tensor)
            self._calls = [_Call(node, self._device) for node in file.graph['nodes'] if not _is_skipped(node['target'])]
            seen = {*self._outputs}
            for call in reversed(self._calls):
                call.last = sorted(call.read - seen - set(self._held))
                seen |= call.read
            self._slow = [bool(call.read & file.parameters) for call in self._calls]

        def _device(self) -> torch.device:
            for tensor in (*self.parameters(), *self.buffers()):
                return tensor.device
            return torch.device('cpu')

        def forward(self, windows: torch.Tensor) -> Any:
            # Calls of a graph may write into what they are given.
            values = {name: getattr(self, held) for name, held in self._held.items()} | self._constants
            values[self._input] = windows.to(self._file_dtype, copy=True)
            for call, slow in zip(self._calls, self._slow, strict=True):
                if slow:
                    checkpoint()
                call(values)
            answers = tuple(values[name] for name in self._outputs)
            return answers[0] if len(answers) == 1 else answers

    return ExportedNetwork


def _is_skipped(target: str) -> bool:
    return any(part in _SKIPPED for part in target.split('.'))


def _function(target: str) -> tuple[Callable[..., Any], bool]:
    """What a node calls, and whether its arguments go by name."""
    import torch

    if target in _NUMBERS:
        return _NUMBERS[target], False
    if target in _QUICK:
        return _QUICK[target], True
    parts = target.split('.')
    if parts[:3] != ['torch', 'ops', 'aten'] or len(parts) != 5 or parts[3] in _FORBIDDEN:
        raise _unknown(f'it calls {target[:80]}, which is no operation on tensors that is known here')
    try:
        found: Callable[..., Any] = getattr(getattr(torch.ops.aten, parts[3]), parts[4])
    except AttributeError as error:
        raise _unknown(f'it calls {target[:80]}, which this PyTorch does not have') from error
    return found, True


def _names(output: Mapping[str, Any]) -> str | list[str] | None:
    kind, entry = _union(output)
    if kind == 'as_none':
        return None
    if kind == 'as_tensors':
        return [part['name'] for part in entry]
    found: str = entry.get('name', entry.get('as_name'))
    return found


def _fetch(argument: Mapping[str, Any], device: Callable[[], torch.device], read: set[str]) -> _Fetch:
    """How an argument is found among the values; the names that it reads are added to `read`."""
    import torch

    kind, entry = _union(argument)
    if kind in ('as_tensor', 'as_sym_int', 'as_sym_bool', 'as_sym_float', 'as_optional_tensor'):
        return _one(entry, read)
    if kind in ('as_tensors', 'as_optional_tensors', 'as_sym_ints', 'as_sym_bools', 'as_sym_floats'):
        parts = [_one(part, read) for part in entry]
        return lambda values: [part(values) for part in parts]
    if kind == 'as_device':
        return lambda _values: device()
    value: Any
    if kind == 'as_none':
        value = None
    elif kind == 'as_scalar_type':
        value = getattr(torch, DTYPES[entry])
    elif kind == 'as_memory_format':
        value = getattr(torch, _FORMATS[entry])
    elif kind == 'as_layout':
        value = torch.strided
    elif kind in ('as_int', 'as_ints', 'as_float', 'as_floats', 'as_bool', 'as_bools', 'as_string'):
        value = entry if kind not in ('as_float', 'as_floats') else _floats(entry)
    else:
        raise _unknown(f'it has an argument of a kind that is not known here ({kind})')
    return lambda _values: value


def _one(entry: Mapping[str, Any], read: set[str]) -> _Fetch:
    """A value by its name, or the number that stands in its place."""
    name = entry.get('name', entry.get('as_name'))
    if name is None and isinstance(entry.get('as_tensor'), Mapping):
        name = entry['as_tensor']['name']
    if name is not None:
        read.add(name)
        return lambda values: values[name]
    value = None if entry.get('as_none') else _union(entry)[1]
    return lambda _values: value


def _floats(entry: Any) -> Any:
    """Infinity and NaN stand as words in the JSON."""
    return [float(part) for part in entry] if isinstance(entry, list) else float(entry)


def _union(entry: Mapping[str, Any]) -> tuple[str, Any]:
    return next((kind, value) for kind, value in entry.items() if value is not None)


def _unknown(why: str) -> ModelError:
    return ModelError('Exported network not loaded', why, f'Export it in evaluation mode: {EXPORT}.')
