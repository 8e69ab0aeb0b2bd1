"""Conditions on sizes that an exported file carries, read as arithmetic and never run as code."""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Mapping, Sequence
from functools import reduce
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

#: Whether a shape (B, C, *spatial) will do; a length may be an array of lengths, which are tried together.
Guard = Callable[[Sequence[Any]], Any]

_ARITHMETIC: Mapping[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
}
_COMPARISONS: Mapping[type[ast.cmpop], Callable[[Any, Any], Any]] = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
}
_CHOICES: Mapping[str, Callable[[Any, Any], Any]] = {'max': np.maximum, 'min': np.minimum}
#: How SymPy writes the same in sizes that follow from others.
_FUNCTIONS: Mapping[str, Callable[[Any, Any], Any]] = {
    'Add': operator.add,
    'Mul': operator.mul,
    'FloorDiv': operator.floordiv,
    'CleanDiv': operator.floordiv,
    'Mod': operator.mod,
    'PythonMod': operator.mod,
    'Max': np.maximum,
    'Min': np.minimum,
}
#: Longer ones, and those that nest deeper than Python likes, are no conditions on sizes.
_LONGEST = 10_000


def read_guards(lines: Sequence[str], name: str) -> list[Guard]:
    """Read the conditions that ``torch.export`` writes, such as ``(L['x'].size()[3] % 8) == 0``.

    Parameters
    ----------
    lines : sequence of str
        Lines that say anything else, or speak of the number of windows, are left out.
    name : str
        Of the input.

    Returns
    -------
    list of callable
    """
    guards = []
    for line in dict.fromkeys(lines):
        try:
            if len(line) <= _LONGEST:
                guards.append(_read(ast.parse(line, mode='eval').body, name))
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            continue
    return guards


def read_size(expression: str, symbols: Mapping[str, tuple[int, int]]) -> Guard | None:
    """Read a size that follows from those of the input, such as ``Add(Mul(Integer(2), Symbol('s0')), Integer(2))``.

    Parameters
    ----------
    expression : str
    symbols : mapping of str to (int, int)
        For every free length its axis, and how many times the symbol the length is.

    Returns
    -------
    callable or None
        From a shape (B, C, *spatial) to the size; None for anything that is not arithmetic on these symbols.
    """
    try:
        return _size(ast.parse(expression[:_LONGEST], mode='eval').body, symbols)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def lengths_that_hold(guards: Sequence[Guard], example: Sequence[int], axis: int, most: int) -> NDArray[np.int64]:
    """Lengths from 1 to `most` of one axis that every condition takes, with the others as in the example.

    Parameters
    ----------
    guards : sequence of callable
    example : sequence of int
        Shape (B, C, *spatial) that the file was exported with.
    axis : int
        Of that shape.
    most : int
    """
    lengths = np.arange(1, most + 1)
    shape: list[Any] = list(example)
    shape[axis] = lengths
    held = np.ones(most, bool)
    with np.errstate(divide='ignore'):
        for guard in guards:
            held &= np.broadcast_to(np.asarray(guard(shape), bool), held.shape)
    return lengths[held]


def _read(node: ast.AST, name: str) -> Guard:
    if isinstance(node, ast.Constant) and type(node.value) is int:
        value = node.value
        return lambda _shape: value
    if isinstance(node, ast.BinOp) and type(node.op) in _ARITHMETIC:
        return _joined(_ARITHMETIC[type(node.op)], [node.left, node.right], name)
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        inner = _read(node.operand, name)
        return lambda shape: -inner(shape)
    if isinstance(node, ast.Compare) and len(node.ops) == 1 and type(node.ops[0]) in _COMPARISONS:
        return _joined(_COMPARISONS[type(node.ops[0])], [node.left, *node.comparators], name)
    if isinstance(node, ast.BoolOp):
        join = np.logical_and if isinstance(node.op, ast.And) else np.logical_or
        return _joined(join, node.values, name)
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in _CHOICES:
        return _joined(_CHOICES[node.func.id], node.args, name)
    axis = _axis(node, name)
    return lambda shape: shape[axis]


def _size(node: ast.AST, symbols: Mapping[str, tuple[int, int]]) -> Guard:
    match node:
        case ast.Call(func=ast.Name(id='Symbol'), args=[ast.Constant(value=str(name))]) if name in symbols:
            axis, times = symbols[name]
            return lambda shape: shape[axis] // times
        case ast.Call(func=ast.Name(id='Integer'), args=[number]):
            value = ast.literal_eval(number)
            if type(value) is int:
                return lambda _shape: value
        case ast.Call(func=ast.Name(id=name), args=parts) if name in _FUNCTIONS:
            return _together(_FUNCTIONS[name], [_size(part, symbols) for part in parts])
    raise ValueError(ast.dump(node))


def _joined(join: Callable[[Any, Any], Any], parts: Sequence[ast.AST], name: str) -> Guard:
    return _together(join, [_read(part, name) for part in parts])


def _together(join: Callable[[Any, Any], Any], read: Sequence[Guard]) -> Guard:
    return lambda shape: reduce(join, [part(shape) for part in read])


def _axis(node: ast.AST, name: str) -> int:
    """Axis in ``L['x'].size()[3]``; anything else, and the number of windows, is refused."""
    match node:
        case ast.Subscript(
            value=ast.Call(
                func=ast.Attribute(
                    value=ast.Subscript(value=ast.Name(id='L'), slice=ast.Constant(value=named)), attr='size'
                ),
                args=[],
            ),
            slice=ast.Constant(value=int(axis)),
        ) if named == name and 1 <= axis <= 4:
            return axis
    raise ValueError(name)
