"""Every fault of a file is one clear line that names the file; a damaged file never passes for a whole one."""

from __future__ import annotations

import gzip
from typing import TYPE_CHECKING

import nibabel as nib
import numpy as np
import pytest
import SimpleITK as sitk
import tifffile
from PIL import Image

from napari_segrobust.cases import load_case
from napari_segrobust.errors import CaseError, SegrobustError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from napari_segrobust.cases import Case

PIXELS = np.arange(7 * 8 * 9, dtype=np.int16).reshape(7, 8, 9)


def nifti(**fields: object) -> bytes:
    """A small NIfTI file with header fields overwritten."""
    raw = bytearray(nib.Nifti1Image(PIXELS, np.diag([2.0, 3, 4, 1])).to_bytes())
    header = np.frombuffer(raw, nib.Nifti1Header.template_dtype, 1)
    header.flags.writeable = True
    for name, value in fields.items():
        header[name] = value
    return bytes(raw)


def said(path: Path, **options: object) -> str:
    """The one line of the error."""
    with pytest.raises(CaseError) as caught:
        load_case(path, **options)  # type: ignore[arg-type]  # options vary by case
    line = str(caught.value)
    assert '\n' not in line
    assert str(path.parent) not in line
    return line


ENDINGS = ['nii', 'nrrd', 'mha', 'tif', 'png', 'npy', 'npz', 'dcm']


@pytest.mark.parametrize('name', [f'a.{ending}' for ending in (*ENDINGS, 'nii.gz', 'xyz')])
def test_empty_file(tmp_path: Path, name: str) -> None:
    (tmp_path / name).touch()
    assert said(tmp_path / name) == (
        f'{name} cannot be read: the file is empty (0 bytes). Export it, or copy it, again from its source.'
    )


