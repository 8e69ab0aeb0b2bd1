"""How much a perturbation changed an image: the axis on which different perturbations may be compared."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from napari_segrobust.errors import PerturbationError
from napari_segrobust.perturb.catalogue import get_spec, new_perturbation
from napari_segrobust.perturb.record import MAX_SEVERITY, Perturbation
from napari_segrobust.perturb.ssim import mean_ssim
from napari_segrobust.perturb.stack import perturb_block

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from numpy.typing import NDArray

    from napari_segrobust.perturb.clean import Clean
    from napari_segrobust.perturb.spec import Block

#: A severity is found when its change is within this share of the wanted one.
_NEAR = 0.005
#: A step of a discrete perturbation matches when its change is within this share of the wanted one.
_MATCHES = 0.1


@dataclass(frozen=True, slots=True)
class Change:
    """What differs between a clean and a perturbed image.

    Attributes
    ----------
    rms_percent : float
        Root mean square difference, in percent of the intensity range hi - lo.
    psnr_db : float or None
        Peak signal to noise ratio against hi - lo; None where the images are identical.
    ssim : float or None
        Mean structural similarity (Wang et al. 2004), windows of 7; None where the image is smaller than a window.
    """

    rms_percent: float
    psnr_db: float | None
    ssim: float | None


@dataclass(frozen=True, slots=True)
class Matched:
    """A perturbation at the severity that makes a wanted change.

    Attributes
    ----------
    name : str
    severity : float or None
    change : Change or None
        What it makes; None without a severity.
    why : str
        One line where there is no severity.
    """

    name: str
    severity: float | None
    change: Change | None
    why: str = ''


def measure_change(
    clean: NDArray[np.float32], perturbed: NDArray[np.float32], intensity_range: tuple[float, float]
) -> Change:
    """Measure how much an image was changed.

    Parameters
    ----------
    clean, perturbed : ndarray, shape (C, *spatial)
        A slice or a volume. Axes of length one are left out of the windows of SSIM; voxels that are not finite in one
        of the two count as unchanged.
    intensity_range : (float, float)
        (lo, hi) of the case.

    Returns
    -------
    Change
    """
    if clean.shape != perturbed.shape:
        raise PerturbationError('Change not measured', f'{clean.shape} against {perturbed.shape}', 'Give one shape.')
    span = intensity_range[1] - intensity_range[0]
    rms = _rms(clean, perturbed) / span
    psnr = None if rms == 0 else -20 * math.log10(rms)
    return Change(100 * rms, psnr, mean_ssim(clean, perturbed, span))


def severity_for_change(
    clean: Clean, record: Perturbation, rms_percent: float, block: Block | None = None
) -> float | None:
    """Severity at which a perturbation changes a case by a given RMS.

    Parameters
    ----------
    clean : Clean
    record : Perturbation
        Its severity plays no part.
    rms_percent : float
        In percent of hi - lo of the case.
    block : tuple of slice, optional
        Where it is measured, such as the shown slice; the whole case by default.

    Returns
    -------
    float or None
        From above 0 to 5. None where no severity makes that change: too little at 5, or, for a perturbation in steps
        or one that its own parameters decide, not near enough at any of them.
    """
    where = block or tuple(slice(0, n) for n in clean.shape)
    before = clean.image[(slice(None), *where)]
    lo, hi = clean.intensity_range

    def excess(severity: float) -> float:
        if severity == 0:
            return -rms_percent
        after = perturb_block(clean, [record.model_copy(update={'severity': severity})], block=where)
        found = 100 * _rms(before, after) / (hi - lo) - rms_percent
        return 0.0 if abs(found) <= _NEAR * rms_percent else found

    if not 0 < rms_percent < math.inf:
        raise PerturbationError('Change unusable', f'{rms_percent} %', 'Give a percentage above 0.')
    spec = get_spec(record.name)
    free = [p for p in spec.parameters if not p.fixed and p.name not in record.parameters]
    if spec.kind == 'discrete' or not free:
        steps = range(1, int(MAX_SEVERITY) + 1) if free else range(1, 2)
        off = {step: abs(excess(step)) for step in steps}
        best = min(off, key=lambda step: off[step])
        return float(best) if off[best] <= _MATCHES * rms_percent else None
    if excess(MAX_SEVERITY) < 0:
        return None
    from scipy.optimize import brentq

    return float(brentq(excess, 0.0, MAX_SEVERITY, xtol=1e-6))


def rank_at_change(
    clean: Clean,
    names: Iterable[str | Perturbation],
    rms_percent: float,
    *,
    seed: int = 0,
    block: Block | None = None,
    cancel: Callable[[], bool] | None = None,
) -> tuple[Matched, ...]:
    """Bring perturbations to the same change of one case, so that what they do to a model may be ranked.

    Severity 3 of one perturbation is not severity 3 of another.

    Parameters
    ----------
    clean : Clean
    names : iterable of str or Perturbation
        Names in the catalogue, or whole records where region, channels or parameters matter.
    rms_percent : float
        In percent of hi - lo of the case.
    seed : int
        Draw of those that are given by name.
    block : tuple of slice, optional
        Where the change is measured.
    cancel : callable, optional
        Asked between perturbations; what is done by then is returned.

    Returns
    -------
    tuple of Matched
        In the order given.
    """
    found = []
    for name in names:
        if cancel is not None and cancel():
            break
        record = new_perturbation(name, 0.0, seed) if isinstance(name, str) else name
        found.append(_match(clean, record, rms_percent, block))
    return tuple(found)


def _match(clean: Clean, record: Perturbation, rms_percent: float, block: Block | None) -> Matched:
    if not get_spec(record.name).changes_voxels:
        return Matched(record.name, None, None, 'it changes no voxel')
    try:
        severity = severity_for_change(clean, record, rms_percent, block)
    except PerturbationError as error:
        return Matched(record.name, None, None, error.why)
    if severity is None:
        return Matched(record.name, None, None, f'no severity changes this image by {rms_percent:.3g} %')
    where = block or tuple(slice(0, n) for n in clean.shape)
    after = perturb_block(clean, [record.model_copy(update={'severity': severity})], block=where)
    change = measure_change(clean.image[(slice(None), *where)], after, clean.intensity_range)
    return Matched(record.name, severity, change)


def rms_percent(
    clean: NDArray[np.float32], perturbed: NDArray[np.float32], intensity_range: tuple[float, float]
) -> float:
    """Root mean square difference in percent of the intensity range, as in `Change`."""
    return 100 * _rms(clean, perturbed) / (intensity_range[1] - intensity_range[0])


def _rms(before: NDArray[np.float32], after: NDArray[np.float32]) -> float:
    """Root mean square difference; voxels that are not finite count as unchanged."""
    with np.errstate(invalid='ignore'):  # infinity minus infinity
        difference = after - before
    total = _square_sum(difference)
    if not math.isfinite(total):
        total = _square_sum(np.where(np.isfinite(difference), difference, np.float32(0)))
    return math.sqrt(total / max(difference.size, 1))


def _square_sum(values: NDArray[np.float32]) -> float:
    """Sum of squares, row by row in float64: a float32 sum of millions of squares loses digits."""
    rows = values.reshape(-1, values.shape[-1])
    return float(np.einsum('ij,ij->i', rows, rows, dtype=np.float64, casting='same_kind').sum())
