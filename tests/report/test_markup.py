"""Words stay words, whatever they hold."""

from __future__ import annotations

from napari_segrobust.report.markup import cell, element, table


def test_words_are_no_markup():
    assert element('p', '<b> & "') == '<p>&lt;b&gt; &amp; &quot;</p>'
    assert cell('1', title='a"b') == '<td title="a&quot;b">1</td>'


def test_a_table_has_a_name_and_numbers_in_each_row():
    made = table('about', ['who', 'n'], [['a<', '1'], ['b', '2']], 'wide')
    assert made.startswith('<table class="wide"><caption>about</caption>')
    assert '<td class="name">a&lt;</td><td>1</td>' in made
