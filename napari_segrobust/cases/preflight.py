"""The list that is read before a model is blamed: geometry, intensities, labels, grids."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING, Literal

import numpy as np

from napari_segrobust.cases.flips import better_flipped, way_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from numpy.typing import NDArray

    from napari_segrobust.cases.case import Case, Expectations

Level = Literal['ok', 'note', 'warning', 'problem']

#: A voxel this many times longer than wide is worth a word.
_ANISOTROPIC = 3.0
#: Degrees between an axis and the patient's.
_OBLIQUE = 1.0
#: p1 and p99 may be off by this share of the expected range before it is a warning, and a problem.
_RANGE_WARNING, _RANGE_PROBLEM = 0.5, 2.0


@dataclass(frozen=True)
class Finding:
    """One line of the pre-flight list.

    Attributes
    ----------
    level : {'ok', 'note', 'warning', 'problem'}
    title : str
        What was looked at and found, in a few words.
    detail : str
        The numbers.
    remedy : str
        What to do about it; empty when there is nothing to do.
    """

    level: Level
    title: str
    detail: str
    remedy: str = ''


def check(case: Case, expectations: Expectations | None = None) -> list[Finding]:
    """Look a case over before a model sees it. Nothing is changed.

    Parameters
    ----------
    case : Case
    expectations : Expectations, optional
        Of the model that is to run.

    Returns
    -------
    list of Finding
        In the order of reading: grid, orientation, intensities, masks, pairs of masks.
    """
    parts: list[Callable[[], Iterator[Finding]]] = [
        lambda: _grid(case),
        lambda: _orientation(case, expectations),
        lambda: _intensity(case, expectations),
        lambda: _masks(case),
        lambda: _pairs(case),
        lambda: (Finding('note', 'On reading', note) for note in case.notes),
    ]
    return [finding for part in parts for finding in part()]


def _grid(case: Case) -> Iterator[Finding]:
    spacing = case.geometry.spacing_mm
    masks = len(_all_masks(case)) + len(case.soft_references)
    size = ' x '.join(str(n) for n in case.shape)
    unit = 'voxels' if case.ndim == 3 else 'pixels'
    axes = ' '.join('zyx'[-case.ndim :])
    whose = f'image and {masks} mask{"s" if masks > 1 else ""}' if masks else 'image'
    if spacing is None:
        title = 'Grids match, size of a voxel unknown' if masks else 'Size of a voxel unknown'
        detail = f'{whose}: {size} {unit} ({axes}); lengths are in {unit}, not mm'
        yield Finding('warning', title, detail, 'Give the spacing if you know it.')
        return
    steps = ' x '.join(f'{step:.3g}' for step in spacing)
    yield Finding('ok', 'Grids match' if masks else 'Grid', f'{whose}: {size} {unit} of {steps} mm ({axes})')
    ratio = max(spacing) / min(spacing)
    if ratio > _ANISOTROPIC:
        yield Finding(
            'note',
            'Voxels are long',
            f'{max(spacing):.3g} mm against {min(spacing):.3g} mm, {ratio:.1f} times',
            f'Distances below {max(spacing):.3g} mm say little; choose the tolerance accordingly.',
        )


def _orientation(case: Case, expectations: Expectations | None) -> Iterator[Finding]:
    geometry = case.geometry
    letters = geometry.letters
    if letters is None:
        yield Finding(
            'warning',
            'Orientation unknown',
            'the header does not say where the patient lies, so no letters are shown',
            'Compare left and right with what you know of the image.',
        )
        return
    stored = ''.join(end for _, end in geometry.stored().letters or ())
    shown = ''.join(end for _, end in letters)
    oblique = f', up to {geometry.obliquity:.1f} degrees oblique' if geometry.obliquity > _OBLIQUE else ''
    yield Finding('note' if oblique else 'ok', f'Orientation {stored}', f'shown as {shown}{oblique}')
    if expectations and expectations.orientation and expectations.orientation not in (stored, shown):
        yield Finding(
            'note',
            'Orientation differs from training',
            f'the model wants {expectations.orientation}, the image is shown as {shown}',
            'The axes are re-ordered exactly before the model sees them.',
        )


def _intensity(case: Case, expectations: Expectations | None) -> Iterator[Finding]:
    lowest, highest = float(case.image.min()), float(case.image.max())
    if lowest == highest:
        yield Finding('problem', 'Image is constant', f'every voxel is {lowest:g}', 'Load another image.')
        return
    if expectations and expectations.channels not in (None, len(case.image)):
        yield Finding(
            'problem',
            'Channels do not fit the model',
            f'the image has {len(case.image)}, the model wants {expectations.channels}',
            'Choose another model, or load the channels it was made for.',
        )
    modality = expectations.modality if expectations else None
    if modality and case.modality and modality != case.modality:
        detail = f'the image is {case.modality}, the model is for {modality}'
        yield Finding('warning', 'Another modality', detail, 'Expect failures.')
    lo, hi = (float(value) for value in np.percentile(case.image[..., ::2, ::2], (1, 99)))
    told = f'{lowest:.4g} to {highest:.4g}, 1st to 99th percentile {lo:.4g} to {hi:.4g}'
    if expectations and expectations.intensity_range:
        yield _against_range((lo, hi), expectations.intensity_range, told)
    elif 'CT' in (case.modality, modality):
        yield _hounsfield(lowest, highest, lo, told)
    else:
        yield Finding('ok', 'Intensities', told)


def _against_range(found: tuple[float, float], wanted: tuple[float, float], told: str) -> Finding:
    span = max(wanted[1] - wanted[0], 1e-12)
    off = max(abs(found[0] - wanted[0]), abs(found[1] - wanted[1])) / span
    expected = f'{told}; the model was made for {wanted[0]:.4g} to {wanted[1]:.4g}'
    if off <= _RANGE_WARNING:
        return Finding('ok', 'Intensity range as expected', expected)
    level: Level = 'warning' if off <= _RANGE_PROBLEM else 'problem'
    remedy = 'Load the image in its own unit (CT: HU), unscaled.'
    return Finding(level, 'Intensity range not as expected', expected, remedy)


def _hounsfield(lowest: float, highest: float, lo: float, told: str) -> Finding:
    """Air is -1000 HU and most scans hold some; bone and metal end the scale."""
    if lowest >= 0:
        why = f'{told}; no voxel is below 0, so these may be stored values'
        return Finding('problem', 'HU range not as expected', why, _TO_HU)
    if lo < -1100 and lowest < -2500:
        why = f'{told}; padding below -1024'
        return Finding('warning', 'HU range not as expected', why, 'Fill it with -1024 (air).')
    if highest <= 100 or highest > 32000:
        return Finding('warning', 'HU range not as expected', told, _TO_HU)
    return Finding('ok', 'HU range as expected', told)


_TO_HU = 'Load the series itself, or a conversion that applied slope and intercept.'


def _masks(case: Case) -> Iterator[Finding]:
    from scipy.ndimage import find_objects

    for who, mask in _all_masks(case).items():
        counts = np.bincount(mask.ravel())
        values = [int(value) for value in np.flatnonzero(counts) if value > 0]
        if not values:
            yield Finding('warning', f'{who} is empty', 'it holds background only', 'Make sure it is the right file.')
            continue
        plural = 's' if len(values) > 1 else ''
        share = 1 - counts[0] / mask.size
        detail = f'{_names(case, values)}; {share:.2%} of the image'
        yield Finding('ok', f'{who}: {len(values)} label{plural}', detail)
        boxes = find_objects(mask)
        tiny = [value for value in values if counts[value] == 1]
        wide = [value for value in values if counts[value] > 1 and case.ndim == 3]
        flat = [value for value in wide if any(side.stop - side.start == 1 for side in boxes[value - 1])]
        for few, what in ((tiny, 'one voxel'), (flat, 'one slice')):
            if few:
                yield Finding(
                    'note', f'{who}: labels of {what}', _names(case, few), 'Their surface distances are unreliable.'
                )


def _names(case: Case, values: list[int]) -> str:
    more = f' and {len(values) - 6} more' if len(values) > 6 else ''
    return ', '.join(case.label_name(value) for value in values[:6]) + more


def _pairs(case: Case) -> Iterator[Finding]:
    masks = {who: mask for who, mask in _all_masks(case).items() if mask.any()}
    for (first, one), (second, other) in combinations(masks.items(), 2):
        if np.array_equal(one, other):
            title = f'{first} and {second} are equal'
            yield Finding('warning', title, 'every voxel is the same', 'Make sure that they are two files.')
    for second in list(masks)[1:]:
        first = next(iter(masks))
        yield from _labels_differ(first, masks[first], second, masks[second])
        yield from _mirrored(case, first, masks[first], second, masks[second])


def _labels_differ(first: str, one: NDArray[np.integer], second: str, other: NDArray[np.integer]) -> Iterator[Finding]:
    mine, theirs = ({int(value) for value in np.flatnonzero(np.bincount(mask.ravel()))} for mask in (one, other))
    alone = ((first, sorted(mine - theirs - {0})), (second, sorted(theirs - mine - {0})))
    told = '; '.join(f'{who} alone has {", ".join(map(str, few[:8]))}' for who, few in alone if few)
    if told:
        yield Finding('warning', 'Labels differ', told, 'Match them by name, or count these as missed and extra.')


def _mirrored(
    case: Case, first: str, one: NDArray[np.integer], second: str, other: NDArray[np.integer]
) -> Iterator[Finding]:
    """Suspect a flip where mirroring one of two masks makes them agree; never flip."""
    letters = case.geometry.letters
    flip = better_flipped(one, other)
    if flip is not None:
        yield Finding(
            'problem',
            f'{second} looks flipped {way_of(flip.axis, letters)}',
            f'Dice with {first} {flip.now:.2f} -> {flip.flipped:.2f} if flipped',
            'Look at both masks over the image, and load the one that was not flipped.',
        )


def _all_masks(case: Case) -> Mapping[str, NDArray[np.integer]]:
    """References and predictions by a name that tells them apart."""
    twice = case.references.keys() & case.predictions.keys()
    groups = (('reference', case.references), ('prediction', case.predictions))
    return {
        f'{name} ({role})' if name in twice else name: mask for role, group in groups for name, mask in group.items()
    }
