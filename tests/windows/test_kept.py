"""Answers that are kept: the network is asked once, and memory is bounded."""

import numpy as np

import napari_segrobust as sr
from napari_segrobust.cases.case import Case
from napari_segrobust.geometry import GridGeometry
from napari_segrobust.windows import look_at_windows
from napari_segrobust.windows.kept import FirstWindows


def test_the_first_stay_while_there_is_room():
    kept, one = FirstWindows(200), np.zeros(20, np.float32)
    for key in 'abca':
        kept.put(key, one)
    assert kept.get('a') is one
    assert kept.get('b') is one
    assert kept.get('c') is None
    assert kept.nbytes == 160


def test_table_seams_and_edges_ask_the_network_once(make_model):
    rng = np.random.default_rng(0)
    case = Case(
        'square',
        rng.normal(size=(1, 20, 20)).astype(np.float32),
        GridGeometry.from_spacing((20, 20)),
        references={'expert': np.ones((20, 20), np.uint8)},
    )
    model = make_model(2)
    scenario = sr.Scenario(
        context=sr.Context(window=(8, 8), overlap=0.5), judgement=sr.Judgement(label_map={1: 1, 2: 0})
    )
    look = look_at_windows(case, model, scenario)
    look.table()
    windows = len(look.answers().plan)
    assert model.module.asked == windows
    seams, edges = look.seams(), look.edges()
    assert model.module.asked == windows
    fresh = look_at_windows(case, model, scenario)
    np.testing.assert_array_equal(fresh.seams().deviation, seams.deviation)
    np.testing.assert_array_equal(fresh.edges()[0].counts, edges[0].counts)
    assert model.module.asked == 2 * windows
