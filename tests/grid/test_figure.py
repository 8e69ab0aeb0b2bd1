"""What a figure says and shows, read back from its files."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from napari_segrobust.errors import SegrobustError
from napari_segrobust.grid.cells import number_words, vote_colour
from napari_segrobust.grid.figure import NOTHING, RESEARCH, FigureStyle, compose, save_figure
from napari_segrobust.grid.sheet import (
    BLUE,
    ORANGE,
    PURPLE,
    REFERENCE,
    Area,
    Picture,
    drawable,
    elided,
    outlines,
    wrapped,
)
from napari_segrobust.ui.canvas import colors

SVG = '{http://www.w3.org/2000/svg}'


def words_of(path):
    return [element.text for element in ET.parse(path).iter(f'{SVG}text')]


def test_words_are_burnt_in_and_stay_words(ball_sweep, tmp_path):
    path = save_figure(tmp_path / 'grid.svg', ball_sweep.at(), FigureStyle(agreement=True), ball_sweep)
    said = words_of(path)
    assert ball_sweep.at().simulated in said
    assert said.count('SIMULATED') == 2, 'over the perturbed image of each row'
    assert {'threshold', 'eager', 'Clean image', 'Reference', 'Perturbed image', 'Prediction', 'Agreement'} <= set(said)
    assert 'extra (false positive)' in said
    assert any(RESEARCH in words for words in said)
    assert any(words.endswith('worse') for words in said)
    assert '2 mm' in said, 'a scale bar'
    images = list(ET.parse(path).iter(f'{SVG}image'))
    assert len(images) == 2 * 5, 'a row for each model'
    assert save_figure(
        tmp_path / 'again.svg', ball_sweep.at(), FigureStyle(agreement=True), ball_sweep
    ).read_bytes() == (path.read_bytes())


def test_a_clean_grid_says_so(ball_sweep):
    assert NOTHING in compose(ball_sweep.at(0)).texts()
    assert 'SIMULATED' not in ' '.join(compose(ball_sweep.at(0)).texts())


def test_png_says_in_its_header_what_was_simulated(ball_sweep, tmp_path):
    ball_sweep.save_figure(tmp_path / 'grid.png', dpi=100)
    with Image.open(tmp_path / 'grid.png') as image:
        assert image.text['Description'] == f'{ball_sweep.at().simulated}. {RESEARCH}'
        assert image.width == 2 * round(510 * 100 / 144)
        pixels = np.asarray(image.convert('RGB'))
    for colour in (ORANGE, BLUE, REFERENCE):
        wanted = np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)])
        assert (np.abs(pixels.astype(int) - wanted).max(axis=2) < 40).any(), colour
    assert list(tmp_path.iterdir()) == [tmp_path / 'grid.png'], 'nothing half written is left'


def test_errors_lie_where_they_are(ball_sweep):
    grid, parts = ball_sweep.at(), compose(ball_sweep.at()).parts
    missed = [
        part.mask for part in parts if isinstance(part, Area) and part.colour == BLUE and part.mask.shape != (3, 4)
    ]
    assert len(missed) == 2
    top, bottom, left, right = grid.content()
    np.testing.assert_array_equal(missed[0], grid.rows[0].error[top:bottom, left:right] == 3)


def test_a_view_cuts_every_cell_alike(ball_sweep):
    parts = compose(ball_sweep.at(), FigureStyle(view=(4, 16, 6, 100))).parts
    shapes = {part.pixels.shape for part in parts if isinstance(part, Picture)}
    assert shapes == {(12, 18, 3)}


def test_pages_of_a_sweep_have_one_size(ball_sweep):
    sizes = {
        (sheet.width, round(sheet.height, 3)) for sheet in (compose(g, None, ball_sweep) for g in ball_sweep.grids)
    }
    assert len(sizes) == 1


def test_stability_is_not_called_accuracy(ball_sweep):
    rows = tuple(replace(row, error=None, reference=None, clean={}) for row in ball_sweep.at().rows)
    said = compose(
        replace(ball_sweep.at(), rows=rows, clean_reference=None), FigureStyle(metric='stability_dice')
    ).texts()
    assert 'Reference' not in said
    assert 'stability, not accuracy' in ' '.join(said)


@pytest.mark.parametrize(('name', 'why'), [('grid.jpg', 'the ending .jpg'), ('nowhere/grid.png', 'there is no folder')])
def test_a_figure_that_cannot_be_written(ball_sweep, tmp_path, name, why):
    with pytest.raises(SegrobustError, match=why):
        ball_sweep.save_figure(tmp_path / name)


def test_colours_are_those_of_the_canvas():
    assert (ORANGE, BLUE, PURPLE, REFERENCE) == (colors.ORANGE, colors.BLUE, colors.PURPLE, colors.REFERENCE_COLOR)


def test_outlines_run_between_voxels():
    mask = np.zeros((5, 6), bool)
    mask[2, 3] = True
    (line,) = outlines(mask)
    np.testing.assert_allclose(line.mean(axis=0), (3.5, 2.5), atol=0.1)
    assert np.abs(line - (3.5, 2.5)).sum(axis=1) == pytest.approx(0.5)
    assert outlines(np.zeros((3, 3), bool)) == []


def test_words_fit():
    assert elided('a-very-long-name-of-a-model', 7, 60).count('...') == 1
    assert elided('short', 7, 60) == 'short'
    assert ' '.join(wrapped('some words in a row', 7, 40)) == 'some words in a row'
    assert drawable('caf\u00e9 5 mm\u00b2 \u2212 \u4e2d') == 'cafe 5 mm2 - ?'
    assert [number_words(v, u) for v, u in ((0.5, None), (None, None), (12.345, 'mm'), (123.4, 'mm'))] == [
        '0.500', 'undefined', '12.35 mm', '123.4 mm',
    ]  # fmt: skip
    assert len({vote_colour(votes, 6) for votes in range(1, 7)}) == 6
