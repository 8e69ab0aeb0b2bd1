"""Specs as TOML: the words of a person's answers, and a file beside the weights."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from napari_segrobust.errors import ModelError
from napari_segrobust.files import replacing
from napari_segrobust.segment.spec_file import REQUIRED

if TYPE_CHECKING:
    from pathlib import Path

    from napari_segrobust.segment.spec import ModelSpec


def toml_value(value: Any) -> str:
    """A value as TOML 1.0 writes it in one line; entries that are None are left out of tables.

    Examples
    --------
    >>> toml_value({'clip': [-160.0, 240.0], 'clipped': True})
    '{ clip = [-160.0, 240.0], clipped = true }'
    """
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return f'"{_escaped(value)}"'
    if isinstance(value, list | tuple):
        return f'[{", ".join(toml_value(part) for part in value)}]'
    if isinstance(value, dict):
        inside = ', '.join(f'{_key(key)} = {toml_value(part)}' for key, part in value.items() if part is not None)
        return f'{{ {inside} }}' if inside else '{}'
    return repr(value)


def spec_text(spec: ModelSpec) -> str:
    """A spec as lines of TOML: what every spec must say, and what differs from the defaults."""
    entries = spec.model_dump(mode='json', exclude_defaults=True)
    needed = spec.model_dump(mode='json', include=set(REQUIRED))
    entries = {'name': spec.name, **{name: needed[name] for name in REQUIRED}, **entries}
    lines = [f'{name} = {toml_value(value)}' for name, value in entries.items() if value is not None]
    return '\n'.join(['# How this model wants its input, and what its output means.', *lines, ''])


def write_spec(weights: Path, spec: ModelSpec) -> Path:
    """Write a spec where `load_model` looks for it: ``<stem>.toml`` beside a file, ``model.toml`` in a folder.

    Raises
    ------
    ModelError
        Nothing can be written there.
    """
    path = weights / 'model.toml' if weights.is_dir() else weights.with_suffix('.toml')
    try:
        with replacing(path) as temporary:
            temporary.write_text(spec_text(spec), encoding='utf-8')
    except OSError as error:
        why = error.strerror or str(error)
        raise ModelError(f'{path.name} not written', why, 'Copy the model to a folder of your own.') from error
    return path


def _key(name: str) -> str:
    plain = name.replace('_', '').replace('-', '')
    return name if plain.isascii() and plain.isalnum() else f'"{_escaped(name)}"'


def _escaped(text: str) -> str:
    named = {'\\': '\\\\', '"': '\\"', '\n': '\\n', '\t': '\\t', '\r': '\\r'}
    return ''.join(named.get(c, c) if c.isprintable() or c in named else f'\\u{ord(c):04x}' for c in text)
