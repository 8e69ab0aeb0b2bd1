"""More raters for the open case: from files, from segments, from layers; and names that change."""

from __future__ import annotations

import gzip

import numpy as np
import pytest

from napari_segrobust.cases import load_case, save_image
from napari_segrobust.cases.layers import LayerFacts
from napari_segrobust.cases.roles import Role
from napari_segrobust.errors import CaseError, SegmentsError
from napari_segrobust.geometry import GridGeometry
from napari_segrobust.ui.docks import open_docks
from napari_segrobust.ui.inputs.rater_masks import MoreRaters, renamed, with_layers
from napari_segrobust.ui.inputs.reader import get_reader, read_layers
from napari_segrobust.ui.inputs.sources import Files

SHAPE = (8, 12, 16)
#: As stored: (Left, Posterior, Superior), 1 x 2 x 3 mm.
GRID = GridGeometry(SHAPE[::-1], np.diag([-1.0, -2.0, 3.0, 1.0])).canonical()


def block(*bounds):
    mask = np.zeros(SHAPE, np.uint8)
    mask[tuple(slice(*pair) for pair in bounds)] = 1
    return mask


ANNA, BEN = block((1, 3), (2, 4), (3, 6)), block((1, 4), (2, 5), (2, 6))


@pytest.fixture
def files(tmp_path):
    """An image, a folder of two raters, and both as segments that overlap."""
    image = np.random.default_rng(0).normal(50, 9, SHAPE).astype(np.float32)
    save_image(tmp_path / 'ct.nii.gz', image, GRID)
    (tmp_path / 'readers').mkdir()
    for name, mask in (('07_anna', ANNA), ('07_ben', BEN)):
        save_image(tmp_path / 'readers' / f'{name}.nii.gz', mask, GRID)
    header = 'NRRD0004\ntype: uchar\ndimension: 4\nspace: left-posterior-superior\nsizes: 2 16 12 8\n'
    header += 'space directions: none (1,0,0) (0,2,0) (0,0,3)\nkinds: list domain domain domain\nencoding: gzip\n'
    header += 'space origin: (0,0,0)\n'
    for index, name in enumerate(('anna', 'ben')):
        header += f'Segment{index}_Name:={name}\nSegment{index}_LabelValue:=1\nSegment{index}_Layer:={index}\n'
    layers = gzip.compress(np.stack([ANNA, BEN], axis=-1).tobytes())
    (tmp_path / 'both.seg.nrrd').write_bytes(f'{header}\n'.encode() + layers)
    return tmp_path


def test_a_folder_of_raters_joins_a_case(files):
    case = load_case(files / 'ct.nii.gz', references=files / 'readers/07_anna.nii.gz')
    source, other = MoreRaters(case, (files / 'readers',)).load()
    assert other.raters == ('anna', 'ben')
    assert list(other.references) == ['07_anna', 'anna', 'ben']
    assert other.key == case.key
    np.testing.assert_array_equal(other.references['ben'], BEN)
    assert source.roles == {'': 'image', '07_anna': 'reference', 'anna': 'rater', 'ben': 'rater'}
    _, again = MoreRaters(other, (files / 'readers',)).load()
    assert again.raters == ('anna', 'ben', 'anna (2)', 'ben (2)')


def test_masks_alone_are_a_case_and_say_so(files):
    _, case = MoreRaters(None, (files / 'readers',)).load()
    assert case.raters == ('anna', 'ben')
    assert case.notes[0] == 'no image was given: the first mask stands for it'
    save_image(files / 'all.nii.gz', np.stack([ANNA, BEN]), GRID)
    volumes = MoreRaters(None, (files / 'all.nii.gz',))
    with pytest.raises(SegmentsError, match='all has 4 axes'):
        volumes.load()
    assert volumes.divided('raters').load()[1].raters == ('all 1', 'all 2')


