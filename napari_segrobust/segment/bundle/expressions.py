"""Expressions of bundle configs that can be understood without running them.

A config may hold ``$`` expressions, which MONAI gives to Python's `eval`. Most of those that matter for a model are
arithmetic on literals and on other entries: ``$@bundle_root + '/models/model.pt'``, ``$2 * @spacing``. These are read
here, node by node of their syntax tree, against a list of what is harmless; nothing is evaluated by Python.
"""

from __future__ import annotations

import ast
import operator
import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

#: What MONAI takes for a reference, in the middle of an expression.
REFERENCE = re.compile(r'@(?:\w*)(?:::\w*)*')
#: Characters of an expression, items of a value, and bits of a number: what is larger is meant to hurt.
_LONGEST_TEXT, _MOST_ITEMS, _MOST_BITS = 2_000, 10_000, 1_024
_ARITHMETIC: dict[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
}
_COMPARISON: dict[type[ast.cmpop], Callable[[Any, Any], bool]] = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
}
_UNARY: dict[type[ast.unaryop], Callable[[Any], Any]] = {
    ast.UAdd: operator.pos,
    ast.USub: operator.neg,
    ast.Not: operator.not_,
}
_FUNCTIONS: dict[str, Callable[..., Any]] = {
    'abs': abs,
    'bool': bool,
    'float': float,
    'int': int,
    'len': len,
    'list': list,
    'max': max,
    'min': min,
    'tuple': tuple,
}


class NotUnderstood(Exception):
    """An expression that only Python could evaluate."""


def read_expression(text: str, follow: Callable[[str], Any]) -> Any:
    """Value of a harmless expression.

    Parameters
    ----------
    text : str
        Without the leading ``$``; ids in it are separated by ``::``.
    follow : callable
        Gives the value that an id refers to.

    Returns
    -------
    Any
        A literal, or lists and dicts of literals and of what `follow` gave.

    Raises
    ------
    NotUnderstood
        It calls a function, reads an attribute, or does anything else that is not on the list; or it cannot be
        computed.

    Examples
    --------
    >>> read_expression('[@patch] * 3', lambda name: {'patch': 96}[name])
    [96, 96, 96]
    """
    if len(text) > _LONGEST_TEXT:
        raise NotUnderstood(text)
    values: list[Any] = []

    def placeholder(found: re.Match[str]) -> str:
        values.append(follow(found[0][1:]))
        return f'_{len(values) - 1}_'

    source = REFERENCE.sub(placeholder, text).strip()
    try:
        return _Reader(values).read(ast.parse(source, mode='eval').body)
    except (SyntaxError, TypeError, ValueError, LookupError, ArithmeticError, RecursionError, MemoryError) as error:
        raise NotUnderstood(text) from error


class _Reader:
    """Computes a syntax tree; ``_0_``, ``_1_`` ... are `values`."""

    def __init__(self, values: list[Any]) -> None:
        self._names: dict[str, Any] = {f'_{n}_': value for n, value in enumerate(values)}

    def read(self, node: ast.expr) -> Any:
        reader = getattr(self, f'_read_{type(node).__name__.lower()}', None)
        if reader is None:
            raise NotUnderstood(type(node).__name__)
        value = reader(node)
        size, most = (len(value), _MOST_ITEMS) if isinstance(value, (str, list, tuple, dict)) else (0, 0)
        if isinstance(value, int):
            size, most = value.bit_length(), _MOST_BITS
        if size > most:
            raise NotUnderstood('too large')
        return value

    def _read_constant(self, node: ast.Constant) -> Any:
        if not isinstance(node.value, (str, int, float, bool, type(None))):
            raise NotUnderstood(repr(node.value))
        return node.value

    def _read_name(self, node: ast.Name) -> Any:
        if node.id not in self._names:
            raise NotUnderstood(node.id)
        return self._names[node.id]

    def _read_list(self, node: ast.List) -> list[Any]:
        return [self.read(item) for item in node.elts]

    def _read_tuple(self, node: ast.Tuple) -> tuple[Any, ...]:
        return tuple(self.read(item) for item in node.elts)

    def _read_dict(self, node: ast.Dict) -> dict[Any, Any]:
        if None in node.keys:
            raise NotUnderstood('**')
        return {self.read(key): self.read(value) for key, value in zip(node.keys, node.values, strict=True) if key}

    def _read_unaryop(self, node: ast.UnaryOp) -> Any:
        if type(node.op) not in _UNARY:
            raise NotUnderstood('operator')
        return _UNARY[type(node.op)](self.read(node.operand))

    def _read_binop(self, node: ast.BinOp) -> Any:
        left, right = self.read(node.left), self.read(node.right)
        numbers = isinstance(left, (int, float)) and isinstance(right, (int, float))
        joins = isinstance(node.op, ast.Add) and isinstance(left, (str, list, tuple))
        if type(node.op) not in _ARITHMETIC or not (numbers or joins or _repeats(node.op, left, right)):
            raise NotUnderstood('operator')
        return _ARITHMETIC[type(node.op)](left, right)

    def _read_compare(self, node: ast.Compare) -> bool:
        values = [self.read(item) for item in (node.left, *node.comparators)]
        if any(type(op) not in _COMPARISON for op in node.ops):
            raise NotUnderstood('comparison')
        pairs = zip(node.ops, values, values[1:], strict=False)
        return all(_COMPARISON[type(op)](a, b) for op, a, b in pairs)

    def _read_boolop(self, node: ast.BoolOp) -> Any:
        value: Any = None
        for item in node.values:
            value = self.read(item)
            if bool(value) == isinstance(node.op, ast.Or):
                break
        return value

    def _read_ifexp(self, node: ast.IfExp) -> Any:
        return self.read(node.body if self.read(node.test) else node.orelse)

    def _read_subscript(self, node: ast.Subscript) -> Any:
        holder, key = self.read(node.value), self.read(node.slice)
        if not isinstance(holder, (str, list, tuple, dict)):
            raise NotUnderstood('subscript')
        return holder[key]

    def _read_call(self, node: ast.Call) -> Any:
        if not isinstance(node.func, ast.Name) or node.func.id not in _FUNCTIONS or node.keywords:
            raise NotUnderstood('call')
        values = [self.read(item) for item in node.args]
        if not all(isinstance(value, (str, int, float, list, tuple, dict)) for value in values):
            raise NotUnderstood('call')
        return _FUNCTIONS[node.func.id](*values)


def _repeats(op: ast.operator, left: Any, right: Any) -> bool:
    """Whether this is ``[number, ...] * n`` with a result that stays small."""
    items, count = (left, right) if isinstance(left, (list, tuple)) else (right, left)
    return (
        isinstance(op, ast.Mult)
        and isinstance(items, (list, tuple))
        and isinstance(count, int)
        and all(isinstance(item, (int, float)) for item in items)
        and len(items) * count <= _MOST_ITEMS
    )
