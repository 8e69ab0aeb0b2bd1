"""A trained-model folder of nnU-Net: what lies in it, looked at without nnU-Net."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from napari_segrobust.errors import ModelError, first_fault
from napari_segrobust.segment.spec_file import read_toml

if TYPE_CHECKING:
    from collections.abc import Mapping


_PLANS, _DATASET, _OWN = 'plans.json', 'dataset.json', 'model.toml'
_CHUNK = 1 << 20


class Options(BaseModel):
    """What of a folder is used, and how; entries beside those of a model spec.

    Attributes
    ----------
    folds : tuple of (int or 'all') or None
        Whose networks are averaged; None is every one that is there.
    checkpoint : {'final', 'best'}
    mirroring : bool
        Whether logits are averaged over mirrored windows, as the training allows; it takes 2 to 8 times as long.
    run : {'windows', 'nnunet'} or None
        Through our windows, slice first and step by step, or as a whole through nnU-Net's own code. None takes the
        windows where they can do what the plans ask for.
    """

    model_config = ConfigDict(frozen=True, extra='forbid')

    folds: tuple[int | Literal['all'], ...] | None = None
    checkpoint: Literal['final', 'best'] = 'final'
    mirroring: bool = True
    run: Literal['windows', 'nnunet'] | None = None


@dataclass(frozen=True)
class TrainedFolder:
    """What a trained-model folder says of itself.

    Attributes
    ----------
    path : Path
    plans, dataset : dict
        ``plans.json`` and ``dataset.json``.
    checkpoints : tuple of Path
        One for each fold that is used.
    """

    path: Path
    plans: dict[str, Any]
    dataset: dict[str, Any]
    checkpoints: tuple[Path, ...]

    @property
    def name(self) -> str:
        """Of the data set, or of the folder."""
        return str(self.plans.get('dataset_name') or self.dataset.get('name') or self.path.name)

    def content(self) -> bytes:
        """Hash of all that decides what the network computes."""
        digest = hashlib.sha256()
        for path in (self.path / _PLANS, self.path / _DATASET, *self.checkpoints):
            with path.open('rb') as opened:
                while part := opened.read(_CHUNK):
                    digest.update(part)
        return digest.digest()


def root_of(path: Path) -> Path | None:
    """The trained-model folder that a path names: itself, one of its folds, or a checkpoint in a fold; else None."""
    for folder in (path, path.parent, path.parent.parent):
        if all((folder / name).is_file() for name in (_PLANS, _DATASET)):
            inside = path.relative_to(folder).parts
            if not inside or inside[0].startswith('fold_'):
                return folder
    return None


def split_options(root: Path, given: Mapping[str, Any] | str | Path | None) -> tuple[Options, dict[str, Any]]:
    """Take the entries that are ours from those of a model spec.

    Parameters
    ----------
    root : Path
        Its ``model.toml`` is read where nothing is given.
    given : mapping or path, optional

    Raises
    ------
    ModelError
        An option with an impossible value, or a file that is no TOML.
    """
    if given is None:
        given = root / _OWN if (root / _OWN).is_file() else {}
    entries = dict(read_toml(Path(given))) if isinstance(given, str | Path) else dict(given)
    own = {name: entries.pop(name) for name in Options.model_fields if name in entries}
    try:
        return Options.model_validate(own), entries
    except ValidationError as error:
        remedy = 'Write folds = [0, 1], checkpoint = "final", mirroring = true, run = "windows".'
        raise ModelError(f'Options of {root.name} not usable', first_fault(error), remedy) from error


def open_folder(path: Path, options: Options) -> TrainedFolder:
    """Read plans and data set, and find the checkpoints.

    Parameters
    ----------
    path : Path
        See `root_of`; a fold, or a checkpoint in it, is that one alone.
    options : Options

    Raises
    ------
    ModelError
        A file that is damaged or a fold that is not there.
    """
    root = root_of(path)
    assert root is not None  # it was recognised
    plans, dataset = (_read_json(root / name) for name in (_PLANS, _DATASET))
    inside = path.relative_to(root).parts
    if len(inside) > 1:
        return TrainedFolder(root, plans, dataset, (path,))
    wanted = f'checkpoint_{options.checkpoint}.pth'
    folds = sorted(fold.name for fold in root.glob('fold_*') if (fold / wanted).is_file())
    asked = [inside[0]] if inside else folds if options.folds is None else [f'fold_{fold}' for fold in options.folds]
    missing = [fold for fold in asked if fold not in folds]
    if missing or not asked:
        there = ', '.join(folds) or 'no fold'
        why = f'{missing[0] if missing else "it"} has no {wanted}; {there} has one'
        raise ModelError(f'{root.name} not loaded', why, 'Choose such a fold, or checkpoint = "best".')
    return TrainedFolder(root, plans, dataset, tuple(root / fold / wanted for fold in asked))


def _read_json(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(path.read_text(encoding='utf-8'))
    except (OSError, ValueError) as error:
        why = getattr(error, 'strerror', None) or str(error)
        raise ModelError(f'{path.parent.name} not loaded', f'{path.name}: {why}', 'Copy the folder again.') from error
    if not isinstance(found, dict):
        raise ModelError(f'{path.parent.name} not loaded', f'{path.name} holds no plans', 'Copy the folder again.')
    return found
