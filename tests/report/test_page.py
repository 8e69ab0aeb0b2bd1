"""One page: whole HTML that needs nothing else, and tells no more than may be told."""

from __future__ import annotations

import base64
import re
from dataclasses import replace
from html.parser import HTMLParser
from xml.etree import ElementTree

import numpy as np
import pytest

import napari_segrobust as sr
from napari_segrobust.report import Source, report_html, save_report
from napari_segrobust.review import agree

VOID = {'meta', 'img'}


class Page(HTMLParser):
    """Words and pictures of a page; complains of what is not closed."""

    def __init__(self, text):
        super().__init__()
        self.stack, self.tags, self.words, self.pictures = [], [], [], []
        self.feed(text)
        self.close()
        assert self.stack == []

    def handle_starttag(self, tag, attributes):
        self.tags.append((tag, dict(attributes)))
        if tag not in VOID:
            self.stack.append(tag)
        if tag == 'img':
            kind, data = dict(attributes)['src'].split(';base64,')
            assert kind == 'data:image/svg+xml'
            self.pictures.append(ElementTree.fromstring(base64.b64decode(data)))

    def handle_endtag(self, tag):
        assert self.stack.pop() == tag

    def handle_data(self, data):
        if self.stack[-1:] != ['style']:
            self.words.append(data)

    @property
    def text(self):
        drawn = [node.text for picture in self.pictures for node in picture.iter() if node.text]
        return '\n'.join([*self.words, *drawn])


def test_it_is_whole_and_needs_nothing_else(source):
    page = Page(report_html(source))
    tags = {tag for tag, _ in page.tags}
    assert not tags & {'script', 'link', 'iframe', 'a'}
    for tag, attributes in page.tags:
        assert tag == 'img' or not {'src', 'href'} & set(attributes)
    for picture in page.pictures:
        for node in picture.iter():
            for key, value in node.attrib.items():
                assert not key.endswith('href') or value.startswith('data:image/png;base64,')
    # Four names with their marks, the slices, the disputes.
    assert len(page.pictures) == 6


def test_it_says_who_what_and_how_far(source, agreement):
    text = Page(report_html(source, date='2026-01-02')).text
    said = ('Agreement of 4 raters', 'ben & co', 'Tolerance 2 mm', "Fleiss' kappa", 'STAPLE, margin 10', '2026-01-02')
    for words in (*said, 'Not adjudicated', 'Research use. Not a medical device.', 'tie: neither in nor out'):
        assert words in text
    assert f'{agreement.pairwise.matrices["dice"][0][1].value:.2f}' in text
    assert source.agreement.ceiling.words('dice').split(';')[0] in text


def test_no_file_and_no_patient(case, agreement, tmp_path):
    named = replace(case, name='Doe^John', provenance={'file': str(tmp_path / 'Doe^John.nii.gz')})
    text = report_html(Source.of_case(named, agreement))
    assert 'Doe' not in text
    assert str(tmp_path) not in text
    words = '\n'.join(Page(text).words)
    assert not re.search(r'(^|[\s"(])(/|[A-Z]:\\)\w', words)


def test_while_an_adjudication_is_open_names_and_model_stay_hidden(case, agreement, adjudication):
    text = Page(report_html(Source.of_case(case, agreement, adjudication))).text
    for name in agreement.votes.names:
        assert name not in text
    assert 'left out until the adjudication is closed' in text
    assert 'One case gives no verdict' not in text
    assert 'Adjudicated by zoe, blinded (raters as letters), still open: 1 of' in text
    letter = adjudication.blinding.letter('carla')
    assert f'decided: as {letter}' in text
    adjudication.show_model()
    adjudication.close()
    text = Page(report_html(Source.of_case(case, agreement, adjudication))).text
    assert 'carla' in text
    assert 'One case gives no verdict' in text
    assert 'were looked at before the end' in text


def test_simulated_raters_are_named_as_simulated():
    case = sr.load_sample('lesion')
    raters = {name: case.references[name] for name in case.raters}
    page = report_html(Source.of_case(case, agree(raters, geometry=case.geometry)))
    assert 'All raters are simulated: no person drew these masks.' in page
    assert 'expert' not in page


@pytest.mark.parametrize('empty', [False, True])
def test_two_raters_of_one_plane(empty):
    one = np.zeros((30, 40), np.uint8)
    other = one.copy()
    if not empty:
        one[5:15, 5:15], other[5:15, 7:17] = 1, 1
    page = Page(report_html(Source(agree({'<b>a</b>': one, 'b': other}))))
    assert '<b>a</b>' in page.text
    assert ('both empty' in page.text) == empty


def test_a_repeat_gives_the_same_bytes(source, tmp_path):
    first, second = (save_report(tmp_path / f'{i}.html', source).read_bytes() for i in range(2))
    assert first == second
