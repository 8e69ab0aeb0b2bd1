"""Files of ``torch.export`` (.pt2), read without PyTorch's own loader.

That loader unpickles sample inputs, weights and constants without limits, loads compiled libraries, and hands
expressions and guards of the file to Python's ``eval``. What a network needs of such a file is plain: a graph of
ATen calls in JSON, and the bytes of its weights.
"""

from __future__ import annotations

import hashlib
import json
import re
import sys
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_segrobust.errors import ModelError
from napari_segrobust.segment.archive import open_archive
from napari_segrobust.segment.input_shape import Extent, InputShape
from napari_segrobust.segment.reading import EXPORT, check_file
from napari_segrobust.segment.size_guards import lengths_that_hold, read_guards, read_size

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    import torch
    from numpy.typing import NDArray

    from napari_segrobust.segment.archive import Archive
    from napari_segrobust.segment.size_guards import Guard

#: Versions of the JSON that is read here: written by PyTorch 2.8 and later.
_SCHEMA = 8
_MODEL = re.compile(r'^[^/]+/models/([^/]+)\.json$')
#: Numbers of types in the JSON: those of c10, counted from one.
DTYPES = {
    1: 'uint8', 2: 'int8', 3: 'int16', 4: 'int32', 5: 'int64', 6: 'float16', 7: 'float32', 8: 'float64',
    10: 'complex64', 11: 'complex128', 12: 'bool', 13: 'bfloat16',
}  # fmt: skip
#: How far beyond the size of its example a free axis is looked at, to see which multiples it takes.
_TRIED = 512
_SYMBOL = re.compile(r"^(?:Symbol\('(\w+)'[^()]*\)|(\w+))$")
_MULTIPLES = (
    re.compile(r"^Mul\(Integer\((?P<times>\d+)\), Symbol\('(?P<of>\w+)'[^()]*\)\)$"),
    re.compile(r"^Mul\(Symbol\('(?P<of>\w+)'[^()]*\), Integer\((?P<times>\d+)\)\)$"),
    re.compile(r'^(?P<times>\d+)\*(?P<of>\w+)$'),
)


@dataclass(frozen=True, eq=False)
class ExportedFile:
    """What a file holds.

    Attributes
    ----------
    graph : dict
        Nodes and values, as in the file.
    tensors : dict of str to Tensor
        Weights and constants, by the names that the graph has for them.
    parameters : frozenset of str
        Which of them are parameters.
    constants : dict of str to object
        Numbers that stand in place of an input.
    input, outputs : str, tuple of str
        Names of the image and of the answers in the graph.
    dtype : str
        Of the image.
    shape : InputShape
    classes : int or None
        Channels of the answer, where it is one and they are frozen.
    digest : bytes
        Hash of graph and weights.
    """

    graph: dict[str, Any]
    tensors: dict[str, torch.Tensor]
    parameters: frozenset[str]
    constants: dict[str, Any]
    input: str
    outputs: tuple[str, ...]
    dtype: str
    shape: InputShape
    classes: int | None
    digest: bytes


def is_exported(names: tuple[str, ...]) -> bool:
    """Whether these are the names of an archive that ``torch.export.save`` wrote; also an older one."""
    return any(_MODEL.match(name) for name in names) or 'serialized_exported_program.json' in names


def read_exported(path: Path) -> ExportedFile:
    """Read graph and weights.

    Raises
    ------
    ModelError
        Damaged; written by an older PyTorch; compiled; several networks or several inputs in it; weights that are
        pickled.
    """
    check_file(path)
    with open_archive(path) as archive, _damage_said(path):
        return _read(path, archive)


@contextmanager
def _damage_said(path: Path) -> Iterator[None]:
    try:
        yield
    except ModelError:
        raise
    except Exception as error:  # JSON of strangers may be of any form
        raise ModelError(f'{path.name} not loaded', 'it is damaged', 'Copy or export it again.') from error


def read_interface(path: Path) -> tuple[InputShape, int | None]:
    """What the network of a file takes, and how many channels it answers with; no weights are read.

    Raises
    ------
    ModelError
        As in `read_exported`.
    """
    check_file(path)
    with open_archive(path) as archive, _damage_said(path):
        return _interface(path, archive)


