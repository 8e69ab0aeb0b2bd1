"""What stands behind the names of a pack's images: kept apart from the images, for no reader may see it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator

from napari_segrobust.errors import ReviewError, first_fault
from napari_segrobust.perturb import Perturbation, get_spec, in_order
from napari_segrobust.walk import curve_key, perturb_key

if TYPE_CHECKING:
    import os

    from napari_segrobust.cases import Case

SCHEMA: Literal[1] = 1


def _fitting(entry: Perturbation) -> Perturbation:
    get_spec(entry.name)
    return entry


class Coded(BaseModel):
    """One image of a pack.

    Attributes
    ----------
    code : str
        Its name.
    severity : float
        Of the perturbation that is swept.
    scenario : str
        Hash of what decides its voxels: the clean image, the stack, and masks that the stack uses.
    sha256 : str
        Of the file.
    """

    model_config = ConfigDict(frozen=True, extra='forbid')

    code: str
    severity: float
    scenario: str
    sha256: str


class Key(BaseModel):
    """The key of a pack.

    Attributes
    ----------
    case : str
        Content hash of the clean image.
    stack : tuple of Perturbation
        In the order of application; the severity of the one that is swept stands with each image.
    swept : int
        Its place in the stack.
    label : int
        What the readers are asked to draw.
    structure : str
        What it is called.
    images : tuple of Coded
        In the order in which they were written, which is random. Two of one scenario are a repeat.
    versions : dict of str to str
        Of the tool.
    """

    model_config = ConfigDict(frozen=True, extra='forbid')

    schema_: Literal[1] = Field(default=SCHEMA, alias='schema')
    case: str
    stack: tuple[Annotated[Perturbation, AfterValidator(_fitting)], ...]
    swept: Annotated[int, Field(ge=0)]
    label: int
    structure: str
    images: tuple[Coded, ...]
    versions: dict[str, str] = Field(default_factory=dict)

    @model_validator(mode='after')
    def _sweeps_an_entry(self) -> Self:
        if self.swept >= len(self.stack):
            raise ValueError(f'entry {self.swept} of {len(self.stack)} is swept')
        return self

    @property
    def along(self) -> str:
        """What the severity is of: "gaussian noise"."""
        return get_spec(self.stack[self.swept].name).title

    def curve(self, case: Case) -> str:
        """Hash of all that its images share; a model's curve beside the readers' shares it too."""
        return curve_key(case, self.stack, self.swept)

    def at(self, severity: float) -> tuple[Perturbation, ...]:
        """What acts on the image of this severity."""
        return at_severity(self.stack, self.swept, severity)

    def check(self, case: Case) -> None:
        """Refuse a case that the pack was not made of.

        Raises
        ------
        ReviewError
        """
        why, remedy = '', 'Open the image, and the masks, that the pack was made of.'
        if case.key != self.case:
            why = f'it was made of another image than {case.name}'
        elif any(perturb_key(case, self.at(entry.severity)) != entry.scenario for entry in self.images):
            why = 'a perturbation acts where a mask lies that is another one now, or the key was edited'
        if why:
            raise ReviewError('Key does not fit', why, remedy)


def at_severity(stack: tuple[Perturbation, ...], swept: int, severity: float) -> tuple[Perturbation, ...]:
    """Entries of a stack that act, remedies last, where one of them has this severity."""
    changed = stack[swept].model_copy(update={'severity': severity, 'enabled': True})
    return tuple(in_order((*stack[:swept], changed, *stack[swept + 1 :])))


def read_key(path: str | os.PathLike[str]) -> Key:
    """Read a key.

    Raises
    ------
    ReviewError
        Not there, or no key.
    """
    path = Path(path)
    remedy = 'Choose the file that was written with the pack.'
    try:
        content: Any = json.loads(path.read_text(encoding='utf-8'))
        return Key.model_validate(content)
    except OSError as error:
        raise ReviewError(f'{path.name} cannot be read', error.strerror or str(error), remedy) from None
    except ValidationError as error:
        raise ReviewError(f'{path.name} is no key of a pack', first_fault(error), remedy) from None
    except ValueError:
        raise ReviewError(f'{path.name} is no key of a pack', 'it is not JSON', remedy) from None
