"""The experiments by name: train, measure, write figures, tables and the page."""

from __future__ import annotations

import platform
from dataclasses import replace
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from napari_segrobust.errors import SegrobustError
from napari_segrobust.papers import (
    matrix_experiment,
    matrix_page,
    sphere_experiment,
    sphere_page,
    texture_experiment,
    texture_page,
)
from napari_segrobust.papers.training import Store
from napari_segrobust.segment.device import limit_threads, resolve_device

if TYPE_CHECKING:
    from pathlib import Path

    from napari_segrobust.papers.page import Page
    from napari_segrobust.papers.training import Log

#: Name to the plans (full and quick), what runs them, and what writes the page.
EXPERIMENTS: dict[str, tuple[Any, Any, Any, Any]] = {
    'kamath-2022': (
        sphere_experiment.SpherePlan(), sphere_experiment.QUICK, sphere_experiment.run, sphere_page.write
    ),
    'kamath-2025': (
        texture_experiment.TexturePlan(), texture_experiment.QUICK, texture_experiment.run, texture_page.write
    ),
    'training-matrix': (
        matrix_experiment.MatrixPlan(), matrix_experiment.QUICK, matrix_experiment.run, matrix_page.write
    ),
}  # fmt: skip
_QUICK = (
    'THIS IS A QUICK RUN, to see that everything works: one seed and a few batches of training, so that no network has '
    'learnt its task. It says nothing about any paper.'
)


def reproduce(
    name: str,
    folder: Path,
    *,
    quick: bool = False,
    seeds: int | None = None,
    device: str = 'auto',
    log: Log = lambda line: None,
) -> Page:
    """Make an experiment again; what an earlier run in the same folder has trained and measured is kept.

    Parameters
    ----------
    name : str
        One of `EXPERIMENTS`.
    folder : Path
        Made where it is missing. Networks and their numbers go into a folder in it, one for quick runs of its own.
    quick : bool
        One seed and a few batches.
    seeds : int, optional
        Networks of each kind; the plan's own number by default.
    device : str
        As for `resolve_device`.
    log : callable, optional
        Told each line of progress.

    Returns
    -------
    Page
        Which lies in the folder as ``page.html`` and ``page.md``.

    Raises
    ------
    SegrobustError
        Unknown name, no seed, or a folder that cannot be written.
    ModelError
        A device that is not there.
    """
    if name not in EXPERIMENTS:
        raise SegrobustError('Experiment unknown', repr(name), f'Choose one of {", ".join(EXPERIMENTS)}.')
    if seeds is not None and seeds < 1:
        raise SegrobustError('Seeds unusable', f'{seeds}', 'Give 1 or more.')
    full, short, run, write = EXPERIMENTS[name]
    plan = short if quick else full
    if seeds is not None:
        plan = replace(plan, seeds=tuple(range(1, seeds + 1)))
    limit_threads()  # the bits of a sum depend on how many threads share it
    where = resolve_device(device)
    store = Store(folder / ('networks-quick' if quick else 'networks'), where, log)
    rows = run(plan, store)
    page: Page = write(folder, plan, rows, _words(where, quick))
    return page


def _words(device: str, quick: bool) -> str:
    import torch

    made = f'Made by napari-segrobust {version("napari-segrobust")} with PyTorch {torch.__version__.split("+")[0]}'
    kind = 'a GPU' if device != 'cpu' else f'a CPU ({platform.machine()})'
    words = f'{made} on {kind}. Every number and every comparison below is computed from this run.'
    return f'{_QUICK} {words}' if quick else words
