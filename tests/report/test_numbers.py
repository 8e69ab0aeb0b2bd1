"""Tables of a report hold the numbers of the agreement."""

from __future__ import annotations

from napari_segrobust.digits import three_digits
from napari_segrobust.report import Source
from napari_segrobust.report.numbers import agreement_table, consensus_table, rater_table
from napari_segrobust.review.adjudication.inputs import mask_hash


def test_a_row_for_each_rater_with_the_hash_of_the_mask(source, agreement):
    html = rater_table(source)
    assert html.count('<tr>') == 5
    for name, mask in zip(agreement.votes.names, agreement.votes.masks, strict=True):
        assert mask_hash(mask)[:12] in html
        assert f'{three_digits(agreement.volumes[name])} ml' in html


def test_hashes_would_tell_who_is_who(case, agreement, adjudication):
    html = rater_table(Source.of_case(case, agreement, adjudication))
    assert html.count('<td>hidden</td>') == 4
    assert not [mask for mask in agreement.votes.masks if mask_hash(mask)[:12] in html]


def test_chance_on_both_domains(source, agreement):
    html = agreement_table(source)
    for domain in ('region', 'full'):
        assert f'<td>{three_digits(agreement.chance["fleiss_kappa"][domain].value)}</td>' in html


def test_ties_stand_beside_the_majority_and_staple_at_its_margins(source, agreement):
    html, voxel = consensus_table(source), agreement.votes.voxel_volume
    majority = agreement.consensus('majority')
    for voxels in (majority.voxels, majority.tie_voxels, agreement.consensus('union').voxels):
        assert f'<td>{three_digits(voxels * voxel)}</td>' in html
    assert all(f'STAPLE, {where}' in html for where in ('margin 2', 'margin 10', 'full'))
