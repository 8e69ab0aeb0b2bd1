"""The gate: what is refused, what is named, and what is missing rather than background."""

from __future__ import annotations

import numpy as np
import pytest

import napari_segrobust as sr
from napari_segrobust.errors import CompareError, ReviewError
from napari_segrobust.geometry import GridGeometry


def titles(agreement, level=None):
    return [f.title for f in agreement.admitted.findings if level in (None, f.level)]


@pytest.mark.parametrize(
    ('raters', 'said', 'words'),
    [
        ([np.eye(4, dtype=int)], {}, 'No agreement of one rater: there is only rater 1'),
        ([], {}, 'No raters: there is no mask'),
        ([np.eye(4, dtype=int), np.eye(5, dtype=int)], {}, r'not on one grid: rater 2 has \(5, 5\), rater 1 \(4, 4\)'),
        ([np.eye(4, dtype=int), np.eye(4, dtype=int)], {'names': 'AB'}, 'The same mask twice: A and B are equal'),
        ([np.eye(4, dtype=int), np.ones((4, 4), int)], {'names': ['A']}, 'Names do not fit: 1 for 2'),
        ([np.eye(4, dtype=int), np.ones((4, 4), int)], {'names': ['A', 'A']}, 'Two raters of one name: A'),
        ([np.eye(4, dtype=int), np.ones((4, 4), int)], {'spacing': (1, 0)}, 'Spacing unusable'),
        ([np.eye(4, dtype=int), np.ones((4, 4), int)], {'label': 0}, 'Not a label'),
        ([np.eye(4, dtype=int), np.ones((4, 4), int)], {'label': {'B': 2}}, 'Unknown rater: B'),
        ([np.eye(4, dtype=int), np.ones((4, 4), int)], {'samples': []}, 'No distance of sets'),
        (
            [np.eye(4, dtype=int), np.ones((4, 4), int)],
            {'allow': ['B']},
            'Unknown rater: B; there are rater 1, rater 2',
        ),
        ([np.eye(4, dtype=int), np.ones((4, 4), int)], {'valid': np.ones((3, 3))}, 'Valid voxels do not fit'),
        ([np.eye(4, dtype=int), np.ones((4, 4), int)], {'valid': {'rater 1': np.ones(3)}}, 'Valid voxels do not fit'),
        ([np.eye(4, dtype=int), np.ones((4, 4), int)], {'volumes_ml': {'rater 1': 2}}, 'has a mask and a volume'),
        ([np.eye(4, dtype=int), np.ones((4, 4), int)], {'volumes_ml': {'V': -2}}, 'Volume unusable'),
        ([np.eye(4, dtype=int), np.ones((4, 4), int)], {'model': np.eye(5, dtype=int)}, 'the model has'),
        ([np.eye(4, dtype=int), np.ones((4, 4), int)], {'probability': np.eye(4) * 3}, 'Probabilities unusable'),
        ([np.eye(4, dtype=int), np.ones((4, 4), int)], {'probability': np.eye(5)}, 'Probabilities do not fit'),
        ([np.eye(4, dtype=int), np.ones((4, 4), int)], {'margin': -1}, 'Margin unusable'),
    ],
)
def test_mistakes_are_named(raters, said, words):
    with pytest.raises(ReviewError, match=words):
        sr.agree(raters, **said)


def test_probabilities_are_no_masks():
    with pytest.raises(CompareError, match='not a label mask'):
        sr.agree(np.random.default_rng(0).random((2, 5, 5)))


@pytest.mark.parametrize(('axis', 'way'), [(0, 'head-foot'), (1, 'front-back'), (2, 'left-right')])
def test_a_mirrored_rater_is_suspected_and_named(ball, axis, way):
    masks = np.stack([ball(5, (8, 9, 7)), ball(4, (8, 9, 7)), np.flip(ball(5, (8, 8, 7)), axis)])
    affine = [[0, 0, -1, 0], [0, -1, 0, 0], [1, 0, 0, 0], [0, 0, 0, 1]]
    geometry = GridGeometry(masks.shape[1:], affine)
    with pytest.raises(ReviewError, match=f'C looks flipped {way}: Dice with the others 0.*if flipped {way}. Look'):
        sr.agree(masks, names='ABC', geometry=geometry)
    with pytest.raises(ReviewError, match=f'C looks flipped along axis {axis}'):
        sr.agree(masks, names='ABC')
    # Without names there is nobody to ask: it is said, and the numbers follow.
    assert titles(sr.agree(masks), 'problem') == [f'rater 3 looks flipped along axis {axis}']
    with pytest.raises(ReviewError, match='rater 3 looks flipped'):
        sr.agree(masks, strict=True)
    assert titles(sr.agree(masks, names='ABC', strict=False), 'problem') == [f'C looks flipped along axis {axis}']
    allowed = sr.agree(masks, names='ABC', allow=['C'])
    assert titles(allowed, 'warning') == [f'C looks flipped along axis {axis}']


