"""From the tags of single slices to one grid: order, even spacing, affine."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from napari_segrobust.cases.stored import counted, not_readable

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

_AGAIN = 'Export the whole series again.'
#: Gaps between slices may differ by this share of the usual gap.
_UNEVEN = 0.05
_LPS_TO_RAS = np.diag([-1.0, -1.0, 1.0, 1.0])


def stack_order(path: Path, datasets: list[Any]) -> list[Any]:
    """Sort slices along the normal of their plane; refuse those that make no regular stack.

    The position of a slice is the projection of ImagePositionPatient (0020,0032) on the cross product of
    the row and column directions of ImageOrientationPatient (0020,0037): DICOM PS3.3, C.7.6.2.1.1.
    """
    if len(datasets) == 1:
        return datasets
    for tag in ('ImageOrientationPatient', 'ImagePositionPatient'):
        missing = sum(_numbers(dataset, tag) is None for dataset in datasets)
        if missing:
            raise not_readable(path, f'{tag} is missing in {missing} of its {len(datasets)} slices', _AGAIN)
    if len({(int(d.Rows), int(d.Columns)) for d in datasets}) > 1:
        raise not_readable(path, 'its slices differ in size', 'Put one series into a folder of its own.')
    frames = np.array([_numbers(dataset, 'ImageOrientationPatient') for dataset in datasets])
    if np.abs(frames - frames[0]).max() > 1e-3:
        raise not_readable(path, 'its slices are turned against each other', 'Open one file of the direction you mean.')
    spacings = np.array([pixel_spacing(path, dataset) or (1.0, 1.0) for dataset in datasets])
    if np.abs(spacings - spacings[0]).max() > 1e-3 * spacings[0].max():
        raise not_readable(path, 'its slices differ in pixel size', 'Put one series into a folder of its own.')
    normal = np.cross(frames[0, :3], frames[0, 3:])
    positions = np.array([_numbers(dataset, 'ImagePositionPatient') for dataset in datasets])
    order = np.argsort(positions @ normal, kind='stable')
    _check_gaps(path, positions[order], normal)
    return [datasets[index] for index in order]


def _check_gaps(path: Path, positions: NDArray[np.float64], normal: NDArray[np.float64]) -> None:
    gaps = np.diff(positions @ normal)
    usual = float(np.median(gaps))
    if gaps.min() < 1e-3 * max(usual, 1e-3):
        count = int((gaps < 1e-3 * max(usual, 1e-3)).sum())
        raise not_readable(
            path,
            f'{counted(count, "slice")} in the place of another one (several phases or echoes)',
            'Export one phase or echo.',
        )
    odd = np.flatnonzero(np.abs(gaps - usual) > _UNEVEN * usual)
    if odd.size:
        first = int(odd[0])
        lost = np.rint(gaps[odd] / usual) - 1
        where = f'between slices {first + 1} and {first + 2} the gap is {gaps[first]:.4g} mm, usually {usual:.4g} mm'
        whole = (lost >= 1).all() and np.abs(gaps[odd] / usual - lost - 1).max() < _UNEVEN
        what = f'{counted(int(lost.sum()), "slice")} missing' if whole else 'its slices are unevenly spaced'
        raise not_readable(path, f'{what}: {where}', _AGAIN)
    steps = np.diff(positions, axis=0)
    if np.linalg.norm(steps - steps.mean(axis=0), axis=1).max() > _UNEVEN * usual + 0.01:
        raise not_readable(path, 'its slices are shifted sideways against each other', _AGAIN)


def series_affine(path: Path, datasets: list[Any]) -> NDArray[np.float64] | None:
    """Affine from (column, row, slice) to (R, A, S) mm of sorted slices; None where the tags do not say."""
    spacing = pixel_spacing(path, datasets[0])
    frame, first = (_numbers(datasets[0], tag) for tag in ('ImageOrientationPatient', 'ImagePositionPatient'))
    if spacing is None or frame is None or first is None:
        return None
    affine = np.eye(4)
    affine[:3, 0] = frame[:3] * spacing[1]
    affine[:3, 1] = frame[3:] * spacing[0]
    affine[:3, 2] = np.cross(frame[:3], frame[3:])
    affine[:3, 3] = first
    if len(datasets) > 1:
        last = _numbers(datasets[-1], 'ImagePositionPatient')
        affine[:3, 2] = (last - first) / (len(datasets) - 1)
    return _LPS_TO_RAS @ affine


def pixel_spacing(path: Path, dataset: Any) -> tuple[float, float] | None:
    """Distance between rows and between columns in mm; None where the tag is absent."""
    found = _numbers(dataset, 'PixelSpacing')
    if found is None:
        return None
    if len(found) != 2 or not (found > 0).all() or not np.isfinite(found).all():
        raise not_readable(path, f'PixelSpacing (0028,0030) is {found.tolist()}', _AGAIN)
    return float(found[0]), float(found[1])


def _numbers(dataset: Any, tag: str) -> Any:
    """Values of a tag as an array, None where it is absent or empty."""
    values = dataset.get(tag)
    if values is None or values == '':
        return None
    return np.array([float(value) for value in np.atleast_1d(values)])
