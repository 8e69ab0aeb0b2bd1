"""The list before a run: what is fine is said, what is odd is named, nothing is changed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from napari_segrobust.cases import Case, Expectations, check, load_case
from napari_segrobust.geometry import GridGeometry

if TYPE_CHECKING:
    from pathlib import Path

    from napari_segrobust.cases import Finding


def make(image: np.ndarray | None = None, spacing: tuple[float, ...] | None = (2, 1, 1), **parts: object) -> Case:
    """A case with orientation unless the spacing is unknown."""
    pixels = np.random.default_rng(0).normal(0, 300, (1, 10, 12, 14)) if image is None else image
    grid = GridGeometry.from_spacing(pixels.shape[1:], spacing)
    if spacing:
        grid = GridGeometry(grid.shape, grid.affine)
    return Case('case', pixels.astype(np.float32), grid, **parts)  # type: ignore[arg-type]  # options vary by case


def titles(findings: list[Finding], *levels: str) -> list[str]:
    return [finding.title for finding in findings if not levels or finding.level in levels]


def test_a_plain_image_has_nothing_wrong() -> None:
    findings = check(make())
    assert titles(findings) == ['Grid', 'Orientation SPL', 'Intensities']
    assert {finding.level for finding in findings} == {'ok'}
    assert findings[0].detail == 'image: 10 x 12 x 14 voxels of 2 x 1 x 1 mm (z y x)'


def test_unknown_spacing_and_orientation_are_warned_of() -> None:
    findings = check(make(spacing=None))
    assert titles(findings, 'warning') == ['Size of a voxel unknown', 'Orientation unknown']


def test_long_voxels_and_obliquity_are_noted() -> None:
    case = make(spacing=(6.5, 1, 1))
    angle = np.radians(8)
    turn = np.array([[np.cos(angle), -np.sin(angle), 0], [np.sin(angle), np.cos(angle), 0], [0, 0, 1]])
    affine = np.array(case.geometry.affine)
    affine[:3, :3] = turn @ affine[:3, :3]
    case = Case('case', case.image, GridGeometry(case.shape, affine))
    noted = [finding for finding in check(case) if finding.level == 'note']
    assert [finding.title for finding in noted] == ['Voxels are long', 'Orientation SPL']
    assert noted[0].detail == '6.5 mm against 1 mm, 6.5 times'
    assert noted[1].detail == 'shown as SPL, up to 8.0 degrees oblique'


@pytest.mark.parametrize(
    ('low', 'high', 'level', 'title'),
    [
        (-1024, 1500, 'ok', 'HU range as expected'),
        (0, 4095, 'problem', 'HU range not as expected'),
        (-5000, 1500, 'warning', 'HU range not as expected'),
        (-1, 1, 'warning', 'HU range not as expected'),
    ],
)
def test_ct_is_in_hounsfield_units(low: float, high: float, level: str, title: str) -> None:
    image = np.linspace(low, high, 10 * 12 * 14).reshape(1, 10, 12, 14)
    finding = next(f for f in check(make(image, modality='CT')) if 'HU' in f.title)
    assert (finding.level, finding.title) == (level, title)


@pytest.mark.parametrize(('factor', 'level'), [(1, 'ok'), (2.5, 'warning'), (40, 'problem')])
def test_intensity_range_against_the_model(factor: float, level: str) -> None:
    image = np.linspace(0, 255 * factor, 10 * 12 * 14).reshape(1, 10, 12, 14)
    finding = next(f for f in check(make(image), Expectations(intensity_range=(0, 255))) if 'range' in f.title)
    assert finding.level == level
    assert 'made for 0 to 255' in finding.detail


def test_what_the_model_expects_besides() -> None:
    wanted = Expectations(channels=4, modality='MR', orientation='RAS')
    findings = check(make(modality='CT'), wanted)
    assert titles(findings, 'problem') == ['Channels do not fit the model']
    assert titles(findings, 'warning') == ['Another modality']
    assert titles(findings, 'note') == ['Orientation differs from training']
    assert titles(check(make(np.ones((1, 3, 4, 5)))), 'problem') == ['Image is constant']


def block(*where: slice, label: int = 1) -> np.ndarray:
    mask = np.zeros((10, 12, 14), np.uint8)
    mask[where] = label
    return mask


ASIDE = block(slice(2, 8), slice(2, 9), slice(1, 5))


def test_masks_are_described() -> None:
    mask = ASIDE + block(slice(9, 10), slice(9, 10), slice(9, 10), label=7) + block(slice(9, 10), slice(0, 3), label=8)
    findings = check(make(references={'expert': mask, 'nobody': ASIDE * 0}))
    assert titles(findings, 'warning') == ['nobody is empty']
    described = next(f for f in findings if f.title == 'expert: 3 labels')
    assert described.detail == 'label 1, label 7, label 8; 12.56% of the image'
    assert titles(findings, 'note') == ['expert: labels of one voxel', 'expert: labels of one slice']


@pytest.mark.parametrize(('axis', 'way'), [(0, 'head-foot'), (2, 'left-right')])
def test_a_mirrored_mask_is_suspected_and_never_flipped(axis: int, way: str) -> None:
    reference = block(slice(1, 5), slice(2, 11), slice(1, 6))
    prediction = np.flip(reference, axis).copy()
    findings = check(make(references={'expert': reference}, predictions={'net': prediction}))
    suspicion = next(f for f in findings if f.level == 'problem')
    assert suspicion.title == f'net looks flipped {way}'
    assert suspicion.detail == 'Dice with expert 0.00 -> 1.00 if flipped'


def test_swapped_sides_are_a_mirror_too() -> None:
    left, right = block(slice(2, 8), slice(2, 9), slice(1, 5)), block(slice(2, 8), slice(2, 9), slice(9, 13), label=2)
    swapped = np.where(left, 2, 0) + np.where(right, 1, 0)
    findings = check(make(references={'expert': left + right}, predictions={'net': swapped.astype(np.uint8)}))
    assert titles(findings, 'problem') == ['net looks flipped left-right']


def test_a_poor_mask_is_not_called_mirrored() -> None:
    other = block(slice(3, 9), slice(4, 11), slice(2, 6))
    findings = check(make(references={'expert': ASIDE}, predictions={'net': other}))
    assert not titles(findings, 'problem', 'warning')


def test_equal_masks_and_other_labels_are_warned_of() -> None:
    case = make(references={'A': ASIDE, 'B': ASIDE * 3}, predictions={'A': ASIDE})
    findings = check(case)
    assert titles(findings, 'warning') == ['A (reference) and A (prediction) are equal', 'Labels differ']
    told = next(f for f in findings if f.title == 'Labels differ').detail
    assert told == 'A (reference) alone has 1; B alone has 3'


def test_notes_of_reading_are_listed() -> None:
    assert check(make(notes=('a was re-ordered exactly',)))[-1].detail == 'a was re-ordered exactly'


def test_real_case(shared_data: Path) -> None:
    organs, second = shared_data / 'ct/organs.nii.gz', shared_data / 'ct/organs_second.nii.gz'
    case = load_case(shared_data / 'ct/ct.nii.gz', references={'expert': organs}, predictions={'fast': second})
    findings = check(case, Expectations(modality='CT'))
    assert titles(findings, 'ok')[:3] == ['Grids match', 'Orientation RAS', 'HU range as expected']
    assert not titles(findings, 'problem')
    flipped = case.with_masks(predictions={'fast': case.predictions['fast'][:, :, ::-1]})
    assert titles(check(flipped), 'problem') == ['fast looks flipped left-right']