def _interface(path: Path, archive: Archive) -> tuple[InputShape, int | None]:
    program, _, _ = _program(path, archive, hashlib.sha256())
    signature = program['graph_module']['signature']
    inputs = [entry['arg'] for kind, entry in _specs(signature['input_specs']) if kind == 'user_input']
    answers = _answers(path, signature)
    values = program['graph_module']['graph']['tensor_values']
    return (
        _shape(values, program, inputs[0]['as_tensor']['name'], answers),
        _classes(values[answers[0]]['sizes']) if len(answers) == 1 else None,
    )


def _read(path: Path, archive: Archive) -> ExportedFile:
    digest = hashlib.sha256()
    program, root, model = _program(path, archive, digest)
    tensors: dict[str, torch.Tensor] = {}
    for kind in ('weights', 'constants'):
        tensors |= _tensors(path, archive, f'{root}/data/{kind}/', f'{model}_{kind}_config.json', digest)
    return _assembled(path, program, tensors, digest.digest())


def _program(path: Path, archive: Archive, digest: hashlib._Hash) -> tuple[dict[str, Any], str, str]:
    """The graph in JSON, the archive's own folder, and what the network is called in it."""
    models = [name for name in archive.names if _MODEL.match(name)]
    if len(models) != 1:
        raise _refused(path, 'an older PyTorch wrote it' if not models else f'it holds {len(models)} networks')
    root, _, file = models[0].split('/')
    program: dict[str, Any] = _json(archive, models[0], digest)
    if program['schema_version']['major'] != _SCHEMA:
        raise _refused(path, 'another version of PyTorch wrote it')
    order = f'{root}/byteorder'
    if order in archive and archive.read(order).decode() != sys.byteorder:
        raise _refused(path, 'a computer with another order of bytes wrote it')
    return program, root, file.removesuffix('.json')


def _json(archive: Archive, name: str, digest: hashlib._Hash) -> Any:
    content = archive.read(name, most=1 << 30)
    digest.update(content)
    return json.loads(content)


def _tensors(path: Path, archive: Archive, folder: str, config: str, digest: hashlib._Hash) -> dict[str, torch.Tensor]:
    import torch

    if folder + config not in archive:
        raise _refused(path, 'an older PyTorch wrote it')
    storages: dict[str, torch.Tensor] = {}
    found = {}
    for name, payload in _json(archive, folder + config, digest)['config'].items():
        if payload['use_pickle'] or payload['tensor_meta'] is None:
            raise _refused(path, f'{name} is pickled, and unpickling it can run anything')
        meta = payload['tensor_meta']
        where = payload['path_name']
        if where not in storages:
            content = bytearray(archive.read(folder + where, most=archive.total))
            digest.update(content)
            dtype = getattr(torch, DTYPES[meta['dtype']])
            storages[where] = torch.frombuffer(content, dtype=dtype) if content else torch.empty(0, dtype=dtype)
        sizes, strides = ([part['as_int'] for part in meta[key]] for key in ('sizes', 'strides'))
        found[name] = storages[where].as_strided(sizes, strides, meta['storage_offset']['as_int'])
    return found


def _assembled(path: Path, program: dict[str, Any], tensors: Mapping[str, torch.Tensor], digest: bytes) -> ExportedFile:
    graph, signature = program['graph_module']['graph'], program['graph_module']['signature']
    named: dict[str, torch.Tensor] = {}
    parameters, constants, inputs = set(), {}, []
    for kind, entry in _specs(signature['input_specs']):
        if kind in _HELD:
            named[entry['arg']['name']] = tensors[entry[_HELD[kind]]]
            if kind == 'parameter':
                parameters.add(entry['arg']['name'])
        elif kind == 'constant_input':
            constants[entry['name']] = next(iter(entry['value'].values()))
        elif kind == 'user_input' and 'as_tensor' in entry['arg']:
            inputs.append(entry['arg']['as_tensor']['name'])
        else:
            raise _refused(path, f'it takes more than an image ({kind.replace("_", " ")})')
    if len(inputs) != 1:
        raise _refused(path, f'it takes {len(inputs)} tensors, and a segmentation network takes the image alone')
    answers = _answers(path, signature)
    meta = graph['tensor_values'][inputs[0]]
    return ExportedFile(
        graph=graph,
        tensors=named,
        parameters=frozenset(parameters),
        constants=constants,
        input=inputs[0],
        outputs=answers,
        dtype=DTYPES[meta['dtype']],
        shape=_shape(graph['tensor_values'], program, inputs[0], answers),
        classes=_classes(graph['tensor_values'][answers[0]]['sizes']) if len(answers) == 1 else None,
        digest=digest,
    )


