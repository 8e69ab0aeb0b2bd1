"""Ensembles as people write them: a TOML file, or one line such as "majority of brain-unet + brain-noskip"."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from napari_segrobust.errors import ModelError, first_fault
from napari_segrobust.segment.ensemble import RULES, Incomplete, Rule
from napari_segrobust.segment.post import Post

if TYPE_CHECKING:
    from collections.abc import Sequence

_LINE = re.compile(rf'({"|".join(RULES)}) of (.+)')
_PART = re.compile(r'(?:(?P<weight>[0-9.eE+-]+) x )?(?P<model>.+?)(?: \[(?P<values>[^\]]*)\])?')
_BETWEEN = ' + '


class MemberRecipe(BaseModel):
    """One member: a name or a path, relative to the file that names it.

    Attributes
    ----------
    model : str
    threshold : float or None
        With which it votes; None is its own.
    parameters : dict of str to float
        Of a model that can be adjusted.
    """

    model_config = ConfigDict(frozen=True, extra='forbid')

    model: str
    threshold: Annotated[float, Field(ge=0, le=1)] | None = None
    parameters: dict[str, float] = Field(default_factory=dict)


class EnsembleRecipe(BaseModel):
    """The table ``[ensemble]``.

    Attributes
    ----------
    name : str
        On screen; the file's own name, or what is done to how many members, when empty.
    members : tuple of MemberRecipe
        Plain strings in a file.
    rule : {'majority', 'mean', 'weighted'}
    weights : tuple of float
        One above 0 for each member, for the rule ``weighted`` alone.
    threshold : float
        Of the mean, or the share of the votes that must be exceeded.
    post : Post
        Steps after the members are merged.
    incomplete : {'say', 'refuse'}
        What is done where a member is missing.
    """

    model_config = ConfigDict(frozen=True, extra='forbid')

    name: str = ''
    members: Annotated[tuple[MemberRecipe, ...], Field(min_length=1, max_length=200)]
    rule: Rule = 'majority'
    weights: tuple[Annotated[float, Field(gt=0, allow_inf_nan=False)], ...] = ()
    threshold: Annotated[float, Field(ge=0, le=1)] = 0.5
    post: Post = Post()
    incomplete: Incomplete = 'say'

    @model_validator(mode='before')
    @classmethod
    def _plain_members(cls, fields: Any) -> Any:
        if isinstance(fields, dict) and isinstance(fields.get('members'), list):
            members = [{'model': m} if isinstance(m, str) else m for m in fields['members']]
            return {**fields, 'members': members}
        return fields

    @model_validator(mode='after')
    def _weighed(self) -> Self:
        wanted = len(self.members) if self.rule == 'weighted' else 0
        if len(self.weights) != wanted:
            raise ValueError(f'{len(self.weights)} weights, and rule {self.rule!r} of these members takes {wanted}')
        return self


def is_ensemble(name_or_path: str | Path) -> bool:
    """Whether this is a line or a file that describes an ensemble; looks, and loads nothing."""
    if isinstance(name_or_path, str) and _LINE.fullmatch(name_or_path):
        return True
    path = Path(name_or_path)
    if path.suffix.lower() != '.toml' or not path.is_file():
        return False
    try:
        return re.search(r'^\s*\[ensemble\b', path.read_text(encoding='utf-8'), re.MULTILINE) is not None
    except (OSError, UnicodeDecodeError):
        return False


def line_name(line: str) -> str:
    """Short name of an ensemble that is a line; of any other the text itself."""
    return read_ensemble(line).name if _LINE.fullmatch(line) else line


def read_ensemble(name_or_path: str | Path) -> EnsembleRecipe:
    """Read a line or a file; members that are files come with their paths from here.

    Raises
    ------
    ModelError
        Not readable, or with an unknown or impossible entry.
    """
    line = _LINE.fullmatch(str(name_or_path)) if isinstance(name_or_path, str) else None
    if line is not None:
        return _of_line(line[1], line[2])
    path = Path(name_or_path)
    try:
        found = tomllib.loads(path.read_text(encoding='utf-8'))
    except (OSError, UnicodeDecodeError) as error:
        raise ModelError(f'{path.name} not loaded', str(error), 'Check the path.') from error
    except tomllib.TOMLDecodeError as error:
        raise ModelError(f'{path.name} is not TOML', str(error), 'Correct that line.') from error
    recipe = _checked(path.name, found.get('ensemble'))
    members = tuple(m.model_copy(update={'model': _placed(m.model, path.parent)}) for m in recipe.members)
    return recipe.model_copy(update={'members': members, 'name': recipe.name or path.stem})


def write_line(recipe: EnsembleRecipe) -> str:
    """The line that `read_ensemble` reads as this recipe.

    Raises
    ------
    ModelError
        A path holds what separates members.
    """
    weights: Sequence[float | None] = recipe.weights or (None,) * len(recipe.members)
    words = []
    for member, weight in zip(recipe.members, weights, strict=True):
        values = dict(member.parameters)
        if member.threshold is not None:
            values['threshold'] = member.threshold
        text = member.model
        if values:
            text += f' [{", ".join(f"{name}={value!r}" for name, value in values.items())}]'
        words.append(text if weight is None else f'{weight:g} x {text}')
    line = f'{recipe.rule} of {_BETWEEN.join(words)}'
    if [m.model for m in read_ensemble(line).members] != [m.model for m in recipe.members]:
        remedy = 'Rename the file, or write a TOML file.'
        raise ModelError('No ensemble of these', f'a path holds {_BETWEEN!r}, "[" or " x "', remedy)
    return line


def _of_line(rule: str, text: str) -> EnsembleRecipe:
    members, weights = [], []
    for part in text.split(_BETWEEN):
        found = _PART.fullmatch(part.strip())
        values: dict[str, Any] = {}
        for pair in (found['values'] or '').split(',') if found else ():
            name, _, value = pair.partition('=')
            if name.strip():
                values[name.strip()] = value.strip()
        threshold = values.pop('threshold', None)
        members.append({'model': found['model'] if found else part, 'threshold': threshold, 'parameters': values})
        if found and found['weight'] is not None:
            weights.append(found['weight'])
    name = f'{rule} of {len(members)}'
    return _checked(name, {'name': name, 'members': members, 'rule': rule, 'weights': weights})


def _checked(name: str, fields: Any) -> EnsembleRecipe:
    try:
        return EnsembleRecipe.model_validate(fields)
    except ValidationError as error:
        raise ModelError(f'{name} is no ensemble', first_fault(error), 'Correct this entry.') from None


def _placed(model: str, folder: Path) -> str:
    """A member's file beside the ensemble's; what is no file there is a name."""
    path = folder / model
    return str(path.resolve()) if path.exists() else model
