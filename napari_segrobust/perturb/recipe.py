"""A stack of perturbations as a file: everything that replays it, and the masks that its regions were drawn on."""

from __future__ import annotations

import json
import zipfile
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from napari_segrobust.errors import PerturbationError, first_fault
from napari_segrobust.files import replacing
from napari_segrobust.perturb.catalogue import amounts, get_spec
from napari_segrobust.perturb.record import Perturbation
from napari_segrobust.perturb.regions import mask_sha256
from napari_segrobust.perturb.spec import RANGE

if TYPE_CHECKING:
    import os
    from collections.abc import Iterable, Mapping

    from numpy.typing import NDArray

SCHEMA: Literal[1] = 1
#: Units as a reader of the file understands them; others speak for themselves.
_WORDS = {RANGE: 'share of the intensity range hi - lo', 'mm': 'mm (voxels without spacing)', '': 'none'}


class Recipe(BaseModel):
    """A stack that can be done again on any case.

    Attributes
    ----------
    schema_ : int
        Of the file, ``schema`` in JSON.
    program : str
        Version of napari-segrobust that wrote it; "" where a person did.
    seed : int or None
        One seed for all entries; None: each has its own.
    entries : tuple of Perturbation
        In order of application, each with the version of its entry in the catalogue.
    units : mapping of str to mapping of str to str
        Perturbation to parameter to its unit in words. A file whose units are not ours is refused.
    """

    model_config = ConfigDict(frozen=True, extra='forbid', populate_by_name=True)

    schema_: Literal[1] = Field(default=SCHEMA, alias='schema')
    program: str = ''
    seed: Annotated[int, Field(ge=0)] | None = None
    entries: tuple[Perturbation, ...]
    units: dict[str, dict[str, str]] = Field(default_factory=dict)

    @property
    def stack(self) -> tuple[Perturbation, ...]:
        """The entries with the seeds they act with."""
        if self.seed is None:
            return self.entries
        return tuple(entry.model_copy(update={'seed': self.seed}) for entry in self.entries)

    @property
    def drawn(self) -> tuple[str, ...]:
        """Content hashes of the masks that its regions were drawn on."""
        hashes = (e.region.mask_sha256 for e in self.entries if e.region.kind == 'mask')
        return tuple(dict.fromkeys(key for key in hashes if key is not None))


def make_recipe(stack: Iterable[Perturbation], seed: int | None = None) -> Recipe:
    """Write down a stack, with the versions and units that belong to it.

    Raises
    ------
    PerturbationError
        An entry that is not in the catalogue, or a value outside its range.
    """
    entries = tuple(entry.model_copy(update={'version': get_spec(entry.name).version}) for entry in map(_sound, stack))
    return Recipe(
        program=version('napari-segrobust'),
        seed=seed,
        entries=entries,
        units={entry.name: units_of(entry.name) for entry in entries},
    )


def units_of(name: str) -> dict[str, str]:
    """Unit of each parameter of a perturbation, in words."""
    return {p.name: _WORDS.get(p.unit, p.unit) for p in get_spec(name).parameters}


def masks_path(path: str | os.PathLike[str]) -> Path:
    """Where the masks of a recipe lie: beside it, ``liver.masks.npz`` for ``liver.json``."""
    return Path(path).with_suffix('.masks.npz')


def save_recipe(
    path: str | os.PathLike[str],
    stack: Iterable[Perturbation],
    seed: int | None = None,
    masks: Mapping[str, NDArray[Any]] | None = None,
) -> Path:
    """Write a stack to a file, and beside it the masks that its regions were drawn on; each whole or not at all.

    Parameters
    ----------
    path : path
        Usually ``.json``.
    stack : iterable of Perturbation
        In order of application.
    seed : int, optional
        One seed for all entries.
    masks : mapping of str to ndarray, optional
        Drawn masks (*spatial) by content hash; those that no entry names are left out. Another image that an entry
        leads towards does not travel: a recipe holds nobody's image, only its hash.

    Returns
    -------
    Path

    Raises
    ------
    PerturbationError
        An entry that does not fit the catalogue, a mask that is missing, or a place where nothing can be written.
    """
    path = Path(path)
    recipe = make_recipe(stack, seed)
    known = masks or {}
    missing = [key for key in recipe.drawn if key not in known]
    if missing:
        why = f'the drawn region {missing[0][:8]} has no mask'
        raise PerturbationError('Recipe not saved', why, 'Draw the region again.')
    text = json.dumps(recipe.model_dump(mode='json', by_alias=True), indent=1, ensure_ascii=False, allow_nan=False)
    try:
        if recipe.drawn:  # first, so that no recipe is ever without its masks
            with replacing(masks_path(path)) as temporary, temporary.open('wb') as file:
                np.savez_compressed(file, **{key: np.not_equal(known[key], 0) for key in recipe.drawn})
        with replacing(path) as temporary:
            temporary.write_text(text + '\n', encoding='utf-8', newline='\n')
    except OSError as error:
        why = error.strerror or str(error)
        remedy = 'Choose another folder, or free some space.'
        raise PerturbationError(f'{path} cannot be written', why, remedy) from None
    return path