def _answers(path: Path, signature: dict[str, Any]) -> tuple[str, ...]:
    """Names of the tensors that the network answers with."""
    outputs = [entry['arg'] for kind, entry in _specs(signature['output_specs']) if kind == 'user_output']
    answers = tuple(arg['as_tensor']['name'] for arg in outputs if 'as_tensor' in arg)
    if not answers:
        raise _refused(path, 'it answers with no tensor')
    return answers


#: Inputs of the graph that are held by the file, and the entry that names what they are.
_HELD = {'parameter': 'parameter_name', 'buffer': 'buffer_name', 'tensor_constant': 'tensor_constant_name'}


def _specs(specs: list[dict[str, Any]]) -> Iterator[tuple[str, dict[str, Any]]]:
    for spec in specs:
        yield next((kind, entry) for kind, entry in spec.items() if entry is not None)


def _classes(sizes: list[dict[str, Any]]) -> int | None:
    found = sizes[1].get('as_int') if len(sizes) > 1 else None
    return None if found is None else int(found)


def _shape(values: dict[str, Any], program: dict[str, Any], name: str, answers: tuple[str, ...]) -> InputShape:
    """Lengths that each axis may have: frozen ones, ranges, what the guards say, and that an answer is as large."""
    sizes = values[name]['sizes']
    extents = [_extent(size, program.get('range_constraints') or {}) for size in sizes]
    example = [extent.example or extent.least for extent in extents]
    guards = [*read_guards(program.get('guards_code') or [], name), *_equal_sizes(sizes, values[answers[0]]['sizes'])]
    for axis in range(2, len(sizes)):
        if guards and extents[axis].fixed is None:
            extents[axis] = _guarded(extents[axis], lengths_that_hold(guards, example, axis, example[axis] + _TRIED))
    batch, channels, *spatial = extents
    return InputShape(
        tuple(spatial), channels, batch, lambda window: all(bool(g([1, example[1], *window])) for g in guards)
    )


def _equal_sizes(sizes: list[dict[str, Any]], answer: list[dict[str, Any]]) -> list[Guard]:
    """Conditions that an answer, whose size follows from the input's by some arithmetic, has the input's size."""
    symbols = {}
    for axis, size in enumerate(sizes):
        if size.get('as_expr') is not None:
            times, symbol = _symbol(size['as_expr']['expr_str'])
            symbols[symbol] = axis, times
    found = []
    for axis, size in enumerate(answer[2:], start=2):
        expression = None if size.get('as_expr') is None else read_size(size['as_expr']['expr_str'], symbols)
        if expression is not None and axis < len(sizes):
            found.append(_is_length(expression, axis))
    return found


def _is_length(size: Guard, axis: int) -> Guard:
    return lambda shape: size(shape) == shape[axis]


def _extent(size: dict[str, Any], ranges: dict[str, Any]) -> Extent:
    if size.get('as_int') is not None:
        length = int(size['as_int'])
        return Extent(length, length, example=length)
    expression = size['as_expr']
    hint = (expression.get('hint') or {}).get('as_int')
    multiple, symbol = _symbol(expression['expr_str'])
    told = ranges.get(symbol, {})
    least, most = told.get('min_val') or 1, told.get('max_val')
    # PyTorch never lets a free size be 0 or 1 while it exports; a file that was made so takes them all the same.
    least = 1 if least <= 2 else least
    return Extent(least * multiple, None if most is None else most * multiple, multiple, hint)


def _symbol(expression: str) -> tuple[int, str]:
    """What is free in a size, and how many times it is taken: "s0" or "8*_s1"; 1 and nothing for anything else."""
    if plain := _SYMBOL.match(expression):
        return 1, plain[1] or plain[2]
    for pattern in _MULTIPLES:
        if found := pattern.match(expression):
            return int(found['times']), found['of']
    return 1, ''


def _guarded(extent: Extent, lengths: NDArray[np.int64]) -> Extent:
    """Narrow an axis to the lengths that hold."""
    held = [int(n) for n in lengths if extent.takes(int(n))]
    if not held:
        return extent
    if len(held) == 1:
        return Extent(held[0], held[0], example=extent.example)
    multiple = int(np.gcd.reduce(held))
    return replace(extent, least=held[0], multiple=multiple)


def _refused(path: Path, why: str) -> ModelError:
    return ModelError(f'{path.name} not loaded', why, f'Export the network again with PyTorch 2.8 or later: {EXPORT}.')
