"""Tables parse back to the numbers they came from, and tell nothing that is blinded."""

from __future__ import annotations

import csv
import io

import numpy as np
import pytest

from napari_segrobust.errors import SegrobustError
from napari_segrobust.report import Source, agreement_csv, dispute_csv, save_table
from napari_segrobust.report.tables import COLUMNS
from napari_segrobust.review import agree


def parsed(text):
    return list(csv.DictReader(io.StringIO(text)))


def test_the_agreement_parses_back(source, agreement):
    rows = parsed(agreement_csv(source))
    assert tuple(rows[0]) == COLUMNS
    found = {(r['quantity'], r['first'], r['second'], r['domain']): r for r in rows}
    assert len(found) == len(rows), 'each number has one row'
    names = agreement.votes.names
    for key, matrix in agreement.pairwise.matrices.items():
        for i, j in ((0, 1), (1, 3)):
            row = found[key, names[i], names[j], '']
            assert float(row['value']) == pytest.approx(matrix[i][j].value, rel=1e-5)
            assert row['unit'] == (matrix[i][j].unit or '')
    record = agreement.to_dict()
    for domain in ('region', 'full'):
        kappa = found['fleiss_kappa', '', '', domain]['value']
        assert float(kappa) == pytest.approx(record['fleiss_kappa'][domain], rel=1e-5)
    assert float(found['volume', 'anna', '', '']['value']) == pytest.approx(agreement.volumes['anna'], rel=1e-5)
    wide = found['consensus_volume', 'staple', '', 'margin of 10 voxels']['value']
    voxel = agreement.votes.voxel_volume
    assert float(wide) == pytest.approx(record['staple']['margins']['10'] * voxel, rel=1e-5)
    assert float(found['tie_volume', 'majority', '', '']['value']) > 0
    dice = found['dice', 'anna', 'model', '']['value']
    assert float(dice) == pytest.approx(agreement.model_row[0]['dice'].value, rel=1e-5)


def test_what_is_undefined_is_empty_and_says_why():
    empty = np.zeros((4, 6, 6), np.uint8)
    rows = parsed(agreement_csv(Source(agree({'a': empty, 'b': empty}))))
    (dice,) = [row for row in rows if row['quantity'] == 'dice']
    assert (dice['value'], bool(dice['note'])) == ('', True)
    (kappa, _) = [row for row in rows if row['quantity'] == 'fleiss_kappa']
    assert kappa['note'] == 'there is no region'
    assert dispute_csv(Source(agree({'a': empty, 'b': empty}))) == 'dispute,id,kind\n'


def test_the_disputes_parse_back(source, agreement):
    rows = parsed(dispute_csv(source))
    items = [*agreement.disputes.items, *([agreement.disputes.rim] if agreement.disputes.rim else [])]
    assert [int(row['voxels']) for row in rows] == [item.voxels for item in items]
    assert rows[0]['inside'].split('; ') == sorted(items[0].inside)
    assert {row['decision'] for row in rows} <= {'open', 'rule'}


def test_while_it_is_blinded_names_and_model_are_not_told(case, agreement, adjudication):
    blinded = Source.of_case(case, agreement, adjudication)
    for text in (dispute_csv(blinded), agreement_csv(blinded)):
        assert not any(name in text for name in (*agreement.votes.names, 'model'))
    row = parsed(dispute_csv(blinded))[0]
    assert (row['decision'], row['rater']) == ('rater', adjudication.blinding.letter('carla'))
    adjudication.close()
    row = parsed(dispute_csv(Source.of_case(case, agreement, adjudication)))[0]
    assert (row['rater'], row['reason'], row['confidence']) == ('carla', 'clear; "quite"', '4')
    assert 'model' in agreement_csv(Source.of_case(case, agreement, adjudication))


def test_it_is_written_whole_or_not_at_all(tmp_path):
    assert save_table(tmp_path / 'a.csv', 'a,b\n').read_bytes() == b'a,b\n'
    with pytest.raises(SegrobustError, match='cannot be saved'):
        save_table(tmp_path / 'none' / 'a.csv', '')
    assert [path.name for path in tmp_path.iterdir()] == ['a.csv']