@pytest.mark.parametrize('name', [f'a.{ending}' for ending in ENDINGS])
def test_text_under_another_name(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text('<html>404 not found</html>\n' * 40)
    assert said(tmp_path / name).startswith(f'{name} cannot be read: it')


def test_missing_file_and_unknown_format(tmp_path: Path) -> None:
    with pytest.raises(CaseError, match='not found'):
        load_case(tmp_path / 'a.nii')
    (tmp_path / 'notes.txt').write_text('x')
    assert 'known format. Use one of: DICOM, MetaImage, NIfTI' in said(tmp_path / 'notes.txt')
    (tmp_path / 'folder').mkdir()
    assert 'the folder itself holds no DICOM files. Choose' in said(tmp_path / 'folder')


def test_truncated_nifti_counts_its_bytes(tmp_path: Path) -> None:
    whole = nifti()
    (tmp_path / 'a.nii').write_bytes(whole[:-100])
    assert f'cut short: {len(whole) - 100:,} bytes of {len(whole):,}' in said(tmp_path / 'a.nii')
    (tmp_path / 'b.nii').write_bytes(whole[:200])
    assert 'less than a header' in said(tmp_path / 'b.nii')
    (tmp_path / 'c.nii.gz').write_bytes(gzip.compress(whole[:-100]))
    assert 'cut short' in said(tmp_path / 'c.nii.gz')
    (tmp_path / 'd.nii.gz').write_bytes(gzip.compress(whole)[:-40])
    assert 'cut short: the gzip stream ends' in said(tmp_path / 'd.nii.gz')


def test_damaged_gzip_is_met_by_its_checksum(tmp_path: Path) -> None:
    raw = bytearray(gzip.compress(nifti()))
    raw[-6] ^= 1
    (tmp_path / 'a.nii.gz').write_bytes(raw)
    assert 'damaged' in said(tmp_path / 'a.nii.gz')


def test_gzip_by_content_not_by_name(tmp_path: Path) -> None:
    (tmp_path / 'a.nii.gz').write_bytes(nifti())
    assert 'named .gz, but it is not gzip. Rename it to a.nii,' in said(tmp_path / 'a.nii.gz')
    (tmp_path / 'b.nii').write_bytes(gzip.compress(nifti()))
    assert 'Rename it to b.nii.gz,' in said(tmp_path / 'b.nii')


@pytest.mark.parametrize(
    ('fields', 'words'),
    [
        ({'dim': [9, 7, 8, 9, 1, 1, 1, 1]}, '9 dimensions, where 2 to 7 make an image'),
        ({'dim': [-3, 7, 8, 9, 1, 1, 1, 1]}, 'dimensions'),
        ({'dim': [3, 7, 0, 9, 1, 1, 1, 1]}, 'shape of 7 x 0 x 9'),
        ({'dim': [3, 7, -8, 9, 1, 1, 1, 1]}, 'shape of 7 x -8 x 9'),
        ({'dim': [3, 32767, 32767, 32767, 1, 1, 1, 1]}, 'too large'),
        ({'datatype': 128, 'bitpix': 24}, 'colours (RGB)'),
        ({'datatype': 32, 'bitpix': 64}, 'complex numbers'),
        ({'datatype': 4096}, 'a type of voxels that does not exist (code 4096)'),
        ({'vox_offset': np.nan}, 'begin at byte nan'),
        ({'vox_offset': 1e12}, 'begin at byte 1e+12'),
        ({'srow_x': np.nan}, 'NaN'),
        ({'srow_y': 0}, 'singular'),
        ({'magic': b'ni1'}, '.hdr/.img pair'),
    ],
)
def test_unusable_nifti_headers(tmp_path: Path, fields: dict[str, object], words: str) -> None:
    (tmp_path / 'a.nii').write_bytes(nifti(**fields))
    assert words in said(tmp_path / 'a.nii')


def test_sheared_affine_is_noted(tmp_path: Path) -> None:
    (tmp_path / 'a.nii').write_bytes(nifti(srow_y=[0, 3, 1.0, 0]))
    assert any('sheared by 14.0 degrees' in note for note in load_case(tmp_path / 'a.nii').notes)


def test_voxels_without_a_value_are_counted_and_filled(tmp_path: Path) -> None:
    array = PIXELS.astype(np.float32)
    array[0, 0, :3] = (np.nan, np.inf, -np.inf)
    nib.save(nib.Nifti1Image(array - 5, np.eye(4)), tmp_path / 'a.nii')
    case = load_case(tmp_path / 'a.nii')
    assert np.isfinite(case.image).all()
    assert case.notes == ('3 voxels without a number (0.60%) filled with the minimum, -2',)
    nib.save(nib.Nifti1Image(np.full((3, 4, 5), np.nan, np.float32), np.eye(4)), tmp_path / 'b.nii')
    assert 'every voxel is NaN' in said(tmp_path / 'b.nii')


def test_fourth_axis_is_asked_about(tmp_path: Path) -> None:
    nib.save(nib.Nifti1Image(np.zeros((3, 4, 5, 6), np.uint8), np.eye(4)), tmp_path / 'a.nii')
    assert 'channel_axis=3' in said(tmp_path / 'a.nii')
    assert 'channel_axis=0 does not fit' in said(tmp_path / 'a.nii', channel_axis=0)
    assert 'channel_axis=7 does not fit' in said(tmp_path / 'a.nii', channel_axis=7)
    np.save(tmp_path / 'b.npy', np.zeros((2, 3, 4, 5)))
    assert 'channel_axis' in said(tmp_path / 'b.npy')
    nib.save(nib.Nifti1Image(np.zeros((3, 4, 5, 6, 2), np.uint8), np.eye(4)), tmp_path / 'c.nii')
    assert 'has 5 axes' in said(tmp_path / 'c.nii')


@pytest.mark.parametrize('ending', ['nrrd', 'mha'])
@pytest.mark.parametrize('compressed', [True, False])
def test_truncated_itk_files(tmp_path: Path, ending: str, compressed: bool) -> None:
    path = tmp_path / f'a.{ending}'
    noise = np.random.default_rng(0).integers(0, 2**15, PIXELS.shape).astype(np.int16)
    sitk.WriteImage(sitk.GetImageFromArray(noise), str(path), compressed)
    path.write_bytes(path.read_bytes()[:-50])
    assert 'cut short' in said(path)


def test_unusable_nrrd_geometry(tmp_path: Path) -> None:
    sitk.WriteImage(sitk.GetImageFromArray(PIXELS), str(tmp_path / 'a.nrrd'), False)
    whole = (tmp_path / 'a.nrrd').read_bytes()
    axes = b'(1,0,0) (0,1,0) (0,0,1)'
    (tmp_path / 'b.nrrd').write_bytes(whole.replace(axes, b'(1,0,0) (0.5,1,0) (0,0,1)'))
    assert any('sheared by 26.6 degrees' in note for note in load_case(tmp_path / 'b.nrrd').notes)
    (tmp_path / 'c.nrrd').write_bytes(whole.replace(axes, b'(1,0,0) (1,0,0) (0,0,1)'))
    assert 'singular' in said(tmp_path / 'c.nrrd')
    (tmp_path / 'd.nrrd').write_bytes(whole.replace(b'sizes: 9 8 7', b'sizes: 99999 99999 99999'))
    assert 'too large' in said(tmp_path / 'd.nrrd')


def test_pickles_are_never_opened(tmp_path: Path) -> None:
    np.save(tmp_path / 'a.npy', np.array([{}]), allow_pickle=True)
    assert 'Python objects' in said(tmp_path / 'a.npy')
    np.savez(tmp_path / 'b.npz', image=np.array([{}]))
    assert 'Python objects' in said(tmp_path / 'b.npz')


@pytest.mark.parametrize(
    ('name', 'write'),
    [
        ('a.npy', lambda path: np.save(path, PIXELS)),
        ('a.npz', lambda path: np.savez(path, PIXELS)),
        ('a.png', lambda path: Image.fromarray(PIXELS[0].astype(np.uint8)).save(path)),
        ('a.tif', lambda path: tifffile.imwrite(path, PIXELS)),
    ],
)
def test_truncated_arrays_and_pictures(tmp_path: Path, name: str, write: Callable[[Path], object]) -> None:
    path = tmp_path / name
    write(path)
    path.write_bytes(path.read_bytes()[:-60])
    assert f'{name} cannot be read' in said(path)


def test_archive_with_several_arrays(tmp_path: Path) -> None:
    np.savez(tmp_path / 'a.npz', one=PIXELS, two=PIXELS)
    assert 'it holds 2 arrays (one, two). Name the one to open "image".' in said(tmp_path / 'a.npz')
    np.save(tmp_path / 'b.npy', np.array(['text']))
    assert 'it holds <U4' in said(tmp_path / 'b.npy')


@pytest.mark.parametrize(
    ('mask', 'words'),
    [
        (np.linspace(0, 1, PIXELS.size).reshape(PIXELS.shape), 'probabilities between 0 and 1. Give threshold=0.5'),
        (PIXELS / 7.0, 'fractions'),
        (PIXELS - 5, 'negative labels, down to -5'),
        (np.where(PIXELS == 3, np.nan, 0), 'it has 1 voxel without a number (NaN or infinite)'),
        (PIXELS.astype(np.int32) * 1000, 'labels up to 503000'),
    ],
)
def test_what_is_no_mask(tmp_path: Path, mask: np.ndarray, words: str) -> None:
    nib.save(nib.Nifti1Image(mask.astype(np.float32), np.diag([2.0, 3, 4, 1])), tmp_path / 'm.nii')
    (tmp_path / 'a.nii').write_bytes(nifti())
    line = said(tmp_path / 'a.nii', references=tmp_path / 'm.nii')
    assert line.startswith('m is not a mask: it ')
    assert words in line


def test_colour_picture_is_no_mask(tmp_path: Path) -> None:
    colours = np.random.default_rng(0).integers(0, 255, (6, 5, 3)).astype(np.uint8)
    Image.fromarray(colours).save(tmp_path / 'm.png')
    with pytest.raises(CaseError, match='m is not a mask: it is a colour picture'):
        load_case(np.zeros((6, 5)), references=tmp_path / 'm.png')
    grey = np.repeat(colours[..., :1] % 3, 3, axis=-1)
    Image.fromarray(grey).save(tmp_path / 'g.png')
    assert np.array_equal(load_case(np.zeros((6, 5)), references=tmp_path / 'g.png').references['g'], grey[..., 0])


def loaded(path: Path) -> Case | None:
    """Load a damaged file; None where it is refused in one line. Any other error fails the test."""
    try:
        return load_case(path)
    except SegrobustError as error:
        if '\n' in str(error):
            pytest.fail(f'more than one line: {error}')
        return None


@pytest.mark.parametrize('ending', ['nii', 'nii.gz'])
def test_flipped_bytes_give_a_clean_error_or_what_nibabel_reads(tmp_path: Path, ending: str) -> None:
    rng = np.random.default_rng(20)
    whole = nifti()
    path = tmp_path / f'a.{ending}'
    read = 0
    for _ in range(300):
        raw = bytearray(whole)
        for position in rng.integers(0, 360, rng.integers(1, 4)):
            raw[position] ^= 1 << rng.integers(8)
        path.write_bytes(gzip.compress(raw, 1) if ending == 'nii.gz' else raw)
        case = loaded(path)
        if case is None:
            continue
        read += 1
        theirs = np.asanyarray(nib.load(path).dataobj, dtype=np.float32).squeeze()
        ours = case.geometry.order.undo(case.image[0]).squeeze()
        assert np.array_equal(ours[np.isfinite(theirs)], theirs[np.isfinite(theirs)])
    assert read > 50


@pytest.mark.parametrize('ending', ['nrrd', 'mha', 'tif', 'png', 'npy', 'npz'])
def test_flipped_bytes_of_other_formats_give_a_clean_error(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f'a.{ending}'
    if ending in ('nrrd', 'mha'):
        sitk.WriteImage(sitk.GetImageFromArray(PIXELS), str(path))
    elif ending == 'png':
        Image.fromarray(PIXELS[0].astype(np.uint8)).save(path)
    elif ending == 'tif':
        tifffile.imwrite(path, PIXELS)
    else:
        (np.save if ending == 'npy' else np.savez)(path, PIXELS)
    rng = np.random.default_rng(21)
    whole = path.read_bytes()
    for _ in range(60):
        raw = bytearray(whole)
        for position in rng.integers(0, min(len(raw), 300), 2):
            raw[position] ^= 1 << rng.integers(8)
        path.write_bytes(raw)
        case = loaded(path)
        assert case is None or np.isfinite(case.image).all()
