"""A case, a model and a scenario, window by window: the same numbers as from the parts."""

import numpy as np
import pytest

import napari_segrobust as sr
from napari_segrobust.cases.case import Case, Label
from napari_segrobust.compare.interrupt import Interrupted
from napari_segrobust.errors import CompareError, ContextError
from napari_segrobust.geometry import GridGeometry
from napari_segrobust.windows import (
    Wanted,
    context_curve,
    coverage_map,
    look_at_windows,
    stitched_profile,
    target_box,
    window_table,
)

CONTEXT = sr.Context(window=(8, 8), overlap=0.5)


@pytest.fixture
def case():
    rng = np.random.default_rng(0)
    mask = np.zeros((30, 26), np.uint8)
    mask[8:20, 6:18] = 2
    mask[2:4, 2:4] = 1
    return Case(
        name='square',
        image=(rng.normal(size=(1, 30, 26)) + mask).astype(np.float32),
        geometry=GridGeometry.from_spacing((30, 26), (1.0, 2.0)),
        references={'expert': mask},
        predictions={'other': np.roll(mask, 1, 0)},
        labels={1: Label('class 1'), 2: Label('class 2')},
    )


def test_the_table_is_that_of_the_run(case, make_model):
    model = make_model(2)
    noise = sr.Perturbation(name='gaussian_noise', severity=3.0, seed=4)
    scenario = sr.Scenario(perturbations=[noise], context=CONTEXT)
    look = look_at_windows(case, model, scenario)
    assert look.wanted.label == 2, 'the label that the reference has most of'
    result = sr.run(case, model, scenario)
    np.testing.assert_array_equal(look.prediction, result.labels)
    np.testing.assert_array_equal(look.source.array, result.image)
    found = look.table()
    expected = window_table(found.plan, case.references['expert'], result.labels, (1.0, 2.0), 2)
    assert found.rows() == expected.rows()
    assert look_at_windows(case, model, scenario, label=1).table().label == 1


def test_seams_edges_and_curve_are_those_of_the_parts(case, make_model):
    model = make_model(2)
    told = []
    look = look_at_windows(
        case, model, sr.Scenario(context=CONTEXT), progress=lambda done, total: told.append((done, total))
    )
    seams = look.seams()
    assert told[-1] == (len(look.answers().plan),) * 2
    assert seams.deviation.shape == case.shape
    np.testing.assert_array_equal(seams.windows, coverage_map(look.answers().plan))
    assert 0 < seams.mean_deviation < seams.deviation.max()
    alone, stitched = look.edges()
    assert alone.windows == stitched.windows == len(look.answers().plan)
    assert alone.unit == 'mm'
    expected = stitched_profile(
        look.answers().plan, case.references['expert'], look.prediction, look.wanted, (1.0, 2.0)
    )
    np.testing.assert_array_equal(stitched.counts, expected.counts)
    points = look.curve(sizes=(12, 16))
    target = target_box(case.references['expert'], look.wanted)
    again = context_curve(model, look.source, CONTEXT, target, case.references['expert'], look.wanted, (12, 16))
    assert [point.dice for point in points] == [point.dice for point in again]


def test_a_box_alone_against_the_whole(case, make_model):
    model = make_model(2)
    look = look_at_windows(case, model, sr.Scenario(context=CONTEXT))
    box = ((6, 20), (4, 18))
    alone, comparison = look.box_alone(box)
    again = sr.predict(case, model, context=CONTEXT.model_copy(update={'box': box}))
    inside = tuple(slice(*side) for side in box)
    np.testing.assert_array_equal(alone.labels, again.labels[inside])
    assert comparison.changed == ((alone.labels == 2) != (look.prediction[inside] == 2)).sum()
    assert comparison.stitched['dice'].value is not None
    one, _ = look.box_alone(box, one_window=True)
    assert (alone.windows, one.windows) == (9, 1)
    whole, unchanged = look.box_alone(tuple((0, n) for n in case.shape))
    assert whole.windows == len(look.answers().plan)
    assert unchanged.changed == 0


