"""The catalogue of perturbations: what there is, and whether a record fits it."""

from __future__ import annotations

import difflib
import math
from functools import cache
from typing import TYPE_CHECKING, Any

from napari_segrobust.errors import PerturbationError
from napari_segrobust.perturb.record import MAX_SEVERITY, Perturbation, Region
from napari_segrobust.perturb.spec import STAGES
from napari_segrobust.registry import discover

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from napari_segrobust.perturb.spec import Parameter, PerturbationSpec

#: More names than this are not listed in a message.
_LISTED = 12


@cache
def perturbations() -> dict[str, PerturbationSpec]:
    """Every perturbation by name, in alphabetical order.

    Examples
    --------
    >>> perturbations()['gaussian_noise'].parameters[0].at(1.0)
    0.08
    """
    found: list[PerturbationSpec] = discover('napari_segrobust.perturb.families', 'SPEC')
    return {spec.name: spec for spec in sorted(found, key=lambda spec: spec.name)}


def get_spec(name: str) -> PerturbationSpec:
    """Entry of the catalogue by name.

    Raises
    ------
    PerturbationError
        When there is none; the message names the nearest.
    """
    known = perturbations()
    if name not in known:
        raise PerturbationError('Unknown perturbation', repr(name), _nearest(name, known))
    return known[name]


def new_perturbation(
    name: str,
    severity: float = 0.0,
    seed: int = 0,
    *,
    region: Region | None = None,
    parameters: Mapping[str, float] | None = None,
    **options: Any,
) -> Perturbation:
    """Make a record that fits the catalogue.

    Parameters
    ----------
    name : str
        Name in the catalogue.
    severity : float
        0 (identity) to 5.
    seed : int
        Decides the draw, 0 or larger.
    region : Region, optional
        Where it acts; everywhere by default.
    parameters : mapping of str to float, optional
        Explicit physical parameters instead of those that severity gives.
    **options
        Other fields of `Perturbation`, such as ``channels`` or ``moves_reference``.

    Raises
    ------
    PerturbationError
        Unknown name or parameter, or a value outside its range.
    """
    get_spec(name)
    if not 0 <= severity <= MAX_SEVERITY:
        raise PerturbationError('Severity unusable', f'{severity} for {name}', f'Choose 0 to {MAX_SEVERITY:g}.')
    if seed < 0 or seed != int(seed):
        raise PerturbationError('Seed unusable', f'{seed} for {name}', 'Choose a whole number from 0.')
    record = Perturbation(
        name=name,
        severity=float(severity),
        seed=int(seed),
        region=region or Region(),
        parameters={key: float(value) for key, value in (parameters or {}).items()},
        version=get_spec(name).version,
        **options,
    )
    amounts(record)
    return record


def amounts(perturbation: Perturbation) -> dict[str, float]:
    """Physical parameters of a record: those that severity gives, overridden by the explicit ones.

    Raises
    ------
    PerturbationError
        Unknown name or parameter, a value outside its range, or a record of another version of the entry.
    """
    spec = get_spec(perturbation.name)
    if perturbation.version not in (None, spec.version):
        why = f'the record is of version {perturbation.version}, this is version {spec.version}'
        raise PerturbationError(f'{spec.title} would not replay', why, 'Use the version it was made with, or add anew.')
    known = {parameter.name: parameter for parameter in spec.parameters}
    for name, value in perturbation.parameters.items():
        if name not in known:
            raise PerturbationError(f'Unknown parameter of {spec.name}', repr(name), _nearest(name, known))
        _check_range(spec, known[name], value)
    return {name: perturbation.parameters.get(name, known[name].at(perturbation.severity)) for name in known}


def acts(perturbation: Perturbation) -> bool:
    """Whether a record changes anything: severity 0 and disabled entries are the identity, bit for bit."""
    return perturbation.enabled and perturbation.severity > 0


def in_order(stack: Iterable[Perturbation]) -> tuple[Perturbation, ...]:
    """Entries that change something, in the order of application: as they stand, remedies after all others."""
    acting = [entry for entry in stack if acts(entry)]
    return tuple(sorted(acting, key=lambda entry: get_spec(entry.name).stage == 'remedy'))


def stage_of(perturbation: Perturbation) -> int:
    """Place of an entry in the physical order of `STAGES`; sorting a stack by it gives that order."""
    return STAGES.index(get_spec(perturbation.name).stage)


def catalogue() -> list[dict[str, Any]]:
    """List the catalogue as plain values for JSON: one mapping per perturbation.

    Returns
    -------
    list of dict
        Keys ``name title group kind stage response expects summary model source caution needs modalities version
        per_channel random parameters``; each parameter has ``name title unit levels minimum maximum source steps seen
        seen_source``, its levels at severity 0 to 5.
    """
    plain = (
        'name', 'title', 'group', 'kind', 'stage', 'response', 'expects', 'summary', 'model', 'source', 'caution',
        'version', 'per_channel',
    )  # fmt: skip
    return [
        {
            **{key: getattr(spec, key) for key in plain},
            'needs': list(spec.needs),
            'modalities': list(spec.modalities),
            'random': spec.random,
            'parameters': [_parameter_entry(parameter) for parameter in spec.parameters],
        }
        for spec in perturbations().values()
    ]


def _parameter_entry(parameter: Parameter) -> dict[str, Any]:
    plain = ('name', 'title', 'unit', 'minimum', 'maximum', 'source', 'steps', 'seen_source')
    seen = None if parameter.seen is None else list(parameter.seen)
    return {**{key: getattr(parameter, key) for key in plain}, 'levels': list(parameter.levels), 'seen': seen}


def _check_range(spec: PerturbationSpec, parameter: Parameter, value: float) -> None:
    if not (math.isfinite(value) and parameter.minimum <= value <= parameter.maximum):
        raise PerturbationError(
            f'{spec.title}: {parameter.name} unusable',
            f'{value:g}',
            f'Choose {parameter.minimum:g} to {parameter.maximum:g} {parameter.unit}'.rstrip() + '.',
        )


def _nearest(name: str, known: Iterable[str]) -> str:
    names = sorted(known)
    near = difflib.get_close_matches(name, names, n=1)
    if near:
        return f'Did you mean {near[0]!r}?'
    if len(names) > _LISTED:
        return f'The verb perturbations lists all {len(names)}.'
    return f'Choose one of: {", ".join(names)}.'
