"""Levels that benchmarks published, by name, so that their numbers can be reproduced: one TOML file per benchmark."""

from __future__ import annotations

import difflib
import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from napari_segrobust.errors import PerturbationError
from napari_segrobust.perturb.catalogue import amounts, get_spec
from napari_segrobust.perturb.record import MAX_SEVERITY, Perturbation, Region

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from napari_segrobust.perturb.spec import Spacing

__all__ = ['Level', 'Preset', 'get_preset', 'preset_levels', 'preset_stack', 'presets', 'size_note']

Lengths: TypeAlias = Literal['mm', 'px', 'slice', 'voxel']
#: Sides of a pixel may differ by this share and still count as equal.
_SQUARE = 0.01


@dataclass(frozen=True)
class Level:
    """One level of a series.

    Attributes
    ----------
    title : str
        Its name in the benchmark, such as "3" or "harder".
    stack : tuple of Perturbation
        With the published parameters; lengths in `lengths`. Empty: the clean image.
    lengths : str
        Unit of its lengths: ``mm``; ``px``, the side of a pixel of the last two axes; ``slice``, the distance of
        slices; ``voxel``, the shortest side of a voxel. `preset_stack` turns them into mm.
    """

    title: str
    stack: tuple[Perturbation, ...]
    lengths: Lengths = 'mm'


@dataclass(frozen=True)
class Preset:
    """The levels of one benchmark.

    Attributes
    ----------
    name, title, source : str
        Key, words, publication.
    note : str
        What must be known to reproduce its numbers, and what differs here.
    size : tuple of int or None
        Size of the images on which it is defined; None where any will do.
    series : mapping of str to tuple of Level
        By name, mildest level first.
    """

    name: str
    title: str
    source: str
    note: str
    size: tuple[int, ...] | None
    series: Mapping[str, tuple[Level, ...]]


@cache
def presets() -> Mapping[str, Preset]:
    """Every preset by name.

    Examples
    --------
    >>> [level.title for level in presets()['kamath-2025'].series['texture']]
    ['easiest', 'easier', 'clean', 'harder', 'hardest']
    """
    found = (
        _read(path.read_text(encoding='utf-8'))
        for path in files('napari_segrobust.perturb.presets').iterdir()
        if path.name.endswith('.toml')
    )
    return MappingProxyType({preset.name: preset for preset in sorted(found, key=lambda preset: preset.name)})


def get_preset(name: str) -> Preset:
    """Preset by name.

    Raises
    ------
    PerturbationError
        When there is none; the message names the nearest.
    """
    return presets()[_known(name, presets(), 'preset')]


def preset_stack(
    preset: str | Preset, series: str, level: int | str, spacing: Spacing | None = None, seed: int = 0
) -> tuple[Perturbation, ...]:
    """Stack of one level, made for a case.

    Parameters
    ----------
    preset : str or Preset
    series : str
        Name of a series.
    level : int or str
        Its number, from 1, or its title.
    spacing : tuple of float or None
        Of the case, in mm in array order: a pixel of the benchmark is a pixel of the last two axes. None: lengths of
        the case are in voxels.
    seed : int
        Draw of every entry.

    Returns
    -------
    tuple of Perturbation
        Every parameter explicit; empty for the clean image.

    Raises
    ------
    PerturbationError
        An unknown name, or pixels that are not square where lengths are in pixels.

    Examples
    --------
    >>> preset_stack('imagenet-c', 'gaussian_blur', 5, spacing=(0.5, 0.5))[0].parameters
    {'sigma': 3.0}
    """
    preset = get_preset(preset) if isinstance(preset, str) else preset
    levels = preset.series[_known(series, preset.series, f'series of {preset.name}')]
    chosen = _level(levels, level)
    unit = 1.0 if spacing is None else _in_mm(chosen, spacing)
    return tuple(_made_for(entry, unit, seed) for entry in chosen.stack)


def preset_levels(
    preset: str | Preset, series: str, spacing: Spacing | None = None, seed: int = 0
) -> tuple[tuple[str, tuple[Perturbation, ...]], ...]:
    """Title and stack of every level of a series, made for a case: the frames of a film strip."""
    preset = get_preset(preset) if isinstance(preset, str) else preset
    levels = preset.series[_known(series, preset.series, f'series of {preset.name}')]
    return tuple(
        (level.title, preset_stack(preset, series, number, spacing, seed)) for number, level in enumerate(levels, 1)
    )


