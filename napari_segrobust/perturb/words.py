"""What was simulated, in words: the text that is burnt into the canvas and into every export."""

from __future__ import annotations

from typing import TYPE_CHECKING

from napari_segrobust.perturb.catalogue import acts, amounts, get_spec
from napari_segrobust.perturb.spec import RANGE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from napari_segrobust.perturb.record import Perturbation, Region


def describe(
    perturbation: Perturbation,
    intensity_range: tuple[float, float],
    unit: str | None = None,
    length_unit: str = 'mm',
    label_name: Callable[[int], str] | None = None,
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
    label_name : callable, optional
        Gives the name of a label value of the reference.
    """
    return f'{_titled(perturbation)} {_details(perturbation, intensity_range, unit, length_unit, label_name)}'


def simulated_text(
    stack: Iterable[Perturbation],
    intensity_range: tuple[float, float],
    unit: str | None = None,
    length_unit: str = 'mm',
    label_name: Callable[[int], str] | None = None,
) -> str:
    """Say what a stack does, such as "SIMULATED gaussian noise, severity 2.5 (sigma 0.15), seed 7".

    Parameters are those of `describe`. Returns "" when nothing acts; several entries are joined by " + ".
    """
    parts = [
        f'{_titled(entry)}, severity {_details(entry, intensity_range, unit, length_unit, label_name)}'
        for entry in stack
        if acts(entry)
    ]
    return f'SIMULATED {" + ".join(parts)}' if parts else ''


def simulated_lines(
    stack: Iterable[Perturbation],
    intensity_range: tuple[float, float],
    unit: str | None = None,
    length_unit: str = 'mm',
    label_name: Callable[[int], str] | None = None,
    most: int = 4,
) -> list[str]:
    """Say the same for a small place: of several entries each in a line of its own, "SIMULATED" above them.

    Parameters are those of `describe`; after `most` entries the rest is counted.
    """
    acting = [entry for entry in stack if acts(entry)]
    if len(acting) < 2:
        return [text] if (text := simulated_text(acting, intensity_range, unit, length_unit, label_name)) else []
    lines = [describe(entry, intensity_range, unit, length_unit, label_name) for entry in acting[:most]]
    more = [f'and {len(acting) - most} more'] if len(acting) > most else []
    return ['SIMULATED', *lines, *more]


def _titled(entry: Perturbation) -> str:
    """Title of an entry; where the image stays as it is, and something else is another, that is said first."""
    spec = get_spec(entry.name)
    said = {'mask': 'reference redrawn: ', 'prompt': 'prompts moved: '}.get(spec.kind, '')
    return f'{said}{spec.title}'


def _details(
    entry: Perturbation,
    intensity_range: tuple[float, float],
    unit: str | None,
    length_unit: str,
    label_name: Callable[[int], str] | None,
) -> str:
    spec = get_spec(entry.name)
    seed = f', seed {entry.seed}' if spec.random else ''
    if spec.group == 'guest':
        amount = ', '.join(['in full', *(f'{name} {value:.3g}' for name, value in sorted(entry.parameters.items()))])
        return f'{round(entry.severity, 2):g} ({amount}){seed}{_place(entry.region, label_name)}'
    parameter = spec.parameters[0]
    value, word = amounts(entry)[parameter.name], parameter.unit
    if word == RANGE:
        lo, hi = intensity_range
        value, word = (value, '') if unit is None else (value * (hi - lo), unit)
    elif word == 'mm':
        word = length_unit
    amount = f'{parameter.title} {short(value)} {word}'.rstrip()
    amount = parameter.said(value) or amount
    amount = f'the network is told: spacing times {short(value)}' if spec.kind == 'header' else amount
    return f'{round(entry.severity, 2):g} ({amount}){seed}{_place(entry.region, label_name)}{_masks(entry)}'


def _masks(entry: Perturbation) -> str:
    """Whether a warp takes the masks along: by eye one cannot tell a mask that stayed from one that is wrong."""
    if get_spec(entry.name).coordinates is None:
        return ''
    return ', masks move along' if entry.moves_reference else ', masks stay'


def _place(region: Region, label_name: Callable[[int], str] | None) -> str:
    if region.kind == 'whole':
        return ''
    label = f'label {region.label}' if label_name is None or region.label is None else label_name(region.label)
    words = {'label': label, 'box': 'a box', 'mask': 'a drawn region'}
    return f', in {words.get(region.kind, f"the {region.kind}")}'


def short(value: float) -> str:
    """Three significant digits, whole numbers from a thousand on: 0.153, 12.3, 3500."""
    return f'{value:.3g}' if abs(value) < 999.5 else f'{value:.0f}'
