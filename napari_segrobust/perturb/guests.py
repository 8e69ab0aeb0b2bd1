"""Guests: transforms of MONAI and TorchIO by name, under our contract as far as they can be.

A guest acts in full at every severity above 0. It draws its amount anew with its place, so that it has no common random
numbers: a change of a parameter is also another draw.
"""

from __future__ import annotations

import difflib
import importlib
import inspect
import random
from contextlib import contextmanager
from functools import lru_cache
from threading import RLock
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_segrobust.errors import PerturbationError
from napari_segrobust.perturb.spec import Parameter, PerturbationSpec

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import torch
    from numpy.typing import NDArray

    from napari_segrobust.perturb.spec import FieldBlock, Shape, Spacing

LIBRARIES = {'monai': 'MONAI', 'torchio': 'TorchIO'}
#: Ours to decide: how often it acts, where it computes, what it hands back.
_OURS = {'prob', 'p', 'device', 'dtype', 'lazy', 'cache_grid', 'copy', 'keep', 'include', 'exclude', 'keys'}
#: A parameter whose default is a range or nothing, or that must be told. One object, for it is part of cache keys.
_UNSET = float('nan')
_LARGE = 1e12
#: The generators of libraries belong to everyone.
_GENERATORS = RLock()


@lru_cache(maxsize=64)
def guest_spec(name: str) -> PerturbationSpec:
    """Make the entry of a guest.

    Parameters
    ----------
    name : str
        ``monai:RandGibbsNoise``, ``torchio:RandomMotion``: any random array transform of MONAI, any transform of
        TorchIO. Its numeric arguments are the entry's parameters; a number for a range sets both of its ends.

    Raises
    ------
    PerturbationError
        No such library or transform, or it is not installed.
    """
    library, _, transform = name.partition(':')
    if library not in LIBRARIES:
        raise PerturbationError('Unknown guest', repr(name), f'Begin with one of: {", ".join(LIBRARIES)}.')
    kind = _transform(library, transform)

    def survey(u: torch.Tensor, amounts: Mapping[str, float], field: FieldBlock) -> dict[str, NDArray[Any]]:
        high, low = field.arrays['seed'][0].tolist()
        return {'image': _visited(library, kind, u, amounts, field, int(high) * 2**16 + int(low))}

    title = f'{LIBRARIES[library]} {transform}'
    return PerturbationSpec(
        name=name,
        title=f'{title} (no common random numbers)',
        group='guest',
        kind='discrete',
        stage='acquisition',
        response='nonlinear',
        parameters=(
            Parameter('acts', 'acts', '', (0, 1, 1, 1, 1, 1), 0, 1, 'in full above severity 0', steps=True),
            *_parameters(kind),
        ),
        summary=f'A guest: {title}, as its library makes it, on the intensity scale of the case.',
        model=_first_line(kind.__doc__) or title,
        source=f'{LIBRARIES[library]} {_version(library)}',
        apply=_apply,
        draw=_draw,
        survey=survey,
        per_channel=False,
        caution='No common random numbers: severity only switches it on, and another parameter is another draw. '
        'It transforms the whole image even where one slice is shown.',
        version=_version_number(library),
    )


def _apply(u: torch.Tensor, amounts: Mapping[str, float], field: FieldBlock) -> torch.Tensor:
    """Return the block of what the guest made of the whole image."""
    return field.fact('image').clone()


def _draw(rng: np.random.Generator, shape: Shape, spacing: Spacing) -> dict[str, NDArray[np.float32]]:
    """32 bits to seed the guest with, in two numbers that float32 holds exactly."""
    return {'seed': rng.integers(0, 2**16, 2).astype(np.float32)}


def _visited(
    library: str, kind: type, u: torch.Tensor, amounts: Mapping[str, float], field: FieldBlock, seed: int
) -> NDArray[np.float32]:
    """What a guest makes of an image (C, *shape): it is given a copy, and seeded before it is made and used."""
    import torch

    name, given = kind.__name__, _arguments(kind, amounts)
    with torch.inference_mode(False), torch.no_grad(), _seeded(library, seed):
        image = u.to('cpu', copy=True)  # guests compute there, and some write into what they are given
        try:
            made = kind(**given, **{'prob' if library == 'monai' else 'p': 1.0})
            if library == 'monai':
                made.set_random_state(seed=seed)
                found = made(image)
            else:
                found = _through_torchio(made, image, field.spacing)
        except Exception as error:  # whatever a guest raises is one line to a person
            why = _first_line(str(error)) or type(error).__name__
            raise PerturbationError(f'{LIBRARIES[library]} {name} failed', why, 'Change its parameters.') from error
    result = torch.as_tensor(found).as_subclass(torch.Tensor).numpy().astype(np.float32)  # not MONAI's kind of tensor
    if result.shape != tuple(u.shape):
        why = f'it makes {result.shape[1:]} of an image {tuple(u.shape)[1:]}'
        raise PerturbationError(f'{LIBRARIES[library]} {name} unusable', why, 'Use a guest that keeps the grid.')
    return result