def test_of_two_raters_the_second_is_held_against_the_first(ball):
    masks = np.stack([ball(4, (12, 12, 6)), np.flip(ball(5, (12, 12, 6)), 2)])
    with pytest.raises(ReviewError, match=r'B looks flipped along axis 2: Dice with A 0\.00'):
        sr.agree(masks, names='AB')


def test_a_shifted_rater_is_suspected_with_the_steps(ball):
    # Off the middle in all axes, so that no flip explains it.
    right = [ball(4, (12, 12, 12)), ball(4.3, (12, 12, 12))]
    moved = np.roll(ball(4.2, (12, 12, 12)), (0, -3, 5), (0, 1, 2))
    with pytest.raises(
        ReviewError, match='looks shifted by 3 voxels on along axis 1, 5 voxels back along axis 2: Dice'
    ):
        sr.agree([*right, moved], names='ABC')


def test_people_who_merely_differ_are_not_suspected(disc):
    sr.agree(np.stack([disc(4, (16, 20)), disc(9, (20, 20)), disc(6, (24, 20)), disc(12)]))


def test_a_label_of_another_number_is_suspected_and_can_be_mapped(disc):
    masks = {'A': disc(6), 'B': disc(7) * 255, 'C': disc(8)}
    with pytest.raises(ReviewError, match=r'B may mean another label: .* 0\.00, 0\.8.* if taken as label 255'):
        sr.agree(masks)
    mapped = sr.agree(masks, label={'B': 255})
    assert mapped.votes.sizes == tuple(int(np.count_nonzero(mask)) for mask in masks.values())
    assert titles(mapped) == []


def test_an_empty_rater_is_named_and_takes_part(disc):
    masks = {'A': disc(6), 'B': np.where(disc(4, (5, 5)), 3, 0), 'C': disc(8), 'D': np.zeros((40, 40), int)}
    agreement = sr.agree(masks)
    assert titles(agreement, 'warning') == ['B is empty', 'D is empty']
    assert agreement.admitted.findings[0].detail == 'no voxel of label 1, only 3'
    record = agreement.to_dict()
    assert record['pairwise']['dice'][0] == [1, 0, pytest.approx(2 * 113 / (113 + 197), abs=0.01), 0]
    assert record['pairwise']['dice'][1][3] is None
    assert record['pairwise']['status'][1] == ['reference_empty', 'both_empty', 'reference_empty', 'both_empty']
    assert record['pairwise']['hd95'][0][1] is None


def test_two_raters_who_see_nothing_are_no_copies(disc):
    agreement = sr.agree({'A': np.zeros((9, 9), int), 'B': np.zeros((9, 9), int)})
    record = agreement.to_dict()
    assert record['region'] is None
    assert record['fleiss_kappa'] == {'full': None, 'region': None}
    assert record['undefined']['fleiss_kappa.full']['status'] == 'zero_denominator'
    assert record['undefined']['fleiss_kappa.region']['reason'] == 'no rater drew anything'
    assert record['disputes'] == []


def test_equal_masks_without_names_agree_fully_and_are_pointed_at(disc):
    agreement = sr.agree(np.stack([disc(6)] * 3))
    assert titles(agreement, 'problem') == ['The same mask twice'] * 3
    record = agreement.to_dict()
    for key in ('fleiss_kappa', 'krippendorff_alpha', 'randolph_kappa'):
        assert record[key] == {'full': pytest.approx(1), 'region': pytest.approx(1)}
    assert record['pairwise']['mean'] == {'dice': 1, 'nsd': 1, 'hd95': 0}
    assert record['majority_voxels'] == record['staple']['voxels'] == disc(6).sum()
    assert record['disputes'] == []


def test_a_second_reading_is_a_session_and_no_vote(disc):
    masks = {'A': disc(6), 'B': disc(8), 'A again': disc(6.5)}
    agreement = sr.agree(masks, sessions={'A again': 'A'})
    assert agreement.votes.names == ('A', 'B')
    ((rater, reading, values),) = agreement.intra_rater
    assert (rater, reading) == ('A', 'A again')
    expected = sr.compare(masks['A'], masks['A again'], labels=[1]).metrics[1]
    assert values['dice'].value == expected['dice'].value
    (row,) = agreement.to_dict()['intra_rater']
    assert row['dice'] == expected['dice'].value
    assert row['reading'] == 'A again'
    # The same file read twice is refused as two raters, and told as one rater's.
    masks['A again'] = masks['A'].copy()
    with pytest.raises(ReviewError, match='The same mask twice'):
        sr.agree(masks)
    assert sr.agree(masks, sessions={'A again': 'A'}).intra_rater[0][2]['dice'].value == 1
    with pytest.raises(ReviewError, match='No agreement of one rater'):
        sr.agree({'A': disc(6), 'A again': disc(7)}, sessions={'A again': 'A'})


