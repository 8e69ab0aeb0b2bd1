"""Models by name or by file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from napari_segrobust.errors import ModelError
from napari_segrobust.registry import discover
from napari_segrobust.segment.protocols import TrustingLoader

if TYPE_CHECKING:
    from collections.abc import Callable

    from napari_segrobust.segment.protocols import Loader, WholeSegmenter, WindowSegmenter
    from napari_segrobust.segment.spec import ModelSpec
    from napari_segrobust.segment.spec_file import SpecSource


def loaders() -> list[Loader]:
    """One loader for every kind of model, in the order of their files' names; the first that recognises a file wins."""
    return discover('napari_segrobust.segment.loaders', 'LOADER')


def models() -> list[ModelSpec]:
    """Models that `load_model` knows by name."""
    return [spec for loader in loaders() for spec in loader.specs()]


def faults() -> list[str]:
    """What is wrong with models that announce themselves and cannot be used, one line each."""
    said: list[dict[str, str]] = [getattr(loader, 'faults', dict)() for loader in loaders()]
    return [line for lines in said for line in lines.values()]


def load_model(
    name_or_path: str | Path | Callable[..., Any],
    spec: SpecSource = None,
    device: str = 'auto',
    *,
    trust: bool = False,
) -> WindowSegmenter | WholeSegmenter:
    """Load a model.

    Parameters
    ----------
    name_or_path : str, Path or callable
        A name of `models`, a file or folder of a kind in `loaders`, or a Python object: a `torch.nn.Module`, or a
        function ``f(image, spacing)`` that maps (C, *spatial) float32 to probabilities (K, *spatial).
    spec : mapping, ModelSpec or path, optional
        How it wants its input and what its output means; default is the TOML file beside the weights, or the
        attribute ``spec`` of the object.
    device : str
        "auto", "cpu", "cuda" or "mps".
    trust : bool
        Run code that comes with the model (expressions and classes of a MONAI bundle). It can do anything that you
        can: say so only where you trust who wrote it.

    Raises
    ------
    ConsentNeeded
        It needs code of its own, and is not trusted; the error lists the code.
    ModelError
        Unknown, not readable, or without a complete spec.

    Examples
    --------
    >>> def bright(image, spacing):
    ...     return (image > 0.5).astype('float32')
    >>> told = {'dimensions': 2, 'channels': 1, 'classes': ['bright'], 'activation': 'sigmoid'}
    >>> load_model(bright, spec=told).spec.classes
    ('bright',)
    """
    from napari_segrobust.segment.device import resolve_device

    if not isinstance(name_or_path, (str, Path)):
        from napari_segrobust.segment.callables import model_of

        made: WindowSegmenter | WholeSegmenter = model_of(name_or_path, spec, resolve_device(device))
        return made
    for loader in loaders():
        if loader.recognises(name_or_path):
            if trust and isinstance(loader, TrustingLoader):
                loader = loader.trusting()
            return loader.load(name_or_path, spec, resolve_device(device))
    path = Path(name_or_path)
    if path.exists():
        kinds = ', '.join(loader.kind for loader in loaders())
        raise ModelError(f'{path.name} not loaded', 'not a kind of model known here', f'Known kinds: {kinds}.')
    names = ', '.join(known.name for known in models())
    raise ModelError(f'Model {name_or_path} not found', 'no such name or file', f'Names known here: {names}.')
