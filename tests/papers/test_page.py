"""Pages of one content as HTML and Markdown, tables as CSV, figures as PNG and SVG."""

from __future__ import annotations

import csv
from html.parser import HTMLParser

import pytest
from PIL import Image

from napari_segrobust.grid.raster import draw
from napari_segrobust.grid.sheet import Box, Line, Sheet
from napari_segrobust.grid.vector import as_svg
from napari_segrobust.papers.page import Page, save_sheet, write_csv
from napari_segrobust.papers.plot import BLUE, Panel, Series, Span, figure
from napari_segrobust.papers.protocol import Step, tell

SQUARE = ((2.0, 2.0), (8.0, 2.0), (8.0, 8.0), (2.0, 8.0))


class Words(HTMLParser):
    def __init__(self):
        super().__init__()
        self.found, self.open = [], []

    def handle_starttag(self, tag, attrs):
        if tag not in ('meta', 'img'):
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if data.strip() and 'style' not in self.open:
            self.found.append(data.strip())


def panel(**options):
    series = Series('ours', (0.0, 0.5, 1.0), (0.9, 0.6, 0.2), BLUE, lower=(0.8, 0.5, 0.1), upper=(1.0, 0.7, 0.3))
    thin = Series('theirs, other data', (0.0, 1.0), (1.0, 0.0), BLUE, 'square', thin=True)
    return Panel('title', 'x', 'Dice', (0.0, 1.0), (0.0, 1.0), (series, thin), **options)


def test_html_is_closed_and_escaped_and_says_what_markdown_says():
    page = Page('A < B & C')
    page.heading('Head')
    page.paragraph('one * two <b> _three_')
    page.bullets(['first', 'second'], 'none')
    page.bullets([], 'none of them')
    page.table(('a', 'b'), [('1 | 2', '3')])
    reader = Words()
    reader.feed(page.html())
    assert not reader.open
    words = ' '.join(reader.found)
    for said in ('A < B & C', 'Head', 'one * two <b> _three_', 'first', 'second', 'none of them', '1 | 2'):
        assert said in words
    marked = page.markdown()
    assert r'one \* two &lt;b> \_three\_' in marked
    assert r'| 1 \| 2 | 3 |' in marked
    assert '- first\n- second' in marked


def test_a_page_and_its_figure_lie_side_by_side(tmp_path):
    sheet = figure('Title', 'Words', [[panel()]], 'foot')
    page = Page('t')
    page.figure('course', sheet)
    page.save(tmp_path)
    save_sheet(tmp_path, 'course', sheet)
    assert {path.name for path in tmp_path.iterdir()} == {'page.html', 'page.md', 'course.png', 'course.svg'}
    assert '(course.png)' in (tmp_path / 'page.md').read_text()
    assert 'src="course.svg"' in (tmp_path / 'page.html').read_text()
    with Image.open(tmp_path / 'course.png') as picture:
        assert picture.width == pytest.approx(510 * 160 / 72, abs=2)


def test_a_figure_has_words_for_everything():
    sheet = figure('Title', 'Words', [[panel(spans=(Span(0.2, 0.4, 'trained'),)), panel()]], 'foot')
    texts = sheet.texts()
    for said in ('Title', 'Words', 'ours', 'theirs, other data', 'title', 'Dice', 'x', 'trained', 'foot', '0.4', '1'):
        assert said in texts
    assert texts.count('ours') == 1, 'one legend for all panels'


def test_the_legend_begins_with_our_own():
    texts = figure('Title', 'Words', [[panel()]], 'foot').texts()
    assert texts.index('ours') < texts.index('theirs, other data')


def test_what_lies_outside_is_drawn_at_the_edge():
    far = Series('far', (-5.0, 0.5, 9.0), (-3.0, 0.5, 7.0), BLUE)
    inside = Panel('p', 'x', 'y', (0.0, 1.0), (0.0, 1.0), (far,))
    sheet = figure('T', 'W', [[inside]], 'f')
    for part in sheet.parts:
        for x, y in getattr(part, 'points', ()):
            assert 0 <= x <= sheet.width
            assert 0 <= y <= sheet.height


def test_logarithmic_axes_have_powers_of_ten():
    series = Series('s', (0.01, 0.1), (1.0, 10.0), BLUE)
    both = Panel('p', 'x', 'y', (1e-3, 1.0), (1e-2, 1e2), (series,), log_x=True, log_y=True)
    texts = figure('T', 'W', [[both]], 'f').texts()
    assert {'0.001', '0.01', '0.1', '1', '10', '100'} <= set(texts)
    assert '0.0001' not in texts


def test_a_band_lets_through_what_is_below():
    sheet = figure('T', 'W', [[panel()]], 'f')
    bands = [part for part in sheet.parts if getattr(part, 'fill', False) is True and part.opacity < 1]
    assert len(bands) == 1
    assert 'fill-opacity="0.22"' in as_svg(sheet)
    black, pale = (
        draw(Sheet(10, 10, [Box(0, 0, 10, 10, '#FF0000'), Line(SQUARE, '#0000FF', fill=True, opacity=opacity)]), 1.0)
        for opacity in (1.0, 0.25)
    )
    assert black.getpixel((5, 5)) == (0, 0, 255)
    assert pale.getpixel((5, 5)) == pytest.approx((191, 0, 64), abs=2)
    assert pale.getpixel((0, 0)) == (255, 0, 0)


def test_rows_are_written_with_six_digits(tmp_path):
    write_csv(tmp_path / 'a.csv', [{'name': 'U-Net, a', 'value': 1 / 3}, {'name': 'b', 'value': 2}])
    with (tmp_path / 'a.csv').open(newline='') as file:
        assert list(csv.DictReader(file)) == [{'name': 'U-Net, a', 'value': '0.333333'}, {'name': 'b', 'value': '2'}]
    write_csv(tmp_path / 'none.csv', [])
    assert (tmp_path / 'none.csv').read_text() == ''


def test_a_protocol_is_split_by_what_is_equal():
    page = Page('t')
    tell(page, [Step('loss', 'Dice', 'Dice'), Step('cube', '96', '48')])
    alike, different = page.markdown().split('## What was done differently')
    assert '| loss | Dice |' in alike
    assert '| cube | 96 | 48 |' in different
