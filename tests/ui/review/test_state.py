"""What is reviewed: one agreement that belongs to its masks and settings, and to nothing else."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from napari_segrobust.errors import ReviewError
from napari_segrobust.explore.state import Lane
from napari_segrobust.review import agree


def settled(qtbot, review):
    qtbot.waitUntil(lambda: not review.is_pending, timeout=30_000)
    return review.agreement


def test_nothing_is_measured_while_nobody_watches(reviewed):
    assert reviewed.review.agreement is None
    assert not reviewed.review.is_pending
    assert reviewed.review.names == ('anna', 'ben', 'carla', 'dora')


def test_the_agreement_is_that_of_the_masks(qtbot, reviewed, raters_case):
    review = reviewed.review
    review.watch('test')
    found = settled(qtbot, review)
    session = reviewed.session
    expected = agree(
        dict(raters_case.references),
        geometry=raters_case.geometry,
        label=session.state.label,
        tolerance_mm=session.state.tolerance_mm,
    )
    assert found.votes.names == expected.votes.names
    assert review.part('pairwise') is None
    qtbot.waitUntil(lambda: review.part('pairwise') is not None, timeout=30_000)
    assert review.part('pairwise').to_dict() == expected.pairwise.to_dict()


def test_a_part_of_old_settings_is_gone(qtbot, reviewed):
    review = reviewed.review
    review.watch('test')
    old = settled(qtbot, review)
    review.ask('old', lambda _agreement: 'old')
    review.change(left_out=frozenset({'dora'}))
    assert review.agreement is None
    assert settled(qtbot, review) is not old
    assert review.agreement.votes.names == ('anna', 'ben', 'carla')
    qtbot.waitUntil(lambda: review.ask('new', lambda _agreement: 'new') == 'new', timeout=30_000)
    assert review._parts == {'new': 'new'}


def test_an_error_of_a_part_is_its_answer(qtbot, reviewed):
    review = reviewed.review
    review.watch('test')
    settled(qtbot, review)
    refusal = ReviewError('No', 'it is a test', 'Go on.')

    def refuse(_agreement):
        raise refusal

    qtbot.waitUntil(lambda: review.ask('part', refuse) is refusal, timeout=30_000)


def test_tolerance_and_label_are_those_of_the_explorer(qtbot, reviewed):
    review, state = reviewed.review, reviewed.session.state
    review.watch('test')
    settled(qtbot, review)
    state.tolerance_mm = 4.0
    assert review.is_pending
    assert settled(qtbot, review).settings.tolerance_mm == 4.0


def test_the_gate_refuses_in_words(qtbot, reviewed, raters_case):
    copy = {**raters_case.references, 'erik': raters_case.references['anna'].copy()}
    case = replace(raters_case, references=copy, raters=tuple(copy))
    reviewed.open_case(case, [Lane(source='threshold')])
    review = reviewed.review
    review.watch('test')
    assert settled(qtbot, review) is None
    assert 'erik' in str(review.refusal)
    review.change(sessions={'erik': 'anna'})
    assert settled(qtbot, review).admitted.again[0][:2] == ('anna', 'erik')
    assert review.refusal is None


def test_one_mask_is_nothing_to_review(qtbot, reviewed, raters_case):
    case = replace(raters_case, references={'anna': raters_case.references['anna']}, raters=('anna',))
    reviewed.review.watch('test')
    reviewed.open_case(case, [Lane(source='threshold')])
    assert reviewed.review.agreement is None
    assert 'Nothing to review' in str(reviewed.review.refusal)


def test_all_references_take_part_where_nobody_is_a_rater(reviewed, raters_case):
    reviewed.open_case(replace(raters_case, raters=()), [Lane(source='threshold')])
    assert reviewed.review.names == ('anna', 'ben', 'carla', 'dora')


def test_blinding_hides_names_and_model(reviewed):
    review = reviewed.review
    review.blind({'anna': 'B', 'ben': 'A'})
    assert (review.title('anna'), review.title('carla'), review.model_hidden) == ('B', '?', True)
    review.blind(None)
    assert (review.title('anna'), review.model_hidden) == ('anna', False)


def test_the_label_is_the_smallest_where_all_are_shown(reviewed, raters_case):
    masks = {name: np.where(mask > 0, 3, 0).astype(np.uint8) for name, mask in raters_case.references.items()}
    reviewed.open_case(replace(raters_case, references=masks), [Lane(source='threshold')])
    reviewed.session.state.label = None
    assert reviewed.review.label == 3


def test_another_reference_beside_the_same_raters_changes_nothing(qtbot, reviewed, raters_case):
    review = reviewed.review
    review.watch('test')
    review.change(allow=frozenset({'ben'}))
    found = settled(qtbot, review)
    more = {**raters_case.references, 'agreed': raters_case.references['anna'].copy()}
    reviewed.open_case(replace(raters_case, references=more), [Lane(source='threshold')])
    assert review.agreement is found
    assert review.settings.allow == {'ben'}
    other = {**more, 'anna': np.roll(more['anna'], 1, axis=2)}
    reviewed.open_case(replace(raters_case, references=other), [Lane(source='threshold')])
    assert review.agreement is None


def test_short_names_leave_out_what_all_begin_with(reviewed, raters_case, monkeypatch):
    review = reviewed.review
    assert (review.common, review.short('anna')) == ('', 'anna')
    titles = {name: f'simulated rater {name}' for name in raters_case.raters}
    monkeypatch.setattr(review, 'blinding', titles)
    assert (review.common, review.short('anna')) == ('simulated rater', 'anna')
    # Whoever is none of the raters keeps the name that is shown.
    assert review.short('nobody') == '?'
