"""The experiments by name: train, measure, write figures, tables and the page."""

from __future__ import annotations

import platform
from dataclasses import dataclass, replace
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
from napari_segrobust.segment.spec_file import write_spec

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from napari_segrobust.papers.page import Page
    from napari_segrobust.papers.training import Log
    from napari_segrobust.segment.spec import ModelSpec


@dataclass(frozen=True)
class Experiment:
    """One that can be made again.

    Attributes
    ----------
    full, quick : plan
        How much is done.
    run, write, specs : callable
        Train and measure; write figures, tables and page; name and spec of every network.
    """

    full: Any
    quick: Any
    run: Callable[[Any, Store], list[dict[str, Any]]]
    write: Callable[[Path, Any, list[dict[str, Any]], str], Page]
    specs: Callable[[Any], Iterator[tuple[str, ModelSpec]]]


#: By name.
EXPERIMENTS = {
    'kamath-2022': Experiment(
        sphere_experiment.SpherePlan(), sphere_experiment.QUICK, sphere_experiment.run, sphere_page.write,
        sphere_experiment.specs,
    ),
    'kamath-2025': Experiment(
        texture_experiment.TexturePlan(), texture_experiment.QUICK, texture_experiment.run, texture_page.write,
        texture_experiment.specs,
    ),
    'training-matrix': Experiment(
        matrix_experiment.MatrixPlan(), matrix_experiment.QUICK, matrix_experiment.run, matrix_page.write,
        matrix_experiment.specs,
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
    experiment = EXPERIMENTS[name]
    plan = experiment.quick if quick else experiment.full
    if seeds is not None:
        plan = replace(plan, seeds=tuple(range(1, seeds + 1)))
    limit_threads()  # the bits of a sum depend on how many threads share it
    where = resolve_device(device)
    store = Store(folder / ('networks-quick' if quick else 'networks'), where, log)
    rows = experiment.run(plan, store)
    # With a spec beside its weights, each network is a model like others: in the window, in a grid, in a run.
    for network, spec in experiment.specs(plan):
        write_spec(store.folder / f'{network}.toml', spec)
    return experiment.write(folder, plan, rows, _words(where, quick))


def _words(device: str, quick: bool) -> str:
    import torch

    made = f'Made by napari-segrobust {version("napari-segrobust")} with PyTorch {torch.__version__.split("+")[0]}'
    kind = 'a GPU' if device != 'cpu' else f'a CPU ({platform.machine()})'
    words = f'{made} on {kind}. Every number and every comparison below is computed from this run.'
    return f'{_QUICK} {words}' if quick else words
