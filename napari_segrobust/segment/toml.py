"""TOML, written: the standard library only reads it."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

_BARE = re.compile('[A-Za-z0-9_-]+')


def to_toml(content: Mapping[str, Any], tables: frozenset[str] = frozenset()) -> str:
    """Write a mapping so that ``tomllib.loads`` reads the same.

    Parameters
    ----------
    content : mapping
        Of text, truth values, whole and other numbers, lists and mappings of these.
    tables : frozenset of str
        Keys whose mappings become a ``[table]`` of their own, after all others.

    Raises
    ------
    TypeError
        Anything else, such as None, for which TOML has no word.
    """
    lines = [_line(key, value) for key, value in content.items() if key not in tables]
    for key, value in content.items():
        if key in tables:
            lines += ['', f'[{_key(key)}]', *(_line(name, inner) for name, inner in value.items())]
    return '\n'.join(lines) + '\n'


def _line(key: object, value: object) -> str:
    return f'{_key(key)} = {_value(value)}'


def _key(key: object) -> str:
    text = str(key)
    return text if _BARE.fullmatch(text) else _text(text)


def _text(text: str) -> str:
    # JSON escapes as TOML does, but for the one control character that it takes as it is.
    return json.dumps(text, ensure_ascii=False).replace('\x7f', '\\u007f')


def _value(value: object) -> str:
    if isinstance(value, bool):
        return 'true' if value else 'false'
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, (int, float)):
        return repr(value)
    if isinstance(value, Mapping):
        return f'{{ {", ".join(_line(key, item) for key, item in value.items())} }}' if value else '{}'
    if isinstance(value, (list, tuple)):
        return f'[{", ".join(_value(item) for item in value)}]'
    raise TypeError(f'TOML has no word for {value!r}')