def test_a_mirrored_second_reading_is_suspected_too(disc):
    masks = {'A': disc(6, (20, 10)), 'B': disc(8, (20, 10)), 'A again': np.flip(disc(6.5, (20, 10)), 1)}
    with pytest.raises(ReviewError, match='A again looks flipped along axis 1: Dice with the first reading of A'):
        sr.agree(masks, sessions={'A again': 'A'})


def test_sessions_may_name_a_rater_who_has_no_mask_of_that_name(disc):
    masks = {'monday': disc(6), 'friday': disc(7), 'B': disc(8)}
    agreement = sr.agree(masks, sessions={'monday': 'A', 'friday': 'A'})
    assert agreement.votes.names == ('A', 'B')
    assert agreement.votes.sizes[0] == disc(6).sum()
    assert [entry[:2] for entry in agreement.intra_rater] == [('A', 'friday')]


def test_missing_slices_are_missing_not_background(ball):
    masks = {'A': ball(7), 'B': ball(7.4), 'C': ball(7.2)}
    looked = np.ones((24, 24, 24), bool)
    looked[12:] = False
    cut = {**masks, 'C': masks['C'] * looked}
    whole, missing, background = sr.agree(masks), sr.agree(cut, valid={'C': looked}), sr.agree(cut)
    assert titles(missing) == ['C did not look everywhere']
    assert whole.pairwise.mean_of(2, 'dice') == pytest.approx(missing.pairwise.mean_of(2, 'dice'), abs=0.03)
    assert background.pairwise.mean_of(2, 'dice') < 0.8
    # In the missing half two raters decide: where they differ it is a tie, not a majority of background.
    agreed = missing.consensus_map('majority')
    differ = (masks['A'] != masks['B']) & ~looked
    assert (agreed[differ] == 2).all()
    assert differ.any()
    alpha, expected = (a.chance['krippendorff_alpha']['region'].value for a in (missing, whole))
    assert alpha == pytest.approx(expected, abs=0.02)
    assert background.chance['krippendorff_alpha']['region'].value < alpha - 0.1
    assert 'left out' in missing.chance['fleiss_kappa']['region'].reason


def test_valid_may_be_one_for_all_or_one_each(disc):
    masks = np.stack([disc(6), disc(8), disc(7)])
    inside = np.zeros((40, 40), bool)
    inside[:, :20] = True
    one, each = (sr.agree(masks, valid=v).to_dict() for v in (inside, np.stack([inside] * 3)))
    assert one == each
    cut = sr.agree(masks[:, :, :20]).to_dict()
    assert one['pairwise'] == cut['pairwise']
    assert one['fleiss_kappa']['full'] == pytest.approx(cut['fleiss_kappa']['full'])
    assert one['votes']['unseen_voxels'] == 800


def test_a_model_that_is_a_rater_or_mirrored_is_said(disc):
    masks = np.stack([disc(6, (20, 12)), disc(7, (20, 12)), disc(8, (20, 12))])
    assert titles(sr.agree(masks, model=masks[1]), 'warning') == ['The model is a rater']
    mirrored = sr.agree(masks, model=np.flip(masks[0], 1))
    assert titles(mirrored, 'problem') == ['the model looks flipped along axis 1']
    assert titles(sr.agree(masks, model=disc(5, (20, 12)))) == []


def test_every_doubt_is_kept_with_whom_it_is_about(disc):
    masks = {
        'A': disc(6, (20, 9)),
        'B': disc(7, (20, 9)),
        'C': disc(6.5, (20, 9)) * 9,
        'D': np.flip(disc(7.5, (20, 9)), 1),
        'E': disc(6, (20, 9)),
    }
    admitted = sr.agree(masks, strict=False, allow=['D']).admitted
    found = {doubt.kind: (doubt.raters, doubt.label, doubt.allowed) for doubt in admitted.doubts}
    assert found == {
        'copy': (('A', 'E'), None, False),
        'label': (('C',), 9, False),
        'flipped': (('D',), None, True),
    }
    assert [finding.level for finding in admitted.findings if finding.level != 'note'].count('problem') == 2
    first = next(doubt for doubt in admitted.doubts if not doubt.allowed)
    with pytest.raises(ReviewError) as refused:
        sr.agree(masks, allow=['D'])
    assert str(refused.value) == str(first.error)