def test_seams_of_a_slice(make_model):
    rng = np.random.default_rng(0)
    volume = Case(
        'volume', rng.normal(size=(1, 12, 14, 16)).astype(np.float32), GridGeometry.from_spacing((12, 14, 16))
    )
    context = sr.Context(window=(6, 6, 6), overlap=0.5)
    look = look_at_windows(volume, make_model(3), sr.Scenario(context=context), label=1)
    whole, plane = look.seams(), look.seams((1, 5))
    np.testing.assert_array_equal(plane.deviation[:, 5], whole.deviation[:, 5])
    assert not plane.deviation[:, :5].any()
    with pytest.raises(ContextError, match='No such slice'):
        look.seams((1, 14))
    with pytest.raises(CompareError, match='has no reference'):
        look.edges()
    assert look.table().is_proxy


def test_a_model_on_its_own_grid_is_counted_there(case, make_model):
    model = make_model(2, spacing=(1.0, 1.0), window=(8, 8))
    look = look_at_windows(case, model)
    table = look.table()
    assert table.plan.shape == (30, 51)
    assert table.spacing == pytest.approx((1.0, 1.0))
    assert look.seams().deviation.shape == case.shape


def test_a_given_mask_has_a_table_only(case):
    look = look_at_windows(case, None, sr.Scenario(context=CONTEXT), given='other')
    expected = window_table(look.table().plan, case.references['expert'], case.predictions['other'], (1.0, 2.0), 2)
    assert look.table().rows() == expected.rows()
    for ask in (look.seams, look.edges, look.alone, look.curve, lambda: look.box_alone(((0, 4), (0, 4)))):
        with pytest.raises(ContextError, match='comes from no window'):
            ask()
    with pytest.raises(ContextError, match='none is chosen'):
        look_at_windows(case, None, given='other').table()


def test_windows_of_a_real_ct_add_up_to_the_whole(shared_data):
    """Two raters' masks: tiles without overlap hold every voxel once."""
    ct = shared_data / 'ct'
    case = sr.load_case(
        ct / 'ct.nii.gz', references={'expert': ct / 'organs.nii.gz'}, predictions={'fast': ct / 'organs_second.nii.gz'}
    )
    shape = tuple(n // 2 for n in case.shape)
    box = tuple((0, 2 * n) for n in shape)
    context = sr.Context(window=shape, overlap=0.0, box=box)
    table = look_at_windows(case, None, sr.Scenario(context=context), label=5, given='fast').table()
    assert len(table) == 8
    assert table.unit == 'ml'
    inside = tuple(slice(*side) for side in box)
    masks = [(mask[inside] == 5) for mask in (case.references['expert'], case.predictions['fast'])]
    numbers = sr.compare(*(mask.astype(np.uint8) for mask in masks), labels=[1], metrics=['fp', 'fn']).metrics[1]
    assert table.extra.sum() == pytest.approx(numbers['fp'].value * case.geometry.voxel_ml)
    assert table.missed.sum() == pytest.approx(numbers['fn'].value * case.geometry.voxel_ml)
    assert table.reference_voxels.sum() == masks[0].sum()


def test_cancelled(case, make_model):
    noise = sr.Perturbation(name='gaussian_noise', severity=3.0)
    with pytest.raises(Interrupted):
        look_at_windows(case, make_model(2), sr.Scenario(perturbations=[noise]), cancel=lambda: True)
    stopped = []
    look = look_at_windows(case, make_model(2), sr.Scenario(context=CONTEXT), cancel=lambda: bool(stopped))
    stopped.append(True)
    for ask in (look.table, look.seams, look.edges, lambda: look.curve(sizes=(12,))):
        with pytest.raises(Interrupted):
            ask()


def test_labels_are_those_of_the_label_map(case, make_model):
    scenario = sr.Scenario(context=CONTEXT, judgement=sr.Judgement(label_map={1: 2, 2: 0}))
    look = look_at_windows(case, make_model(2), scenario)
    assert look.wanted == Wanted(2, {1: 2, 2: 0})
    assert set(np.unique(look.prediction)) <= {0, 2}
