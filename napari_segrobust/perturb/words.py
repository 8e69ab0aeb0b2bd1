"""What was simulated, in words: the text that is burnt into the canvas and into every export."""

from __future__ import annotations

from typing import TYPE_CHECKING

from napari_segrobust.perturb.catalogue import acts, amounts, get_spec
from napari_segrobust.perturb.spec import RANGE

if TYPE_CHECKING:
    from collections.abc import Iterable

    from napari_segrobust.perturb.record import Perturbation, Region


def describe(
    perturbation: Perturbation,
    intensity_range: tuple[float, float],
    unit: str | None = None,
    length_unit: str = 'mm',
) -> str:
    """Say what one entry does, such as "gaussian noise 2.5 (sigma 0.15), seed 7".

    Parameters
    ----------
    perturbation : Perturbation
        The entry.
    intensity_range : (float, float)
        (lo, hi) of the case.
    unit : str, optional
        Unit of the image's intensities, such as HU; amounts that are fractions of the range are then given in it.
    length_unit : str
        "mm", or "voxels" where the spacing is unknown.
    """
    return f'{get_spec(perturbation.name).title} {_details(perturbation, intensity_range, unit, length_unit)}'


def simulated_text(
    stack: Iterable[Perturbation],
    intensity_range: tuple[float, float],
    unit: str | None = None,
    length_unit: str = 'mm',
) -> str:
    """Say what a stack does, such as "SIMULATED gaussian noise, severity 2.5 (sigma 0.15), seed 7".

    Parameters are those of `describe`. Returns "" when nothing acts; several entries are joined by " + ".
    """
    parts = [
        f'{get_spec(entry.name).title}, severity {_details(entry, intensity_range, unit, length_unit)}'
        for entry in stack
        if acts(entry)
    ]
    return f'SIMULATED {" + ".join(parts)}' if parts else ''


def simulated_lines(
    stack: Iterable[Perturbation],
    intensity_range: tuple[float, float],
    unit: str | None = None,
    length_unit: str = 'mm',
    most: int = 4,
) -> list[str]:
    """Say the same for a small place: of several entries each in a line of its own, "SIMULATED" above them.

    Parameters are those of `describe`; after `most` entries the rest is counted.
    """
    acting = [entry for entry in stack if acts(entry)]
    if len(acting) < 2:
        return [text] if (text := simulated_text(acting, intensity_range, unit, length_unit)) else []
    lines = [describe(entry, intensity_range, unit, length_unit) for entry in acting[:most]]
    more = [f'and {len(acting) - most} more'] if len(acting) > most else []
    return ['SIMULATED', *lines, *more]


def _details(entry: Perturbation, intensity_range: tuple[float, float], unit: str | None, length_unit: str) -> str:
    spec = get_spec(entry.name)
    seed = f', seed {entry.seed}' if spec.random else ''
    if spec.group == 'guest':
        amount = ', '.join(['in full', *(f'{name} {value:.3g}' for name, value in sorted(entry.parameters.items()))])
        return f'{round(entry.severity, 2):g} ({amount}){seed}{_place(entry.region)}'
    parameter = spec.parameters[0]
    value, word = amounts(entry)[parameter.name], parameter.unit
    if word == RANGE:
        lo, hi = intensity_range
        value, word = (value, '') if unit is None else (value * (hi - lo), unit)
    elif word == 'mm':
        word = length_unit
    amount = f'{parameter.title} {short(value)} {word}'.rstrip()
    return f'{round(entry.severity, 2):g} ({amount}){seed}{_place(entry.region)}'


def _place(region: Region) -> str:
    if region.kind == 'whole':
        return ''
    words = {'label': f'label {region.label}', 'box': 'a box', 'mask': 'a drawn region'}
    return f', in {words.get(region.kind, f"the {region.kind}")}'


def short(value: float) -> str:
    """Three significant digits, whole numbers from a thousand on: 0.153, 12.3, 3500."""
    return f'{value:.3g}' if abs(value) < 999.5 else f'{value:.0f}'