def test_segments_are_raters_when_it_is_said(files):
    case = load_case(files / 'ct.nii.gz')
    more = MoreRaters(case, (files / 'both.seg.nrrd',))
    with pytest.raises(SegmentsError, match='both holds 2 segments'):
        more.load()
    assert more.divided('raters').load()[1].raters == ('anna', 'ben')
    opened = Files((files / 'ct.nii.gz', files / 'both.seg.nrrd'))
    with pytest.raises(SegmentsError, match='both holds 2 segments'):
        opened.load()
    source, divided = opened.divided('raters').load()
    assert divided.raters == ('anna', 'ben')
    assert source.roles == {'ct': 'image', 'both': 'rater'}


def test_the_refusal_offers_to_make_raters_of_segments(qtbot, make_napari_viewer, files):
    explorer, panel, _ = open_docks(make_napari_viewer())
    explorer.opener.open_files([files / 'ct.nii.gz', files / 'both.seg.nrrd'])
    qtbot.waitUntil(lambda: explorer.opener.refusal is not None, timeout=30_000)
    assert not panel.case.divide.isHidden()
    assert panel.case.resample.isHidden()
    panel.case.divide.click()
    qtbot.waitUntil(lambda: explorer.session.case is not None, timeout=30_000)
    assert explorer.session.case.raters == ('anna', 'ben')
    assert panel.case.divide.isHidden()
    assert explorer.shutdown()


def test_what_is_dropped_becomes_layers_of_labels(files):
    assert get_reader(str(files / 'readers')) is read_layers
    dropped = read_layers(str(files / 'readers')) + read_layers(str(files / 'both.seg.nrrd'))
    assert [(told['name'], kind) for _, told, kind in dropped] == [
        ('07_anna', 'labels'), ('07_ben', 'labels'), ('anna', 'labels'), ('ben', 'labels'),
    ]  # fmt: skip
    np.testing.assert_array_equal(dropped[1][0], dropped[3][0])
    (files / 'nothing').mkdir()
    (files / 'nothing' / 'notes.txt').write_text('read on Monday')
    assert get_reader(str(files / 'nothing')) is None


def test_layers_join_a_case_named_by_what_tells_them_apart(files):
    case = load_case(files / 'ct.nii.gz')
    scale = np.diag([3.0, 2.0, 1.0, 1.0])
    image = LayerFacts('[sr] image', case.image[0], Role.IMAGE, scale, ('mm',) * 3)
    masks = [LayerFacts(f'07_{n}', m, Role.RATER, scale, ('mm',) * 3) for n, m in (('anna', ANNA), ('ben', BEN))]
    other = with_layers(case, image, masks)
    assert other.raters == ('anna', 'ben')
    assert other.provenance['raters']['ben'] == {'format': 'layer', 'layer': '07_ben'}
    with pytest.raises(CaseError, match='not on one grid'):
        with_layers(case, image, [LayerFacts('x', ANNA[1:], Role.RATER, scale, ('mm',) * 3)])


def test_a_name_changes_with_all_that_is_known(files):
    case = load_case(files / 'ct.nii.gz', raters=files / 'readers')
    other = renamed(case, {'ben': 'benjamin'})
    assert other.raters == ('anna', 'benjamin')
    assert other.references['benjamin'] is case.references['ben']
    assert other.provenance['raters']['benjamin'] == case.provenance['raters']['ben']
    for new, words in (('', 'ben needs one'), ('anna', 'anna is there already')):
        with pytest.raises(CaseError, match=words):
            renamed(case, {'ben': new})
    assert renamed(case, {'anna': 'ben', 'ben': 'anna'}).raters == ('ben', 'anna')
    with pytest.raises(CaseError, match='x is there already'):
        renamed(case, {'anna': 'x', 'ben': 'x'})


def test_grey_values_stay_when_raters_come(qtbot, make_napari_viewer, files):
    explorer, _, _ = open_docks(make_napari_viewer())
    explorer.opener.open_files([files / 'ct.nii.gz'])
    qtbot.waitUntil(lambda: explorer.session.case is not None, timeout=30_000)
    explorer.painter.set_contrast((40.0, 60.0))
    explorer.opener.add_raters([files / 'readers'])
    qtbot.waitUntil(lambda: explorer.session.case.raters == ('anna', 'ben'), timeout=30_000)
    assert explorer.viewer.layers['[sr] image'].contrast_limits == [40.0, 60.0]
    assert explorer.shutdown()
