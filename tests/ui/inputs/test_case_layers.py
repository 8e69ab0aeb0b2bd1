"""A case from what is in the viewer."""

from __future__ import annotations

import numpy as np
import pytest

from napari_segrobust.cases.roles import Role
from napari_segrobust.ui.inputs.case_layers import CaseLayers, Proposal, layer_facts
from napari_segrobust.ui.inputs.reader import read_layers


@pytest.fixture
def case_layers(qapp, bare_canvas):
    made = CaseLayers(bare_canvas.viewer, bare_canvas.session, bare_canvas.painter)
    yield made
    made.close()


@pytest.fixture
def drawn(bare_canvas, ball_case):
    """An image and two masks that someone else put into the viewer, 2 x 1 x 1 mm and moved."""
    options = {'scale': (2, 1, 1), 'translate': (5, 6, 7), 'units': 'mm'}
    viewer = bare_canvas.viewer
    return [
        viewer.add_image(ball_case.image[0], name='scan', **options),
        viewer.add_labels(ball_case.references['expert'], name='hand', **options),
        viewer.add_labels(ball_case.predictions['shifted'], name='network', **options),
    ]


def test_an_empty_viewer_proposes_nothing(case_layers):
    assert case_layers.proposal == Proposal()
    assert not case_layers.proposal.is_complete


def test_first_mask_reference_second_prediction_others_raters(bare_canvas, case_layers, drawn, ball_case):
    bare_canvas.viewer.add_labels(ball_case.references['second'], name='third')
    proposal = case_layers.propose()
    assert [layer.name for layer in proposal.layers] == ['scan', 'hand', 'network', 'third']
    assert proposal.roles == (Role.IMAGE, Role.REFERENCE, Role.PREDICTION, Role.RATER)
    assert proposal.swapped().roles == (Role.IMAGE, Role.PREDICTION, Role.REFERENCE, Role.RATER)
    assert proposal.with_role(3, Role.IMAGE).roles == (Role.RATER, Role.REFERENCE, Role.PREDICTION, Role.IMAGE)


def test_layers_that_arrive_together_are_proposed_once(case_layers, qtbot, request):
    told = []
    case_layers.proposed.connect(told.append)
    request.getfixturevalue('drawn')
    qtbot.waitUntil(lambda: bool(told))
    assert len(told) == 1
    assert told[0].is_complete
    assert told[0] == case_layers.proposal


def test_our_own_layers_are_never_proposed(bare_canvas, case_layers, ball_case):
    bare_canvas.open(ball_case)
    assert case_layers.propose() == Proposal()


def opened(canvas, case_layers, qtbot):
    """The case that the file thread made of what is proposed."""
    case_layers.open(case_layers.propose())
    qtbot.waitUntil(lambda: (canvas.session.drain(), canvas.session.case is not None)[1])
    return canvas.session.case


def refusal(canvas, case_layers, qtbot) -> str:
    """Why there is no case: one line."""
    case_layers.open(case_layers.propose())
    qtbot.waitUntil(lambda: (canvas.session.drain(), canvas.session.status.kind == 'failed')[1])
    assert canvas.session.case is None
    assert '\n' not in canvas.session.status.text
    return canvas.session.status.text


def test_the_case_is_what_the_layers_show_where_they_show_it(bare_canvas, case_layers, drawn, ball_case, qtbot):
    case = opened(bare_canvas, case_layers, qtbot)
    bare_canvas.settle()
    assert case.geometry.spacing_mm == (2.0, 1.0, 1.0)
    np.testing.assert_array_equal(case.references['hand'], ball_case.references['expert'])
    np.testing.assert_array_equal(case.predictions['network'], ball_case.predictions['shifted'])
    errors = bare_canvas.layer('errors: network')
    np.testing.assert_array_equal(errors.data_to_world((1, 2, 3)), drawn[0].data_to_world((1, 2, 3)))
    assert [layer.name for layer in drawn] == ['scan', 'hand', 'network']
    np.testing.assert_array_equal(drawn[0].data, ball_case.image[0])


def test_masks_on_another_grid_are_refused(bare_canvas, case_layers, drawn, qtbot):
    bare_canvas.viewer.add_labels(np.zeros((4, 5, 6), np.uint8), name='other grid')
    assert 'other grid' in refusal(bare_canvas, case_layers, qtbot)


def test_masks_alone_are_refused(bare_canvas, case_layers, drawn, qtbot):
    bare_canvas.viewer.layers.remove('scan')
    assert 'One image is needed' in refusal(bare_canvas, case_layers, qtbot)


def test_rotated_layers_are_refused(bare_canvas, case_layers, qtbot):
    bare_canvas.viewer.add_image(np.zeros((4, 8, 8)), rotate=30)
    assert 'rotated' in refusal(bare_canvas, case_layers, qtbot)


@pytest.mark.parametrize('kind', ['dask', 'multiscale'])
def test_lazy_and_multiscale_layers(bare_canvas, case_layers, ball_case, qtbot, kind):
    array = np.array(ball_case.image[0])
    if kind == 'dask':
        dask = pytest.importorskip('dask.array')
        bare_canvas.viewer.add_image(dask.from_array(array), name='scan')
    else:
        bare_canvas.viewer.add_image([array, array[::2, ::2, ::2]], multiscale=True, name='scan')
    bare_canvas.viewer.add_labels(ball_case.references['expert'], name='hand')
    case = opened(bare_canvas, case_layers, qtbot)
    np.testing.assert_array_equal(case.image[0], array)


def test_facts_compose_every_transform(bare_canvas):
    shift = np.eye(4)
    shift[:3, 3] = (10, 20, 30)
    layer = bare_canvas.viewer.add_image(np.zeros((4, 5, 6)), scale=(2, 3, 4), translate=(1, 1, 1), affine=shift)
    facts = layer_facts(layer, Role.IMAGE)
    np.testing.assert_allclose(facts.affine[:3, :3], np.diag([2, 3, 4]))
    np.testing.assert_allclose(facts.affine[:3, 3], (11, 21, 31))


def test_dropped_files_keep_their_geometry(bare_canvas, case_layers, shared_data, qtbot):
    names = ('ct.nii.gz', 'organs.nii.gz', 'organs_second.nii.gz')
    for data, options, kind in read_layers([str(shared_data / 'ct' / name) for name in names]):
        getattr(bare_canvas.viewer, f'add_{kind}')(data, **options)
    case = opened(bare_canvas, case_layers, qtbot)
    bare_canvas.settle()
    assert case.geometry.letters == (('I', 'S'), ('A', 'P'), ('R', 'L'))
    assert case.geometry.spacing_mm == (3.0, 3.0, 3.0)
    assert list(case.references) == ['organs']
    assert list(case.predictions) == ['organs_second']
    assert bare_canvas.session.volume.lanes[0].accuracy.metrics[5]['dice'].value > 0.9


def test_closing_cuts_every_connection(qapp, bare_canvas, connections):
    before = connections()
    case_layers = CaseLayers(bare_canvas.viewer, bare_canvas.session, bare_canvas.painter)
    case_layers.close()
    case_layers.close()
    assert connections() == before
