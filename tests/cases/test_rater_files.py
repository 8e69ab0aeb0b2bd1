"""Files of raters and their names: predictable, never decided alone."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import napari_segrobust as sr
from napari_segrobust.cases import propose_sessions, save_image
from napari_segrobust.cases.rater_files import find_raters, rater_names
from napari_segrobust.errors import CaseError
from napari_segrobust.geometry import GridGeometry


@pytest.mark.parametrize(
    ('files', 'names'),
    [
        (['anna.nii.gz'], ['anna']),
        (['case07_anna.nii.gz'], ['case07_anna']),
        (['case07_anna.nii.gz', 'case07_ben.nii.gz'], ['anna', 'ben']),
        (['anna_seg.nrrd', 'ben_seg.nii', 'carla_seg.seg.nrrd'], ['anna', 'ben', 'carla']),
        (['ct-12.anna.liver.nii.gz', 'ct-12.ben.liver.nii.gz'], ['anna', 'ben']),
        # Only whole words go, and what is within a name stays as it is written.
        (['reader1.nii.gz', 'reader2.nii.gz'], ['reader1', 'reader2']),
        (['rater 1.nii.gz', 'rater 2.nii.gz'], ['rater 1', 'rater 2']),
        (['07_rater_1_seg.nii.gz', '07_rater_2_seg.nii.gz'], ['rater_1', 'rater_2']),
        (['1.nii.gz', '2.nii.gz'], ['1', '2']),
        (['x_anna lee_1.nii', 'x_ben-ito_1.nii'], ['anna lee', 'ben-ito']),
        # A name that would lose everything: all stay whole.
        (['liver.nii.gz', 'liver_anna.nii.gz'], ['liver', 'liver_anna']),
        (['anna/mask.nii.gz', 'ben/mask.nii.gz'], ['anna', 'ben']),
        (['one/07_anna/mask.nii.gz', 'one/07_ben/mask.nii.gz'], ['anna', 'ben']),
        (['a/x.nii.gz', 'b/x.nii.gz', 'b/x.nrrd'], ['a', 'b', 'b (2)']),
    ],
)
def test_names_are_what_tells_the_files_apart(files, names):
    assert rater_names([Path(file) for file in files]) == names


@pytest.mark.parametrize(
    ('names', 'sessions'),
    [
        (['anna', 'ben'], {}),
        (['anna', 'anna_2', 'ben'], {'anna_2': 'anna'}),
        (['anna second', 'anna first'], {'anna second': 'anna first'}),
        (
            ['anna', 'Anna-again', 'ben_reading2', 'ben_reading1'],
            {'Anna-again': 'anna', 'ben_reading2': 'ben_reading1'},
        ),
        (['anna_1', 'anna_2', 'ben_1', 'ben_2'], {'anna_2': 'anna_1', 'ben_2': 'ben_1'}),
        # Numbers count raters, too.
        (['rater 1', 'rater 2', 'anna', 'anna_2'], {'anna_2': 'anna'}),
        (['1', '2', '3'], {}),
        (['liver_1', 'liver_2', 'liver_3'], {}),
        (['simulated rater 1', 'simulated rater 2'], {}),
        (['reader1', 'reader2'], {}),
    ],
)
def test_further_readings_are_proposed(names, sessions):
    assert propose_sessions(names) == sessions


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """An image and two masks beside each other, and what is no image at all."""
    grid = GridGeometry((6, 5, 4), np.diag([-1.0, -1.0, 2.0, 1.0])).canonical()
    image = np.random.default_rng(0).normal(50, 9, grid.shape).astype(np.float32)
    save_image(tmp_path / 'ct.nii.gz', image, grid)
    for name, start in (('case_ben', 1), ('case_anna', 0)):
        mask = np.zeros(grid.shape, np.uint8)
        mask[1:3, start:4, 1:4] = 1
        save_image(tmp_path / f'{name}.nii.gz', mask, grid)
    (tmp_path / 'notes.txt').write_text('read on Monday')
    return tmp_path


def test_a_folder_holds_raters_and_its_image_is_none(folder):
    case = sr.load_case(folder / 'ct.nii.gz', raters=folder)
    assert case.raters == ('anna', 'ben')
    assert case.provenance['raters']['anna']['path'].endswith('case_anna.nii.gz')
    assert list(find_raters(folder)) == ['case_anna', 'case_ben', 'ct']
    assert sr.load_case(folder / 'ct.nii.gz', raters=str(folder / 'case_*.nii.gz')).raters == ('anna', 'ben')
    assert sr.load_case(folder / 'ct.nii.gz', raters=[folder / 'case_ben.nii.gz']).raters == ('case_ben',)
    with pytest.raises(CaseError, match='ct is not a mask'):
        sr.load_case(folder / 'case_anna.nii.gz', raters=folder / '*.nii.gz')


def test_a_folder_of_one_series_is_one_mask(shared_data):
    assert [path.name for path in find_raters(shared_data / 'ct_dicom').values()] == ['ct_dicom']


def test_nothing_is_said(folder):
    (folder / 'empty').mkdir()
    for source, words in (('*.mha', 'fits no file'), ('empty', 'empty holds no file of a known format')):
        with pytest.raises(CaseError, match=words):
            find_raters(folder / source)
    with pytest.raises(CaseError, match='there is no file'):
        find_raters([])
