"""Which files and folders are models, in the words of the loaders; and the ones that were opened last."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING

from napari_segrobust.segment.load import loaders

if TYPE_CHECKING:
    from collections.abc import Iterable

    from qtpy.QtCore import QMimeData

#: How many models are remembered.
RECENT = 8
_ENDING = re.compile(r'\.\w+')


def model_filters() -> str:
    """Filters of a file dialog: all kinds of model files together, then each by itself, then all files."""
    kinds = {words: endings for words, endings in _kinds() if endings}
    every = ' '.join(dict.fromkeys(f'*{ending}' for endings in kinds.values() for ending in endings))
    each = [f'{words} ({" ".join(f"*{ending}" for ending in endings)})' for words, endings in kinds.items()]
    return ';;'.join([f'Models ({every})', *each, 'All files (*)'])


def looks_like_model(path: Path) -> bool:
    """Whether a file ends as models do, or a folder is one that a loader knows; nothing is read but names."""
    if path.is_dir():
        return any(loader.recognises(path) for loader in loaders())
    endings = {ending for _, found in _kinds() for ending in found}
    return path.suffix.lower() in endings


def dropped_models(mime: QMimeData) -> list[Path]:
    """The models among what is dragged over a window; empty where anything else is among it."""
    paths = [Path(url.toLocalFile()) for url in mime.urls() if url.isLocalFile()]
    return paths if paths and all(looks_like_model(path) for path in paths) else []


def remembered(text: str) -> tuple[str, ...]:
    """Paths of the models that were opened last, newest first, and are still there."""
    return tuple(path for path in text.split(os.pathsep) if path and Path(path).exists())[:RECENT]


def with_newest(path: str, others: Iterable[str]) -> str:
    """The same as text, with another one first."""
    return os.pathsep.join([path, *(other for other in others if other != path)][:RECENT])


def _kinds() -> list[tuple[str, list[str]]]:
    """Words and endings of every kind, such as ("TorchScript", [".ts", ".pt"])."""
    found = []
    for loader in loaders():
        words, _, rest = loader.kind.partition('(')
        found.append((words.strip(), _ENDING.findall(rest.lower())))
    return found
