"""Scenes of the pitfall lab: one TOML file each, found by name. ``docs/file_formats.md`` says how to write one."""

from __future__ import annotations

import json
import tomllib
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from napari_segrobust.errors import LabError
from napari_segrobust.lab.scene import Scene

if TYPE_CHECKING:
    from collections.abc import Mapping

_FOLDER = Path(__file__).parent
_HELP = 'docs/file_formats.md shows how a scene is written.'


@cache
def scenes() -> Mapping[str, Scene]:
    """Every built-in scene by name, in teaching order: the number before the name in its file."""
    return MappingProxyType({path.stem.partition('-')[2]: load_scene(path) for path in sorted(_FOLDER.glob('*.toml'))})


def load_scene(path: str | Path) -> Scene:
    """Read a scene from a TOML or JSON file, and draw it once.

    Raises
    ------
    LabError
        A file that cannot be read, an entry that is missing, unknown or of the wrong kind, or a mask that does not
        fit its grid. The message names the file and the entry.
    """
    path = Path(path)
    try:
        scene = Scene.model_validate(_read(path))
    except ValidationError as error:
        raise LabError(f'Scene {path.name} unusable', _faults(error), f'Correct these entries: {_HELP}') from error
    try:
        scene.draw()
    except LabError as error:
        raise LabError(f'Scene {path.name} cannot be drawn', f'{error.what}: {error.why}', error.remedy) from error
    return scene


def _read(path: Path) -> Any:
    try:
        text = path.read_text(encoding='utf-8')
    except (OSError, UnicodeDecodeError) as error:
        raise LabError(f'Scene {path.name} not read', str(error), 'Check the path.') from error
    try:
        return json.loads(text) if path.suffix.lower() == '.json' else tomllib.loads(text)
    except ValueError as error:
        kind = 'JSON' if path.suffix.lower() == '.json' else 'TOML'
        raise LabError(f'Scene {path.name} is not {kind}', str(error), 'Correct that line.') from error


def _faults(error: ValidationError) -> str:
    """Every fault with the entry it is in."""
    found = []
    for fault in error.errors():
        where = '.'.join(str(part) for part in fault['loc'])
        what = fault['msg'].removeprefix('Value error, ')
        found.append(f'{where}: {what}' if where else what)
    return '; '.join(found)