def _through_torchio(transform: Any, image: torch.Tensor, spacing: Spacing) -> torch.Tensor:
    """Three axes, in mm, around the origin of the world: `RandomMotion` turns about that, and not about the image."""
    import torchio

    steps = (*spacing, 1.0)[:3]
    flat = image.ndim == 3
    image = image[..., None] if flat else image
    affine = np.diag([*steps, 1.0])
    affine[:3, 3] = [-step * (n - 1) / 2 for step, n in zip(steps, image.shape[1:], strict=True)]
    found: torch.Tensor = transform(torchio.ScalarImage(tensor=image, affine=affine)).data
    return found[..., 0] if flat and found.shape[-1] == 1 else found


@contextmanager
def _seeded(library: str, seed: int) -> Iterator[None]:
    """Seed every generator that a guest may draw from, and give each its own state back.

    A MONAI transform may hold others that were never seeded (`RandIntensityRemap` does); those draw from the generator
    that all of MONAI shares.
    """
    import torch

    with _GENERATORS, torch.random.fork_rng(devices=[]):
        mine, numpys = random.getstate(), np.random.get_state()  # noqa: NPY002  # guests draw from the old one
        shared = importlib.import_module('monai.transforms').Randomizable.R if library == 'monai' else None
        monais = None if shared is None else shared.get_state()
        try:
            random.seed(seed)
            np.random.seed(seed)  # noqa: NPY002  # guests draw from the old one
            torch.default_generator.manual_seed(seed)
            if shared is not None:
                shared.seed(seed)
            yield
        finally:
            random.setstate(mine)
            np.random.set_state(numpys)  # noqa: NPY002  # guests draw from the old one
            if shared is not None:
                shared.set_state(monais)


def _transform(library: str, name: str) -> type:
    """Class of a transform."""
    title = LIBRARIES[library]
    try:
        module = importlib.import_module('monai.transforms' if library == 'monai' else 'torchio')
    except ImportError:
        remedy = "Install it with: pip install 'napari-segrobust[guests]'."
        raise PerturbationError(f'{title} {name} unusable', f'{title} is not installed', remedy) from None
    known = [key for key in dir(module) if _is_guest(module, library, key)]
    if name not in known:
        near = difflib.get_close_matches(name, known, n=1)
        hint = f'Did you mean {f"{library}:{near[0]}"!r}?' if near else f'Such as {library}:{known[0]}.'
        raise PerturbationError(f'Unknown transform of {title}', repr(name), hint)
    found: type = getattr(module, name)
    return found


def _is_guest(module: Any, library: str, name: str) -> bool:
    kind = getattr(module, name)
    if not inspect.isclass(kind):
        return False
    if library == 'torchio':
        return issubclass(kind, module.Transform) and kind is not module.Transform
    return (
        name.startswith('Rand')
        and issubclass(kind, module.RandomizableTransform)
        and kind.__module__ != (module.RandomizableTransform.__module__)
        and not issubclass(kind, module.MapTransform)
    )


def _parameters(kind: type) -> Iterator[Parameter]:
    """Numeric arguments of a transform; each at its default, whatever the severity."""
    for name, argument in _numeric(kind).items():
        value = float(argument.default) if isinstance(argument.default, int | float) else _UNSET
        yield Parameter(name, name, '', (value,) * 6, -_LARGE, _LARGE, 'its own default', steps=True)


def _numeric(kind: type) -> dict[str, inspect.Parameter]:
    found = {}
    for name, argument in inspect.signature(kind).parameters.items():
        if name in _OURS or argument.kind in (argument.VAR_KEYWORD, argument.VAR_POSITIONAL):
            continue
        default, words = argument.default, str(argument.annotation)
        several = default if isinstance(default, tuple) else (default,)
        number = all(isinstance(value, int | float) for value in several)
        missing = default is None or default is argument.empty
        if number or (missing and any(word in words for word in ('int', 'float', 'Range'))):
            found[name] = argument
    return found


def _arguments(kind: type, amounts: Mapping[str, float]) -> dict[str, Any]:
    """What the constructor is given: the explicit parameters, in the form that it takes."""
    given = {}
    for name, argument in _numeric(kind).items():
        value = amounts[name]
        if np.isnan(value):
            if argument.default is argument.empty:
                raise PerturbationError(f'{kind.__name__} unusable', f'it needs {name}', 'Give it as a parameter.')
        elif value != argument.default:
            given[name] = _as_asked(argument, value)
    return given


def _as_asked(argument: inspect.Parameter, value: float) -> Any:
    """One number, as bool, whole number or range: whatever the argument is."""
    default, words = argument.default, str(argument.annotation).replace('typing.', '')
    if isinstance(default, bool):
        return bool(value)
    whole = value == int(value) and ('int' in words or isinstance(default, int))
    number = int(value) if whole else value
    pair = isinstance(default, tuple) and len(default) == 2
    only_pairs = words.startswith(('tuple[', 'Tuple[', 'Sequence[')) and not words.endswith(('| int', '| float'))
    return (number, number) if pair or (only_pairs and not isinstance(default, tuple)) else number


def _version(library: str) -> str:
    from importlib.metadata import version

    return version(library)


def _version_number(library: str) -> int:
    """Version of the library as one number, 1006001 for 1.6.1: another version may give other voxels."""
    parts = [int(''.join(c for c in part if c.isdigit()) or 0) for part in _version(library).split('+')[0].split('.')]
    major, minor, patch = [*parts, 0, 0][:3]
    return max(1, (major * 1000 + minor) * 1000 + patch)


def _first_line(text: str | None) -> str:
    return next((line.strip() for line in (text or '').splitlines() if line.strip()), '')
