"""The masks of a case on the bench."""

from __future__ import annotations

import numpy as np

from napari_segrobust.cases.case import Case, Label
from napari_segrobust.compare import compare
from napari_segrobust.geometry import GridGeometry
from napari_segrobust.lab import Bench, Game, MaskEdit, OwnScene, edit_mask

METRICS = ('dice', 'hd', 'nsd')


def scene(label: int) -> tuple[OwnScene, Case]:
    reference = np.zeros((6, 12, 12), np.uint8)
    reference[1:4, 2:8, 2:8] = 2
    reference[4:, 9:, 9:] = 3
    geometry = GridGeometry.from_spacing(reference.shape, (2.0, 1.0, 1.0))
    image = np.random.default_rng(0).random((1, *reference.shape)).astype(np.float32)
    given = {'one': np.roll(reference, 1, 1)}
    case = Case('case', image, geometry, {'expert': reference}, given, labels={2: Label('liver')})
    return OwnScene.of(case, 'expert', given['one'], label, METRICS, {'tolerance_mm': 1.0}, 'one'), case


def test_it_is_one_label_beside_itself_and_asks_nothing():
    made, case = scene(2)
    assert (made.title, made.source) == ('case: liver', 'one against expert')
    first, second = made.draw()
    np.testing.assert_array_equal(first.reference, case.references['expert'] == 2)
    np.testing.assert_array_equal(first.prediction, second.prediction)
    assert made.image is case.image[0] or np.shares_memory(made.image, case.image)
    game = Game.of([made])
    assert game.asks == ()
    assert game.ask is None
    rows = Bench(scene=made).rows
    assert game.visible(rows) == rows


def test_numbers_are_those_of_the_edited_label_in_mm():
    made, case = scene(2)
    bench = Bench(scene=made)
    edit = MaskEdit(name='dilate', amount=2.0)
    bench.add(1, edit)
    mask = edit_mask((case.predictions['one'] == 2).astype(np.uint8), [edit], (2.0, 1.0, 1.0))
    found = compare(case.references['expert'] == 2, mask, (2.0, 1.0, 1.0), metrics=METRICS, tolerance_mm=1.0)
    for row in bench.rows:
        assert row.values['edited'].value == found.metrics[1][row.spec.key].value
        assert row.values['as it is'].value != row.values['edited'].value
    snapshot = bench.snapshot()
    bench.reset()
    assert snapshot.edits == {1: (edit,)}
    assert not bench.changed
