"""``--scribbles``: a label mask that is shown to a model, 1 for background and k + 1 for class k."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from argparse import ArgumentParser

    from napari_segrobust.cases import Case
    from napari_segrobust.prompts import Prompts


def add_scribbles(parser: ArgumentParser) -> None:
    """Add ``--scribbles``."""
    words = 'a label mask that a model is shown: 1 is background, k + 1 is class k, 0 says nothing'
    parser.add_argument('--scribbles', metavar='FILE', help=words)


def with_scribbles(prompts: Prompts, case: Case) -> Prompts:
    """The prompts with the scribbles that were read with the case, where there are any."""
    from napari_segrobust.cases.scribbles import scribbles_of

    key = scribbles_of(case)
    return prompts if key is None else prompts.model_copy(update={'scribbles': key})