def load_recipe(path: str | os.PathLike[str]) -> tuple[Recipe, dict[str, NDArray[np.bool_]]]:
    """Read a recipe and its masks.

    Returns
    -------
    recipe : Recipe
    masks : dict of str to ndarray of bool, shape (*spatial)
        By content hash, as `Clean` and `Case` take them.

    Raises
    ------
    PerturbationError
        Not there, not JSON, not a recipe, of a newer program, with an entry that this catalogue does not have or that
        would not replay, or without its masks.
    """
    path = Path(path)
    recipe = _parse(path)
    for entry in recipe.entries:
        try:
            _sound(entry)
        except PerturbationError as error:
            raise _refusal(path, f'{error.what[0].lower()}{error.what[1:]}: {error.why}', error.remedy) from None
        ours, theirs = units_of(entry.name), recipe.units.get(entry.name, {})
        other = next((key for key, unit in theirs.items() if unit != ours.get(key)), None)
        if other is not None:
            why = f'{other} of {entry.name} is in {theirs[other]!r} there, in {ours.get(other)!r} here'
            raise _refusal(path, why, 'Use the version it was made with.')
    return recipe, _masks_of(path, recipe.drawn)


def load_masks(path: str | os.PathLike[str]) -> dict[str, NDArray[np.bool_]]:
    """Read drawn masks by content hash; an array that is not what its name says is left out.

    Raises
    ------
    PerturbationError
        The file cannot be read.
    """
    path = Path(path)
    try:
        with np.load(path, allow_pickle=False) as stored:
            found = {key: np.not_equal(stored[key], 0) for key in stored.files}
    except (OSError, ValueError, EOFError, AttributeError, zipfile.BadZipFile) as error:
        raise PerturbationError(f'{path.name} cannot be read', str(error), 'Save the recipe again.') from None
    return {key: mask for key, mask in found.items() if mask_sha256(mask) == key}


def _sound(entry: Perturbation) -> Perturbation:
    amounts(entry)
    return entry


def _parse(path: Path) -> Recipe:
    try:
        content = json.loads(path.read_text(encoding='utf-8'))
    except OSError as error:
        raise PerturbationError(
            f'{path.name} cannot be read', error.strerror or str(error), 'Check the path.'
        ) from None
    except ValueError:
        raise PerturbationError(f'{path.name} is no recipe', 'it is not JSON', 'Save the stack again.') from None
    schema = content.get('schema') if isinstance(content, dict) else None
    if isinstance(schema, int) and schema > SCHEMA:
        raise _refusal(path, f'its schema is {schema}, this program reads {SCHEMA}', 'Update napari-segrobust.')
    try:
        return Recipe.model_validate(content)
    except ValidationError as error:
        raise PerturbationError(f'{path.name} is no recipe', first_fault(error), 'Save the stack again.') from None


def _masks_of(path: Path, wanted: tuple[str, ...]) -> dict[str, NDArray[np.bool_]]:
    if not wanted:
        return {}
    beside = masks_path(path)
    remedy = f'Put {beside.name} beside {path.name}.'
    if not beside.exists():
        raise _refusal(path, f'its regions were drawn, and {beside.name} is not there', remedy)
    found = load_masks(beside)
    missing = [key for key in wanted if key not in found]
    if missing:
        raise _refusal(path, f'the mask of region {missing[0][:8]} is not in {beside.name}', remedy)
    return {key: found[key] for key in wanted}


def _refusal(path: Path, why: str, remedy: str) -> PerturbationError:
    return PerturbationError(f'{path.name} cannot be used', why, remedy)
