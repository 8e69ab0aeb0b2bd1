"""Specs of models as people write them: a TOML file beside the weights, or a mapping."""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from napari_segrobust.errors import ModelError, SpecMissing
from napari_segrobust.files import replacing
from napari_segrobust.segment.spec import ModelSpec
from napari_segrobust.segment.toml import to_toml

#: What cannot be read off the weights, and so must be said.
REQUIRED = ('dimensions', 'channels', 'classes', 'intensity', 'activation')

#: Entries that are tables of a written spec, after all others.
_TABLES = frozenset({'architecture', 'post', 'expectations', 'card'})

SpecSource = ModelSpec | Mapping[str, Any] | str | Path | None


def missing_fields(fields: Mapping[str, Any]) -> tuple[str, ...]:
    """Entries that a spec must have and these do not."""
    return tuple(name for name in REQUIRED if name not in fields)


def read_spec(weights: Path, given: SpecSource = None) -> ModelSpec:
    """Spec of a weights file.

    Parameters
    ----------
    weights : Path
        Its ``<stem>.toml`` is read, else ``model.toml`` in its folder.
    given : ModelSpec, mapping or path, optional
        Taken instead.

    Raises
    ------
    SpecMissing
        No spec, or one that leaves out what cannot be guessed.
    ModelError
        One with unknown or impossible entries. All of them are listed.
    """
    if isinstance(given, ModelSpec):
        return given
    fields = dict(given) if isinstance(given, Mapping) else read_toml(_find(weights, given))
    missing = missing_fields(fields)
    if missing:
        raise SpecMissing(
            f'Spec of {weights.name} is not complete',
            f'missing: {", ".join(missing)}',
            f'Add them to {weights.stem}.toml beside the weights, or give spec=.',
            tuple(missing),
            fields,
        )
    try:
        return ModelSpec(**{'name': weights.stem, **fields})
    except ValidationError as error:
        faults = '; '.join(f'{".".join(map(str, e["loc"])) or "spec"}: {e["msg"]}' for e in error.errors())
        raise ModelError(f'Spec of {weights.name} not usable', faults, 'Correct these entries.') from error


def write_spec(path: str | Path, spec: ModelSpec) -> Path:
    """Write a spec so that `read_spec` reads the same one, atomically; what is a default is left out.

    Parameters
    ----------
    path : str or Path
        The file of weights, beside which it is written as ``<stem>.toml``, or the TOML file itself.
    spec : ModelSpec

    Returns
    -------
    Path
        Of the TOML file.

    Raises
    ------
    ModelError
        The folder cannot be written to, or the spec holds what TOML has no word for.
    """
    target = Path(path).with_suffix('.toml')
    told = spec.model_dump(mode='json')
    told['expectations'] = {name: value for name, value in told['expectations'].items() if value is not None}
    kept = spec.model_dump(mode='json', exclude_defaults=True)
    try:
        text = to_toml({name: told[name] for name in told if name in kept or name in REQUIRED}, _TABLES)
        with replacing(target) as temporary:
            temporary.write_text(text, encoding='utf-8')
    except OSError as error:
        why = error.strerror or str(error)
        raise ModelError(f'{target.name} not written', why, 'Choose another folder, or free some space.') from error
    except (TypeError, ValueError) as error:
        raise ModelError(f'{target.name} not written', str(error), 'Leave that entry out.') from error
    return target


def model_key(weights: bytes, spec: ModelSpec) -> str:
    """Content hash of weights and spec: equal keys, equal probabilities.

    A new card is not a new model, nor are other steps after it, nor an entry that specs did not have before.
    """
    digest = hashlib.sha256(weights)
    digest.update(spec.model_dump_json(exclude={'card', 'expectations', 'post'}, exclude_defaults=True).encode())
    return digest.hexdigest()[:16]


def _find(weights: Path, given: str | Path | None) -> Path:
    if given is not None:
        return Path(given)
    for path in (weights.with_suffix('.toml'), weights.parent / 'model.toml'):
        if path.is_file():
            return path
    raise SpecMissing(
        f'{weights.name} has no spec',
        f'missing: {", ".join(REQUIRED)}',
        f'Write them into {weights.stem}.toml beside the weights, or give spec=.',
        REQUIRED,
        {},
    )


def read_toml(path: Path) -> dict[str, Any]:
    """Entries of a spec as its file states them.

    Raises
    ------
    ModelError
        Not readable, or no TOML.
    """
    try:
        return tomllib.loads(path.read_text(encoding='utf-8'))
    except (OSError, UnicodeDecodeError) as error:
        raise ModelError(f'Spec {path.name} not read', str(error), 'Check the path.') from error
    except tomllib.TOMLDecodeError as error:
        raise ModelError(f'Spec {path.name} is not TOML', str(error), 'Correct that line.') from error
