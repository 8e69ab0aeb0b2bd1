"""Names and colours of labels from other programs' tables."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from napari_segrobust.cases import Label
from napari_segrobust.cases.label_tables import propose_label_map, read_label_table
from napari_segrobust.errors import CaseError

if TYPE_CHECKING:
    from pathlib import Path

SNAP = """################################################
# ITK-SnAP Label Description File
################################################
    0     0    0    0        0  0  0    "Clear Label"
    1   255    0    0        1  1  1    "Left kidney"
    5     0  255    0      0.5  1  1    "liver"
"""
CTBL = '# Color table file\n0 Background 0 0 0 0\n1 Left_kidney 255 0 0 255\n5 liver 0 255 0 255\n'
SLICER_CSV = 'LabelValue,Name,Color_R,Color_G,Color_B,Color_A\n1,Left kidney,255,0,0,255\n5,liver,0,255,0,255\n'
TSV = 'index\tname\tr\tg\tb\n1\tLeft kidney\t255\t0\t0\n5\tliver\t0\t255\t0\n'
SEMICOLON = '\ufeffLabel;Red;Green;Blue;Structure\n1;255;0;0;Left kidney\n5;0;255;0;liver\n'


@pytest.mark.parametrize('text', [SNAP, CTBL, SLICER_CSV, TSV, SEMICOLON], ids=['snap', 'ctbl', 'csv', 'tsv', ';'])
def test_tables_of_other_programs(tmp_path: Path, text: str) -> None:
    (tmp_path / 'table').write_text(text, 'utf-8')
    assert read_label_table(tmp_path / 'table') == {
        1: Label('Left kidney', (255, 0, 0)),
        5: Label('liver', (0, 255, 0)),
    }


def test_colours_may_be_missing_or_wrong(tmp_path: Path) -> None:
    (tmp_path / 'table').write_text('id,name,r,g,b\n1,a,1,2,300\n2,b,,,\n3,,1,2,3\nx,c,1,2,3\n')
    assert read_label_table(tmp_path / 'table') == {1: Label('a'), 2: Label('b')}


@pytest.mark.parametrize('content', [b'', b'hello\nworld\n', b'\xff\xfe\x00\x01', b'a,b\n1,2\n'])
def test_what_is_no_table(tmp_path: Path, content: bytes) -> None:
    (tmp_path / 'table').write_bytes(content)
    with pytest.raises(CaseError, match='table is not a label table'):
        read_label_table(tmp_path / 'table')
    with pytest.raises(CaseError, match='none is not a label table'):
        read_label_table(tmp_path / 'none')


def test_label_map_goes_by_names_never_by_numbers() -> None:
    labels = {1: Label('spleen'), 2: Label('Left Kidney'), 5: Label('liver'), 6: Label('twin'), 7: Label('Twin')}
    assert propose_label_map(['liver', 'left_kidney', 'aorta', 'twin'], labels) == {1: 5, 2: 2}
    assert propose_label_map(['a', 'b'], labels) == {}
    assert propose_label_map(['spleen', 'spleen'], labels) == {}
    assert propose_label_map(['spleen'], {4: 'Spleen'}) == {1: 4}
