"""Four matrices in two tables: which number stands where, and that colour follows it."""

from __future__ import annotations

import re

import numpy as np

from napari_segrobust.report import Source
from napari_segrobust.report.matrix import matrices
from napari_segrobust.review import agree


def cells(html):
    return [
        [
            [re.sub('<[^>]*>', '', cell) for cell in re.findall('<t[dh].*?</t[dh]>', row)]
            for row in re.findall('<tr>.*?</tr>', table)
        ]
        for table in re.findall('<table.*?</table>', html)
    ]


def test_each_number_stands_in_its_place(source, agreement):
    first, second = cells(matrices(source))
    found = agreement.pairwise.matrices
    assert first[0] == ['', 'A', 'B', 'C', 'D', 'model']
    assert first[1][2] == f'{found["dice"][0][1].value:.2f}'
    assert first[2][1] == f'{found["nsd"][0][1].value:.2f}'
    assert float(first[1][1]) == round(agreement.volumes['anna'], 2)
    assert float(second[1][2]) == round(found['hd95'][0][1].value, 2 if found['hd95'][0][1].value < 10 else 1)
    below = float(second[2][1].replace('\u2212', '-'))
    assert abs(below - (agreement.volumes['anna'] - agreement.volumes['ben & co'])) < 0.01
    model = float(second[5][1].replace('\u2212', '-'))
    drawn = agreement.model.mask.sum() * agreement.votes.voxel_volume
    assert abs(model - (agreement.volumes['anna'] - drawn)) < 0.01
    assert first[1][5] == f'{agreement.model_row[0]["dice"].value:.2f}'


def test_the_better_is_the_bluer(source):
    strengths = {
        float(number): int(red, 16)
        for red, number in re.findall(r'#(..)..{3}" title="[\d.]+">([\d.]+)<', matrices(source).split('</table>')[0])
    }
    ordered = [strengths[number] for number in sorted(strengths)]
    assert len(ordered) > 4
    assert ordered == sorted(ordered, reverse=True)


def test_many_raters_are_colours_alone():
    rng = np.random.default_rng(0)
    masks = {f'r{i}': (rng.random((12, 12)) > 0.5).astype(np.uint8) for i in range(12)}
    first, _ = cells(matrices(Source(agree(masks, strict=False))))
    assert {cell for row in first[1:] for cell in row[1:]} == {''}
