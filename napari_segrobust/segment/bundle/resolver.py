"""Configs of a bundle with their references followed: literals, lists, dicts and components, nothing built or run."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

from napari_segrobust.errors import ModelError
from napari_segrobust.segment.bundle.expressions import REFERENCE, NotUnderstood, read_expression

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

SEPARATOR = '::'
#: What a component says about itself rather than to what it builds.
_WORDS = ('_target_', '_disabled_', '_requires_', '_desc_', '_mode_')
_RELATIVE = re.compile(rf'([@%])((?:{SEPARATOR})+)')
_FILE = re.compile(r'(.*\.(?:json|yaml|yml))(?:::(.*))?$', re.IGNORECASE)
#: Entries that may be visited: configs have hundreds, and those that refer to each other twice over grow without end.
_MOST_VISITS = 50_000
_MISSING = object()


@dataclass(frozen=True)
class Component:
    """What a config would have built: a class or function by name, with its arguments.

    Attributes
    ----------
    target : str
        As the config names it.
    arguments : mapping
        Each is resolved when it is asked for: those that nobody needs may be broken, or hold code. They may hold
        components and `Unread` expressions.
    place : str
        Id of the entry, such as "preprocessing::transforms::3".
    """

    target: str
    arguments: Mapping[str, Any] = field(default_factory=dict)
    place: str = ''


@dataclass(frozen=True)
class Unread:
    """An expression that only Python could evaluate, and that was left alone."""

    text: str
    place: str


class Config:
    """The entries of a bundle's configs by id; each is resolved when it is asked for, and only then.

    Parameters
    ----------
    content : dict
        Parsed JSON or YAML; is not changed.
    others : callable, optional
        Gives the content of another file of the bundle, for macros such as ``%configs/train.json::network_def``.
    evaluate : callable, optional
        Evaluates the expression at an id, and is given only with a person's consent.

    Notes
    -----
    The syntax is that of `monai.bundle.ConfigParser`: ``@id`` refers to an entry, ``%id`` copies one, ``::`` (``#`` in
    older files) goes one level down, ``@::id`` and ``@::::id`` are relative, ``_disabled_`` leaves a component out.
    """

    def __init__(
        self,
        content: dict[str, Any],
        others: Callable[[str], dict[str, Any]] | None = None,
        evaluate: Callable[[str], Any] | None = None,
    ) -> None:
        self._visits = 0
        self._files: dict[str, Config] = {}
        self._content = self._absolute(content, '')
        self._others = others
        self._evaluate = evaluate

    def __contains__(self, name: str) -> bool:
        return self._find(name) is not _MISSING

    def get(self, name: str, default: Any = None) -> Any:
        """Resolved entry, `default` where there is none.

        Raises
        ------
        ModelError
            It refers to what is not there, or to itself.
        """
        found = self._find(name)
        return default if found is _MISSING else self._resolve(found, name, (name,))

    def _find(self, name: str) -> Any:
        node: Any = self._content
        for key in name.split(SEPARATOR):
            if isinstance(node, list) and key.isdecimal() and int(key) < len(node):
                node = node[int(key)]
            elif isinstance(node, dict) and key in node:
                node = node[key]
            else:
                return _MISSING
        return node

    def _absolute(self, node: Any, place: str) -> Any:
        """Copy `node` with ids that do not depend on where they stand."""
        self._visit(place)
        if isinstance(node, dict):
            return {str(key): self._absolute(value, _below(place, key)) for key, value in node.items()}
        if isinstance(node, list):
            return [self._absolute(value, _below(place, n)) for n, value in enumerate(node)]
        if not isinstance(node, str) or node[:1] not in ('@', '$', '%'):
            return node
        parts = place.split(SEPARATOR)

        def absolute(found: re.Match[str]) -> str:
            up = len(found[2]) // len(SEPARATOR)
            if up > len(parts):
                raise _broken(place, f'{node} goes above the first level')
            return found[1] + ''.join(part + SEPARATOR for part in parts[:-up])

        return _RELATIVE.sub(absolute, node.replace('#', SEPARATOR))

    def _resolve(self, node: Any, place: str, waiting: tuple[str, ...]) -> Any:
        self._visit(place)
        if isinstance(node, dict):
            return self._component(node, place, waiting) if '_target_' in node else self._items(node, place, waiting)
        if isinstance(node, list):
            found = (self._resolve(value, _below(place, n), waiting) for n, value in enumerate(node))
            return [value for value in found if not _is_disabled(value)]
        if isinstance(node, str):
            if node.startswith('$'):
                return self._expression(node, place, waiting)
            if node.startswith('%'):
                return self._copy(node, place, waiting)
            if node.startswith('@') and REFERENCE.fullmatch(node):
                return self._follow(node[1:], place, waiting)
        return node

    def _items(self, node: dict[str, Any], place: str, waiting: tuple[str, ...]) -> dict[str, Any]:
        found = {key: self._resolve(value, _below(place, key), waiting) for key, value in node.items()}
        return {key: value for key, value in found.items() if not _is_disabled(value)}

    def _component(self, node: dict[str, Any], place: str, waiting: tuple[str, ...]) -> Any:
        disabled = self._resolve(node.get('_disabled_', False), _below(place, '_disabled_'), waiting)
        if disabled is True or (isinstance(disabled, str) and disabled.strip().lower() == 'true'):
            return _Disabled()
        arguments = {key: value for key, value in node.items() if key not in _WORDS}
        if isinstance(disabled, Unread):
            arguments['_disabled_'] = node['_disabled_']
        if node.get('_mode_', 'default') != 'default':
            arguments['_mode_'] = node['_mode_']
        resolvers = {
            key: partial(self._resolve, value, _below(place, key), waiting) for key, value in arguments.items()
        }
        return Component(str(node['_target_']), _Arguments(resolvers), place)

    def _follow(self, name: str, place: str, waiting: tuple[str, ...]) -> Any:
        found = self._find(name)
        if found is _MISSING:
            raise _broken(place, f'it refers to {name}, which is not there')
        if name in waiting:
            raise _broken(place, f'it refers to itself by way of {" and ".join(waiting)}')
        return self._resolve(found, name, (*waiting, name))

    def _copy(self, node: str, place: str, waiting: tuple[str, ...]) -> Any:
        in_file = _FILE.match(node[1:])
        if node in waiting:
            raise _broken(place, f'{node} copies itself')
        if in_file is None:
            found = self._find(node[1:])
            if found is _MISSING:
                raise _broken(place, f'it copies {node[1:]}, which is not there')
            return self._resolve(found, place, (*waiting, node))
        if self._others is None:
            raise _broken(place, f'it copies {node[1:]}, which cannot be read here')
        if in_file[1] not in self._files:
            self._files[in_file[1]] = Config(self._others(in_file[1]))
        other = self._files[in_file[1]]
        found = other._find(in_file[2]) if in_file[2] else other._content
        if found is _MISSING:
            raise _broken(place, f'it copies {node[1:]}, which is not there')
        return self._resolve(found, place, (*waiting, node))

    def _expression(self, node: str, place: str, waiting: tuple[str, ...]) -> Any:
        def follow(name: str) -> Any:
            value = self._follow(name, place, waiting)
            if any(isinstance(item, Unread) for item in walk(value, into_components=False)):
                raise NotUnderstood(name)
            return value

        try:
            return read_expression(node[1:], follow)
        except NotUnderstood:
            return Unread(node, place) if self._evaluate is None else self._evaluate(place)

    def _visit(self, place: str) -> None:
        self._visits += 1
        if self._visits > _MOST_VISITS:
            raise _broken(place, 'its entries refer to each other without end')


class _Disabled:
    """Stands for a component that is left out."""


class _Arguments(Mapping[str, Any]):
    """Arguments of a component by name, each resolved when it is asked for; equal to any mapping of the same values."""

    def __init__(self, resolvers: Mapping[str, Callable[[], Any]]) -> None:
        self._resolvers = resolvers

    def __getitem__(self, name: str) -> Any:
        value = self._resolvers[name]()
        if _is_disabled(value):
            raise KeyError(name)
        return value

    def __iter__(self) -> Iterator[str]:
        return (name for name, resolve in self._resolvers.items() if not _is_disabled(resolve()))

    def __len__(self) -> int:
        return sum(1 for _ in self)


def walk(value: Any, *, into_components: bool = True) -> Iterator[Any]:
    """Every part of a resolved entry, itself first."""
    yield value
    if isinstance(value, Component) and into_components:
        value = dict(value.arguments)
    parts = value.values() if isinstance(value, dict) else value if isinstance(value, (list, tuple)) else ()
    for part in parts:
        yield from walk(part, into_components=into_components)


def _is_disabled(value: Any) -> bool:
    return isinstance(value, _Disabled)


def _below(place: str, key: object) -> str:
    return f'{place}{SEPARATOR}{key}' if place else str(key)


def _broken(place: str, why: str) -> ModelError:
    words = ' '.join(f'{place or "its first level"}: {why}'.split())[:400]
    return ModelError('Config of the bundle not usable', words, 'Mend it, or get the bundle again.')