def size_note(preset: Preset, shape: tuple[int, ...]) -> str:
    """Say that a case has not the size on which a preset is defined; "" where it has."""
    if preset.size is None or tuple(shape[-2:]) == preset.size:
        return ''
    theirs, ours = (' x '.join(map(str, size)) for size in (preset.size, shape[-2:]))
    return f'{preset.title} is defined on {theirs}; this image is {ours}, so its numbers are not comparable'


def _read(text: str) -> Preset:
    told = tomllib.loads(text)
    options: dict[str, Any] = {key: told[key] for key in ('scale', 'clip') if key in told}
    size = told.get('size')
    return Preset(
        name=told['name'],
        title=told['title'],
        source=told['source'],
        note=told['note'],
        size=None if size is None else tuple(size),
        series=MappingProxyType(
            {name: _series(series, told['lengths'], options) for name, series in told['series'].items()}
        ),
    )


def _series(told: Any, lengths: Lengths, options: Mapping[str, Any]) -> tuple[Level, ...]:
    """Levels one by one; or one perturbation, each parameter a number for all levels or a list over them."""
    if isinstance(told, list):
        return tuple(
            Level(level['title'], tuple(_entry(number, entry, options) for entry in level['stack']), lengths)
            for number, level in enumerate(told, 1)
        )
    lengths = told.get('lengths', lengths)
    count = max(len(value) for value in told.values() if isinstance(value, list))
    each = [{k: v[i] if isinstance(v, list) else v for k, v in told.items()} for i in range(count)]
    return tuple(Level(str(i), (_entry(i, entry, options),), lengths) for i, entry in enumerate(each, 1))


def _entry(number: int, told: Mapping[str, Any], options: Mapping[str, Any]) -> Perturbation:
    """An entry with the severity of its number; all keys that name nothing else are parameters."""
    words = ('perturbation', 'region', 'severity', 'lengths')
    return Perturbation(
        name=told['perturbation'],
        severity=min(float(told.get('severity', number)), MAX_SEVERITY),
        region=Region(kind=told.get('region', 'whole')),
        parameters={key: float(value) for key, value in told.items() if key not in words},
        **options,
    )


def _made_for(entry: Perturbation, unit: float, seed: int) -> Perturbation:
    """The same entry with lengths in mm and a seed; it fits the catalogue."""
    spec = get_spec(entry.name)
    lengths = {parameter.name for parameter in spec.parameters if parameter.unit == 'mm'}
    scaled = {key: value * unit if key in lengths else value for key, value in entry.parameters.items()}
    record = entry.model_copy(update={'parameters': scaled, 'seed': seed, 'version': spec.version})
    amounts(record)
    return record


def _level(levels: tuple[Level, ...], wanted: int | str) -> Level:
    titles = [level.title for level in levels]
    if str(wanted).lower() in titles:
        return levels[titles.index(str(wanted).lower())]
    if str(wanted).isdecimal() and 1 <= int(wanted) <= len(levels):
        return levels[int(wanted) - 1]
    raise PerturbationError('Unknown level', repr(wanted), f'Choose one of: {", ".join(titles)}.')


def _in_mm(level: Level, spacing: Spacing) -> float:
    """How long the unit of a level is in mm, on a case of this spacing."""
    if level.lengths in ('mm', 'slice', 'voxel'):
        return {'mm': 1.0, 'slice': spacing[0], 'voxel': min(spacing)}[level.lengths]
    across, along = spacing[-2:]
    uses = any(p.unit == 'mm' and p.name in e.parameters for e in level.stack for p in get_spec(e.name).parameters)
    if uses and abs(across / along - 1) > _SQUARE:
        why = f'pixels are {across:g} x {along:g} mm, and the level is in square pixels'
        raise PerturbationError('Preset unusable', why, 'Resample the image to square pixels.')
    return along


def _known(name: str, known: Iterable[str], what: str) -> str:
    names = list(known)
    if name in names:
        return name
    near = difflib.get_close_matches(name, names, n=1)
    remedy = f'Did you mean {near[0]!r}?' if near else f'Choose one of: {", ".join(names)}.'
    raise PerturbationError(f'Unknown {what}', repr(name), remedy)
