"""What is painted, where, and how often; without a window."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from napari_segrobust.cases.case import Label
from napari_segrobust.compare import ErrorCode
from napari_segrobust.explore.state import Lane
from napari_segrobust.geometry import GridGeometry
from napari_segrobust.ui.canvas.layer_set import Placement
from napari_segrobust.ui.canvas.painter import Painter

ALL = ['image', 'reference: expert', 'prediction: threshold', 'change: threshold', 'errors: threshold']


def noise(canvas, severity: float) -> None:
    canvas.session.state.set_perturbation(0, severity=severity)
    canvas.settle()


def test_clean_case_is_painted_as_it_is(canvas, ball_case):
    assert canvas.names() == ALL
    np.testing.assert_array_equal(canvas.layer('image').data, ball_case.image[0])
    np.testing.assert_array_equal(canvas.layer('reference: expert').data, ball_case.references['expert'])
    np.testing.assert_array_equal(canvas.layer('prediction: threshold').data, ball_case.references['expert'])
    assert set(np.unique(canvas.layer('errors: threshold').data)) <= {0, ErrorCode.TRUE_POSITIVE}
    assert canvas.painter.now.stack == ()


def test_layers_have_small_types_and_the_spacing(canvas):
    for layer in canvas.viewer.layers:
        assert tuple(layer.scale) == (2.0, 1.0, 1.0)
        assert [str(unit) for unit in layer.units] == ['millimeter'] * 3
        assert layer.data.dtype == (np.float32 if layer.name == '[sr] image' else np.uint8)


def test_what_is_painted_is_the_settled_result(canvas):
    noise(canvas, 4.0)
    volume = canvas.session.volume
    np.testing.assert_array_equal(canvas.layer('image').data, volume.image[0])
    np.testing.assert_array_equal(canvas.layer('prediction: threshold').data, volume.lanes[0].labels)
    np.testing.assert_array_equal(canvas.layer('errors: threshold').data, volume.lanes[0].error_picture)
    assert canvas.painter.now.stack[0].severity == 4.0


@pytest.mark.parametrize('axis', [0, 1, 2])
def test_the_shown_plane_has_its_own_picture(canvas, axis):
    noise(canvas, 4.0)
    canvas.show(axis, 7)
    painted = canvas.layer('errors: threshold').data.take(7, axis)
    np.testing.assert_array_equal(painted, canvas.session.plane.lanes[0].error_picture)


@pytest.mark.filterwarnings('ignore:Contours are not displayed during 3D')  # pytest hides the filter that we set
def test_in_three_dimensions_whole_results_are_painted(canvas):
    canvas.viewer.dims.ndisplay = 3
    canvas.session.state.plane = None
    noise(canvas, 3.0)
    np.testing.assert_array_equal(canvas.layer('image').data, canvas.session.volume.image[0])


def test_contrast_stays_frozen_while_noise_grows(canvas):
    before = canvas.layer('image').contrast_limits
    noise(canvas, 5.0)
    assert canvas.layer('image').contrast_limits == before
    canvas.painter.set_contrast((0.25, 0.75))
    assert canvas.layer('image').contrast_limits == [0.25, 0.75]


def test_layers_are_painted_in_place_and_never_doubled(canvas):
    before = {layer.name: (layer, layer.data) for layer in canvas.viewer.layers}
    for severity in (1.0, 2.0, 3.0):
        noise(canvas, severity)
    after = {layer.name: (layer, layer.data) for layer in canvas.viewer.layers}
    assert before.keys() == after.keys()
    assert all(before[name][0] is after[name][0] and before[name][1] is after[name][1] for name in before)


@pytest.mark.parametrize('name', ALL)
def test_a_deleted_layer_comes_back_in_its_place(canvas, name):
    canvas.viewer.layers.remove(canvas.layer(name))
    noise(canvas, 2.0)
    assert canvas.names() == ALL


def test_a_layer_deleted_while_a_run_is_under_way_comes_back(canvas):
    canvas.session.state.set_perturbation(0, severity=2.0)
    for layer in list(canvas.viewer.layers):
        if layer.name != '[sr] reference: expert':
            canvas.viewer.layers.remove(layer)
    canvas.settle()
    assert canvas.names() == ALL


def test_hidden_layers_are_filled_but_not_refreshed(canvas):
    change = canvas.layer('change: threshold')
    refreshed = []
    change.events.set_data.connect(refreshed.append)
    noise(canvas, 4.0)
    assert not change.visible
    assert not refreshed
    np.testing.assert_array_equal(change.data, canvas.session.volume.lanes[0].change_picture)


def test_data_is_announced_once_a_result_has_settled(canvas):
    told = []
    canvas.layer('prediction: threshold').events.data.connect(told.append)
    noise(canvas, 4.0)
    assert len(told) == 1


def test_the_users_own_layers_are_left_alone(bare_canvas, ball_case):
    own = bare_canvas.viewer.add_image(np.ones((12, 24, 24), np.float32), name='mine', scale=(2, 1, 1), units='mm')
    bare_canvas.open(ball_case)
    noise(bare_canvas, 4.0)
    assert (own.data == 1).all()
    assert own.visible
    assert bare_canvas.names() == ['mine', *ALL]


def test_another_case_replaces_our_layers_only(canvas, ball_case):
    canvas.viewer.add_image(np.ones((4, 4)), name='mine', units='mm')
    flat = replace(
        ball_case,
        image=ball_case.image[:, 6],
        geometry=GridGeometry.from_spacing((24, 24)),
        references={'expert': ball_case.references['expert'][6]},
        predictions={},
    )
    canvas.open(flat)
    assert sorted(canvas.names()) == sorted(['mine', *ALL])
    assert canvas.layer('image').data.shape == (24, 24)


def test_maps_and_their_opacity(canvas):
    canvas.painter.show_map('change')
    assert canvas.layer('change: threshold').visible
    assert not canvas.layer('errors: threshold').visible
    canvas.painter.show_map('none')
    assert not canvas.layer('change: threshold').visible
    canvas.painter.set_map_opacity(0.3)
    assert canvas.layer('errors: threshold').opacity == canvas.painter.map_opacity == 0.3


def test_masks_go_round(canvas):
    seen = [canvas.painter.cycle_masks() for _ in range(5)]
    assert seen == ['none', 'reference', 'prediction', 'both', 'none']
    assert not canvas.layer('reference: expert').visible
    assert not canvas.layer('prediction: threshold').visible


def test_the_rim_of_what_is_right_gives_way_to_outlines(canvas):
    def alpha() -> float:
        return canvas.layer('errors: threshold').colormap.map(int(ErrorCode.TRUE_POSITIVE))[-1]

    assert alpha() == 0
    canvas.painter.show_masks('none')
    assert alpha() == 1


def test_hold_shows_the_clean_image_and_its_prediction(canvas, ball_case):
    noise(canvas, 5.0)
    noisy = canvas.layer('image').data[6].copy()
    canvas.painter.hold(True)
    np.testing.assert_array_equal(canvas.layer('image').data[6], ball_case.image[0, 6])
    np.testing.assert_array_equal(canvas.layer('prediction: threshold').data[6], ball_case.references['expert'][6])
    assert canvas.painter.now.stack == ()
    canvas.painter.hold(False)
    np.testing.assert_array_equal(canvas.layer('image').data[6], noisy)
    assert canvas.painter.now.stack[0].severity == 5.0


def test_results_that_come_while_held_wait_for_the_release(canvas, ball_case):
    canvas.painter.hold(True)
    noise(canvas, 5.0)
    np.testing.assert_array_equal(canvas.layer('image').data, ball_case.image[0])
    canvas.painter.hold(False)
    np.testing.assert_array_equal(canvas.layer('image').data, canvas.session.volume.image[0])


def test_the_reference_follows_the_state(canvas, ball_case):
    canvas.session.state.reference = 'second'
    canvas.settle()
    np.testing.assert_array_equal(canvas.layer('reference: second').data, ball_case.references['second'])
    assert canvas.layer('errors: threshold').data.max() > ErrorCode.TRUE_POSITIVE


def test_one_label_has_the_colours_of_reference_and_prediction(canvas):
    assert canvas.session.state.label == 1
    reference, prediction = canvas.layer('reference: expert'), canvas.layer('prediction: threshold')
    assert not np.allclose(reference.colormap.map(1), prediction.colormap.map(1))
    canvas.session.state.label = None
    np.testing.assert_allclose(reference.colormap.map(1), prediction.colormap.map(1))


def test_a_model_names_and_colours_labels_that_the_case_does_not(canvas, ball_case):
    model = canvas.session.models['threshold']
    model.spec = model.spec.model_copy(update={'classes': ('background', 'liver'), 'colours': ('#000000', '#102030')})
    model.key = 'coloured'
    canvas.session.open_case(replace(ball_case, references={}, labels={}), [Lane(source='threshold')])
    canvas.session.state.label = None
    canvas.settle()
    layer = canvas.layer('prediction: threshold')
    assert dict(zip(layer.features['index'], layer.features['name'], strict=True))[1] == 'liver'
    np.testing.assert_allclose(layer.colormap.map(1)[:3], np.array([0x10, 0x20, 0x30]) / 255, atol=1e-3)


def test_the_pointer_reads_names(canvas):
    status = canvas.layer('prediction: threshold').get_status((12.0, 12.0, 12.0), world=True)
    assert 'object' in status['value']


def test_lanes_have_layers_of_their_own_and_share_the_image(bare_canvas, ball_case):
    bare_canvas.open(ball_case, Lane(source='threshold'), Lane(source='wide'), Lane(source='shifted', given=True))
    assert 'prediction: wide' in bare_canvas.names()
    given = bare_canvas.layer('prediction: shifted').data
    np.testing.assert_array_equal(given, ball_case.predictions['shifted'])
    bare_canvas.painter.set_cells('lanes')
    images = bare_canvas.painter.layers.of_role('image')
    assert len(images) == 3
    assert all(np.shares_memory(image.data, images[0].data) for image in images)
    bare_canvas.session.state.lanes = bare_canvas.session.state.lanes[:1]
    bare_canvas.settle()
    assert not any('wide' in name or 'shifted' in name for name in bare_canvas.names())


def test_outside_the_context_box_is_dimmed(canvas):
    box = ((2, 9), (3, 20), (4, 21))
    lane = canvas.session.state.lanes[0]
    canvas.session.state.set_lane(0, context=lane.context.model_copy(update={'box': box}))
    canvas.settle()
    outside = canvas.layer('outside context').data
    inside = tuple(slice(*pair) for pair in box)
    assert not outside[inside].any()
    assert np.count_nonzero(outside) == outside.size - outside[inside].size
    canvas.session.state.set_lane(0, context=lane.context)
    canvas.settle()
    assert 'outside context' not in canvas.names()


def test_colour_images_and_single_channels(bare_canvas, ball_case):
    colour = np.stack([ball_case.image[0] * value for value in (50, 100, 255)])
    bare_canvas.session.models['threshold'].spec = bare_canvas.session.models['threshold'].spec
    case = replace(ball_case, image=colour, predictions={'shifted': ball_case.predictions['shifted']})
    bare_canvas.open(case, Lane(source='shifted', given=True))
    image = bare_canvas.layer('image')
    assert image.rgb
    assert image.data.dtype == np.uint8
    assert image.data[6, 12, 12].tolist() == [50, 100, 255]
    bare_canvas.painter.set_channel(2)
    image = bare_canvas.layer('image')
    assert not image.rgb
    np.testing.assert_array_equal(image.data, colour[2])


def test_a_case_from_layers_lies_where_they_lie(bare_canvas, ball_case):
    own = bare_canvas.viewer.add_image(
        ball_case.image[0], scale=(2, 1, 1), translate=(5, 6, 7), units='mm', axis_labels=('p', 'q', 'r')
    )
    bare_canvas.painter.place(ball_case, own)
    bare_canvas.open(ball_case)
    placed = Placement.of_layer(bare_canvas.layer('errors: threshold')).transforms
    assert tuple(placed['translate']) == (5, 6, 7)
    assert placed['axis_labels'] == ('p', 'q', 'r')


def test_soft_reference_of_the_chosen_label(canvas, ball_case):
    canvas.painter.show_soft_reference()
    assert 'soft reference' not in canvas.names()
    soft = np.stack([1 - ball_case.image[0], ball_case.image[0]]) * 0.5
    canvas.open(replace(ball_case, soft_references={'expert': soft.astype(np.float32)}))
    canvas.painter.show_soft_reference()
    assert canvas.layer('soft reference').data.max() == 0.5
    canvas.painter.show_soft_reference(False)
    assert 'soft reference' not in canvas.names()


def test_closing_cuts_every_connection_and_leaves_the_layers(canvas, connections):
    before = connections()
    second = Painter(canvas.viewer, canvas.session)
    assert connections() > before
    second.close()
    second.close()
    assert connections() == before
    assert canvas.names() == ALL


def test_another_image_on_the_same_grid_is_shown_in_the_same_layers(canvas, ball_case):
    before = {layer.name: layer for layer in canvas.viewer.layers}
    other = replace(ball_case, image=ball_case.image * 3 + 1, provenance={'dtype': 'float32'})
    canvas.open(other)
    assert {layer.name: layer for layer in canvas.viewer.layers} == before
    np.testing.assert_array_equal(canvas.layer('image').data, other.image[0])
    assert tuple(canvas.layer('image').contrast_limits) == other.intensity_range
    np.testing.assert_array_equal(canvas.layer('prediction: threshold').data, canvas.session.volume.lanes[0].labels)
    assert not ball_case.image.flags.writeable


def test_labels_of_another_table_are_told_in_the_same_layers(canvas, ball_case):
    canvas.open(ball_case.with_masks(labels={1: Label('liver')}))
    assert 'liver' in list(canvas.layer('reference: expert').features['name'])


def test_one_lane_is_drawn_at_a_time(canvas):
    def drawn() -> list[str]:
        return [layer.name.removeprefix('[sr] ') for layer in canvas.viewer.layers if layer.visible]

    canvas.session.state.lanes = (Lane(source='threshold'), Lane(source='wide'))
    canvas.settle()
    base = ['image', 'reference: expert']
    assert drawn() == [*base, 'prediction: threshold', 'errors: threshold']
    canvas.painter.show_lane(1)
    assert drawn() == [*base, 'prediction: wide', 'errors: wide']
    np.testing.assert_array_equal(canvas.layer('prediction: wide').data, canvas.session.volume.lanes[1].labels)
    canvas.session.state.lanes = canvas.session.state.lanes[:1]
    canvas.settle()
    assert drawn() == [*base, 'prediction: threshold', 'errors: threshold']


@pytest.mark.filterwarnings('ignore:Contours are not displayed during 3D')  # pytest hides the filter that we set
def test_masks_do_not_fill_the_errors_in_three_dimensions(canvas):
    canvas.viewer.dims.ndisplay = 3
    assert not canvas.layer('reference: expert').visible
    canvas.painter.show_map('none')
    assert canvas.layer('reference: expert').visible
    canvas.painter.show_map('errors')
    canvas.viewer.dims.ndisplay = 2
    assert canvas.layer('reference: expert').visible
