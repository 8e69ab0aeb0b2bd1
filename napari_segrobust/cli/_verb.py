"""What a verb of the command line is: one file of this package, one `VERB` in it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace
    from collections.abc import Callable


@dataclass(frozen=True, slots=True)
class Verb:
    """One verb of ``napari-segrobust``.

    Attributes
    ----------
    name : str
        The word that is typed.
    help : str
        One line for the list of verbs.
    add_arguments : callable
        Takes the parser of this verb and adds its arguments. It must import nothing heavy:
        it is called for every verb at every start.
    run : callable
        Takes the parsed arguments and does the work. A user's mistake is raised as a `SegrobustError`.
    """

    name: str
    help: str
    add_arguments: Callable[[ArgumentParser], None]
    run: Callable[[Namespace], None]
