"""The record of a run on disk: what it says, what it refuses, and that a failed write leaves nothing."""

from __future__ import annotations

import json
import os
from pathlib import Path

import numpy as np
import pytest

from napari_segrobust import pipeline
from napari_segrobust.cases import load_case, save_image
from napari_segrobust.errors import CaseError
from napari_segrobust.geometry import GridGeometry
from napari_segrobust.perturb import Perturbation
from napari_segrobust.run_file import CaseRecord, content_hash, read_run, relative_to, source_of, write_json, write_run
from napari_segrobust.scenario import Scenario


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """``scan/image.nii.gz`` and ``scan/mask.nii.gz``, in a folder with a space and an accent in its name."""
    folder = tmp_path / 'naïve réader'
    (folder / 'scan').mkdir(parents=True)
    grid = GridGeometry((6, 5, 4), np.diag([-1.0, -1.0, 2.0, 1.0])).canonical()
    mask = np.zeros(grid.shape, np.uint8)
    mask[1:3, 1:4, 1:4] = 1
    save_image(folder / 'scan/image.nii.gz', 50 * mask.astype(np.float32), grid)
    save_image(folder / 'scan/mask.nii.gz', mask, grid)
    return folder


@pytest.fixture
def record(folder: Path) -> CaseRecord:
    mask = source_of(folder / 'scan/mask.nii.gz', folder)
    image = source_of(folder / 'scan/image.nii.gz', folder)
    return CaseRecord(image=image, references={'mask': mask}, predictions={'same': mask})


def test_sources_are_relative_and_loadable(folder, record):
    assert record.image.path == 'scan/image.nii.gz'
    case = record.load(folder)
    assert list(case.references) == ['mask']
    np.testing.assert_array_equal(case.image, load_case(folder / 'scan/image.nii.gz').image)


def test_moved_sources_are_the_same_files(folder, record):
    (folder / 'deep/er').mkdir(parents=True)
    moved = record.moved(folder, folder / 'deep/er')
    assert moved.image.path == '../../scan/image.nii.gz'
    assert moved.image.sha256 == record.image.sha256
    assert moved.load(folder / 'deep/er').key == record.load(folder).key


@pytest.mark.parametrize(('name', 'written'), [('under_segmentation', True), ('gaussian_noise', False)])
def test_a_reference_that_was_redrawn_is_written_as_it_was_compared(folder, record, name, written):
    scenario = Scenario(perturbations=(Perturbation(name=name, severity=1.0, parameters={}),))
    result = pipeline.run(record.load(folder), None, scenario, given='same')
    files = write_run(result, record, folder / 'out')
    assert ('reference.nii.gz' in files) == written
    if written:
        found = load_case(files['reference.nii.gz']).image[0]
        np.testing.assert_array_equal(found, result.reference)
        assert 'under-segmentation' in json.loads(files['metrics.json'].read_text())['simulated']


def test_hash_of_a_folder_follows_names_and_contents(tmp_path):
    (tmp_path / 'series').mkdir()
    first = tmp_path / 'series/1'
    first.write_bytes(b'one')
    before = content_hash(tmp_path / 'series')
    assert content_hash(tmp_path / 'series') == before
    first.rename(tmp_path / 'series/2')
    renamed = content_hash(tmp_path / 'series')
    (tmp_path / 'series/2').write_bytes(b'two')
    assert len({before, renamed, content_hash(tmp_path / 'series')}) == 3


def test_changed_and_missing_files_are_refused(folder, record):
    (folder / 'scan/mask.nii.gz').write_bytes(b'other')
    with pytest.raises(CaseError, match=r'mask.nii.gz has changed'):
        record.load(folder)
    (folder / 'scan/mask.nii.gz').unlink()
    with pytest.raises(CaseError, match=r'mask.nii.gz not found: the run was made with it'):
        record.load(folder)
    with pytest.raises(CaseError, match='not found'):
        source_of(folder / 'nothing', folder)
    with pytest.raises(CaseError, match='names no image'):
        CaseRecord().load(folder)


def test_a_run_is_read_as_it_was_written(folder, record):
    result = pipeline.run(record.load(folder), None, given='same')
    written = write_run(result, record, folder)
    read = read_run(written['run.json'])
    assert read.case == record
    assert read.scenario == result.scenario
    assert (read.model.name, read.model.given, read.device) == ('same', True, 'cpu')
    assert read.result_sha256 == result.key
    assert json.loads(written['metrics.json'].read_text())['labels']['1']['dice']['value'] == 1


def test_paths_have_forward_slashes(tmp_path):
    assert relative_to(tmp_path / 'a/b', tmp_path / 'c') == '../a/b'


def test_json_has_no_nan_and_is_written_whole_or_not_at_all(tmp_path):
    path = tmp_path / 'numbers.json'
    write_json(path, {'value': 1})
    with pytest.raises(ValueError, match='Out of range'):
        write_json(path, {'value': float('nan')})
    assert json.loads(path.read_text()) == {'value': 1}
    assert os.listdir(tmp_path) == ['numbers.json']


def test_a_place_that_cannot_be_written_is_named(tmp_path):
    with pytest.raises(CaseError, match=r'numbers.json cannot be written: No such file or directory'):
        write_json(tmp_path / 'nowhere/numbers.json', {})
