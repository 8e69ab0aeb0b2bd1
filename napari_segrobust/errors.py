"""Errors that a user can cause. Each says what happened, why, and what to do about it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pydantic import ValidationError


class SegrobustError(Exception):
    """A mistake that a person can mend.

    Parameters
    ----------
    what : str
        What did not work, without a final stop ("Masks not on one grid").
    why : str
        The cause, with the numbers at hand.
    remedy : str
        What to do next, as a sentence.

    Notes
    -----
    ``str(error)`` is the one line that the panel, the command line and the log show:
    ``what: why. remedy``.
    """

    def __init__(self, what: str, why: str, remedy: str) -> None:
        self.what = what.rstrip('.')
        self.why = why.rstrip('.')
        self.remedy = remedy
        super().__init__(f'{self.what}: {self.why}. {self.remedy}')

    def __reduce__(self) -> tuple[type[SegrobustError], tuple[str, str, str]]:
        return type(self), (self.what, self.why, self.remedy)


class CaseError(SegrobustError):
    """A file, a layer or an array that cannot be read as part of a case."""


class GridMismatchError(CaseError):
    """A mask that does not lie on the grid of its image."""


class SegmentsError(CaseError):
    """A file of several masks, or of segments that overlap: nobody has said whether they are raters'."""


class PerturbationError(SegrobustError):
    """An unknown perturbation, or parameters outside their range."""


class ContextError(SegrobustError):
    """A window, an overlap or a context box that cannot be used."""


class ModelError(SegrobustError):
    """A model that cannot be loaded, or that answered with something unusable."""


class SpecMissing(ModelError):
    """A spec that leaves out what cannot be read off the weights: a person must say it.

    Parameters
    ----------
    what, why, remedy : str
        As for every error.
    missing : tuple of str
        Entries that nothing says.
    known : dict
        Entries that are said.
    """

    def __init__(self, what: str, why: str, remedy: str, missing: tuple[str, ...], known: dict[str, Any]) -> None:
        super().__init__(what, why, remedy)
        self.missing, self.known = missing, known

    def __reduce__(self) -> tuple[type[SpecMissing], tuple[Any, ...]]:
        return type(self), (self.what, self.why, self.remedy, self.missing, self.known)


class ConsentNeeded(ModelError):
    """A model that only its own code can build: a person must read and allow it first.

    Parameters
    ----------
    name : str
        Of the model.
    expressions : tuple of str
        What would be run, each as "place: text".
    """

    def __init__(self, name: str, expressions: tuple[str, ...]) -> None:
        self.name = name
        self.expressions = expressions
        first = ' '.join(expressions[0].split())[:160]
        more = f' and {len(expressions) - 1} more' if len(expressions) > 1 else ''
        super().__init__(
            f'{name} not loaded',
            f'it needs code of its own ({first}{more}), which could do anything',
            'If you trust who wrote it, load it with trust=True, or --trust on the command line.',
        )

    def __reduce__(self) -> tuple[type[ConsentNeeded], tuple[Any, ...]]:
        return type(self), (self.name, self.expressions)


class CompareError(SegrobustError):
    """Two masks that cannot be compared, or an unknown metric."""


class ReviewError(SegrobustError):
    """Masks of several raters that cannot be held against each other, or a rule that is not known."""


class LabError(SegrobustError):
    """A scene file that cannot be read, or a mask edit that cannot be made."""


def first_fault(error: ValidationError) -> str:
    """Which field a value was refused for, and why: "context.overlap: Input should be less than 1"."""
    fault = error.errors()[0]
    where = '.'.join(str(part) for part in fault['loc'])
    return f'{where}: {fault["msg"]}' if where else fault['msg']
