"""Tables of cases: what rows say, what is refused, and the same numbers as without a table."""

from __future__ import annotations

import numpy as np
import pytest

from napari_segrobust.cases import load_case, save_image
from napari_segrobust.errors import ReviewError
from napari_segrobust.review import agree
from napari_segrobust.review.table import read_table

BALL = np.zeros((4, 16, 16), np.uint8)
BALL[1:3, 4:10, 4:10] = 1
MASKS = {'anna': BALL, 'ben': np.roll(BALL, 1, 1), 'ben 2': np.roll(BALL, 1, 2), 'model': np.roll(BALL, 2, 2)}


@pytest.fixture
def folder(tmp_path):
    geometry = load_case(BALL, spacing=(2, 1, 1)).geometry
    looked = np.ones_like(BALL)
    looked[1] = 0
    for name, mask in {**MASKS, 'double': MASKS['ben'] * 2, 'looked': looked}.items():
        save_image(tmp_path / f'{name}.nii.gz', mask, geometry)
    save_image(tmp_path / 'image.nii.gz', BALL.astype(np.float32) * 7, geometry)
    return tmp_path


def write(folder, *rows, header='case,rater,path,valid,image,volume_ml,session,label'):
    path = folder / 'table.csv'
    path.write_text('\n'.join([header, *rows, '']), encoding='utf-8-sig')
    return path


def test_every_column_reaches_the_numbers(folder):
    table = write(
        folder,
        'one,anna,anna.nii.gz,,image.nii.gz,,,',
        'one,ben,double.nii.gz,looked.nii.gz,,,,2',
        'one,ben 2,ben 2.nii.gz,,,,ben,',
        'one,dora,,,,1.25,,',
        'one,model,model.nii.gz,,,,,',
        'two,anna,anna.nii.gz,,,,,',
        'two,ben,ben.nii.gz,,,,,',
    )
    one, two = read_table(table)
    assert (one.name, two.name, two.model, two.image) == ('one', 'two', None, None)
    case = one.load()
    assert case.image.max() == 7
    assert case.raters == ('anna', 'ben', 'ben 2')
    found = one.agree(case, tolerance_mm=1.5)
    looked = np.ones(BALL.shape, bool)
    looked[1] = False
    expected = agree(
        {name: MASKS[name] for name in case.raters},
        spacing=(2, 1, 1),
        valid={'ben': looked},
        sessions={'ben 2': 'ben'},
        volumes_ml={'dora': 1.25},
        model=MASKS['model'],
        tolerance_mm=1.5,
    )
    same = ('pairwise', 'intra_rater', 'volumes', 'fleiss_kappa', 'krippendorff_alpha', 'model', 'difficulty')
    one_record, other = found.to_dict(), expected.to_dict()
    assert {key: one_record[key] for key in same} == {key: other[key] for key in same}
    assert [list(one.looked_at(case))] == [['ben']]
    np.testing.assert_array_equal(one.looked_at(case)['ben'], looked)


def test_a_row_without_a_label_means_what_is_asked_for(folder):
    (one,) = read_table(write(folder, 'one,anna,anna.nii.gz', 'one,ben,double.nii.gz', header='case,rater,path'))
    case = one.load()
    assert one.agree(case, label={'anna': 1, 'ben': 2}).votes.sizes[1] == np.count_nonzero(BALL)
    assert one.agree(case, label=1, allow=['ben']).votes.sizes[1] == 0


@pytest.mark.parametrize(
    ('header', 'rows', 'words'),
    [
        ('case,path', ['one,anna.nii.gz'], 'no column rater'),
        ('case,rater,path', [], 'has no row'),
        ('case,rater,path', ['one,anna,anna.nii.gz', 'one,anna,ben.nii.gz'], 'Two raters of one name'),
        ('case,rater,path', ['one,model,model.nii.gz'], 'one has no mask'),
        ('case,rater,path,volume_ml', ['one,anna,anna.nii.gz,', 'one,dora,,much'], 'Volume of dora unusable'),
    ],
)
def test_what_is_wrong_is_one_line(folder, header, rows, words):
    with pytest.raises(ReviewError, match=words):
        read_table(write(folder, *rows, header=header))


def test_a_file_that_is_no_table_is_refused(folder):
    with pytest.raises(ReviewError, match=r'none\.csv cannot be used: No such file'):
        read_table(folder / 'none.csv')
    (folder / 'broken.csv').write_bytes(b'case,rater\n\xff\xfe,x\n')
    with pytest.raises(ReviewError, match=r'broken\.csv cannot be used'):
        read_table(folder / 'broken.csv')
