"""Ids stand for voxels and raters, whatever the order in which the masks come."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from napari_segrobust.review import agree
from napari_segrobust.review.adjudication.worklist import item_id, worklist

SHAPE = (8, 40, 40)


def test_objects_first_and_the_rim_last_by_a_rule(agreement):
    items = worklist(agreement.disputes, SHAPE)
    assert [item.dispute.kind for item in items] == ['object', 'object', 'deep', 'deep', 'rim']
    assert [item.by_rule for item in items] == [False] * 4 + [True]
    assert len({item.id for item in items}) == 5
    assert [item.dispute.inside for item in items[:2]] == [('anna',), ('ben', 'carla')]


def test_the_same_masks_in_another_order_have_the_same_ids(agreement, raters):
    turned = agree({name: raters[name] for name in ('carla', 'anna', 'ben')}, spacing=(2.0, 1.0, 1.0))
    ids = [item.id for item in worklist(agreement.disputes, SHAPE)]
    assert [item.id for item in worklist(turned.disputes, SHAPE)] == ids


def test_another_voxel_or_another_rater_is_another_item(agreement):
    dispute = agreement.disputes.items[1]
    own = item_id(dispute, SHAPE)
    assert item_id(replace(dispute, where=dispute.where[1:]), SHAPE) != own
    assert item_id(replace(dispute, inside=('ben',)), SHAPE) != own
    assert item_id(replace(dispute, inside=('bencarla',)), SHAPE) != own
    assert item_id(dispute, (8, 20, 80)) != own
    assert item_id(replace(dispute, where=dispute.where.astype(np.int32)), SHAPE) == own
