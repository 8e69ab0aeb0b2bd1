"""The final mask: each decision paints its region, the rule holds elsewhere, ties stay a third state."""

from __future__ import annotations

import json

import numpy as np
import pytest

from napari_segrobust.errors import ReviewError
from napari_segrobust.review import ConsensusCode, agree
from napari_segrobust.review.adjudication import Adjudication, Ledger

SHAPE, SPACING = (8, 40, 40), (2.0, 1.0, 1.0)


def region(adjudication, number):
    mask = np.zeros(SHAPE, bool)
    mask.reshape(-1)[adjudication.items[number].dispute.where] = True
    return mask


def test_without_decisions_it_is_the_rule(opened, agreement):
    for rule in ('majority', 'union'):
        with opened(rule=rule) as adjudication:
            assert np.array_equal(adjudication.final_map(), agreement.consensus_map(rule))
        adjudication.path.unlink()


def test_a_followed_rater_holds_in_the_region_alone(opened, agreement, raters):
    with opened() as adjudication:
        for number, item in enumerate(adjudication.items):
            adjudication.decide(item.id, 'rater', rater='anna')
            there = region(adjudication, number)
            expected = np.where(there, raters['anna'], agreement.consensus_map())
            assert np.array_equal(adjudication.final_map(), expected)
            adjudication.undo()
        assert np.array_equal(adjudication.final_map(), agreement.consensus_map())


@pytest.mark.parametrize('name', ['anna', 'ben', 'carla'])
def test_following_one_rater_everywhere_is_that_rater(opened, agreement, raters, name):
    assert agreement.disputes.below_floor == 0
    with opened() as adjudication:
        for item in adjudication.items:
            adjudication.decide(item.id, 'rater', rater=name)
        assert np.array_equal(adjudication.final_mask(), raters[name])


def test_what_is_left_to_the_rule_follows_it_and_is_told(opened, agreement):
    with opened() as adjudication:
        for item in adjudication.items[:4]:
            adjudication.decide(item.id, 'rater', rater='anna')
        for item, answer in zip(adjudication.items, ('undecidable', 'both_plausible', 'reference_wrong'), strict=False):
            adjudication.decide(item.id, answer)
        adjudication.decide(adjudication.items[3].id, 'consensus')
        assert np.array_equal(adjudication.final_map(), agreement.consensus_map())
        told = [row.decision for row in adjudication.table()]
    assert told == ['undecidable', 'both_plausible', 'reference_wrong', 'consensus', 'rule']


def test_ties_are_a_third_state_until_somebody_decides(tmp_path, raters):
    two = agree({name: raters[name] for name in ('anna', 'ben')}, spacing=SPACING)
    with Adjudication.open(tmp_path / 'two.jsonl', two, adjudicator='dora') as adjudication:
        ties = np.count_nonzero(adjudication.final_map() == ConsensusCode.TIE)
        assert ties == np.count_nonzero(raters['anna'] ^ raters['ben'])
        item = adjudication.items[0]
        adjudication.decide(item.id, 'rater', rater='ben')
        assert np.count_nonzero(adjudication.final_map() == ConsensusCode.TIE) == ties - item.dispute.voxels


def test_an_edit_stays_inside_unless_unlocked(opened, agreement, raters, box):
    base, drawn = agreement.consensus_map(), box((0, 8), (0, 40), (0, 20))
    with opened() as adjudication:
        there = region(adjudication, 2)
        item = adjudication.items[2].id
        adjudication.decide(item, 'edit', inside=drawn)
        assert np.array_equal(adjudication.final_map(), np.where(there, drawn, base))
        adjudication.decide(item, 'edit', inside=drawn, unlocked=True)
        assert np.array_equal(adjudication.final_mask(), drawn)
        # Editing again keeps what the first edit reached for.
        adjudication.decide(item, 'edit', inside=adjudication.final_mask(), unlocked=True)
        assert np.array_equal(adjudication.final_mask(), drawn)
        # A later decision holds where an edit reached into its region.
        adjudication.decide(adjudication.items[3].id, 'rater', rater='ben')
        other = region(adjudication, 3)
        assert np.array_equal(adjudication.final_mask()[other], raters['ben'][other])
        adjudication.undo()
        assert np.array_equal(adjudication.final_mask(), drawn)


def test_where_the_followed_rater_did_not_look_the_rule_holds(tmp_path, raters, box):
    looked = ~box((0, 8), (0, 40), (0, 8))
    agreement = agree(raters, spacing=SPACING, valid={'carla': looked})
    with Adjudication.open(tmp_path / 'a.jsonl', agreement, adjudicator='dora') as adjudication:
        for item in adjudication.items:
            adjudication.decide(item.id, 'rater', rater='carla')
        expected = np.where(looked, raters['carla'], agreement.consensus_map())
        assert np.array_equal(adjudication.final_map(), expected)


def test_flat_images_too(tmp_path, raters):
    masks = {name: mask[3] for name, mask in raters.items()}
    with Adjudication.open(tmp_path / 'a.jsonl', agree(masks), adjudicator='dora') as adjudication:
        for item in adjudication.items:
            adjudication.decide(item.id, 'rater', rater='ben')
        assert np.array_equal(adjudication.final_mask(), masks['ben'])


def test_a_closed_log_gives_the_mask_it_was_closed_with(opened, agreement, raters):
    with opened() as adjudication:
        for item in adjudication.items:
            adjudication.decide(item.id, 'rater', rater='ben')
        final = adjudication.final_map()
        adjudication.close()
    again = Ledger.read(adjudication.path, agree(dict(reversed(raters.items())), SPACING))
    assert again.final_map().tobytes() == final.tobytes()
    data = adjudication.path.read_bytes().splitlines()
    last = json.loads(data[-1])
    data[-1] = json.dumps({**last, 'final_sha256': '0' * 64}).encode()
    adjudication.path.write_bytes(b'\n'.join(data) + b'\n')
    with pytest.raises(ReviewError, match='Final mask not rebuilt'):
        Ledger.read(adjudication.path, agreement)


def test_a_log_that_is_looked_at_is_not_taken(opened, agreement):
    with opened() as adjudication:
        adjudication.decide(adjudication.items[0].id, 'rater', rater='ben')
        seen = Ledger.read(adjudication.path, agreement)
        assert seen.decisions == adjudication.decisions
    with pytest.raises(ReviewError, match='Adjudication not open'):
        adjudication.undo()
