"""Sheets of a report: every rater outlined, ties hatched, disputes with their decisions."""

from __future__ import annotations

import numpy as np

from napari_segrobust.grid.sheet import Area
from napari_segrobust.report import Source
from napari_segrobust.report.pictures import WIDTH, disputes_sheet, slices_sheet
from napari_segrobust.review import ConsensusCode, agree
from napari_segrobust.review.marks import color_of, dashes_of


def test_every_rater_has_colour_and_dashes(source):
    sheet = slices_sheet(source)
    looks = {(part.colour, part.dashes) for part in sheet.parts if isinstance(part, Area)}
    assert {(color_of(i), dashes_of(i)) for i in range(4)} <= looks
    assert sheet.width == WIDTH
    assert 'Majority, slice' in ' '.join(sheet.texts())


def test_ties_are_hatched(source, agreement):
    ties = agreement.consensus_map() == ConsensusCode.TIE
    hatched = [part for part in slices_sheet(source).parts if isinstance(part, Area) and part.hatch == 'diagonal']
    assert max(int(part.mask.sum()) for part in hatched[:-1]) == ties.sum(axis=(1, 2)).max()


def test_disputes_say_who_is_in_and_what_was_decided(case, agreement, adjudication):
    texts = disputes_sheet(Source.of_case(case, agreement, adjudication)).texts()
    assert f'decided: as {adjudication.blinding.letter("carla")}' in texts
    assert 'open' in texts
    assert any(words.startswith('in ') and ', out ' in words for words in texts)


def test_no_disputes_no_pictures():
    square = np.zeros((20, 20), np.uint8)
    square[4:9, 4:9] = 1
    assert disputes_sheet(Source(agree([square, square.copy()], strict=False))) is None
