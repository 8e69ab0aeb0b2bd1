"""Solo, one seed, order and added masks: what the state says is what acts."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from napari_segrobust.explore.preview import PreviewCase
from napari_segrobust.explore.state import ExploreState, Lane, Plane
from napari_segrobust.perturb import Perturbation, Region, mask_sha256, measure_change, perturbations

STACK = (
    Perturbation(name='gaussian_noise', severity=2.0, seed=1),
    Perturbation(name='bias_field', severity=3.0, seed=2),
    Perturbation(name='gamma', severity=1.0, enabled=False),
)


@pytest.fixture
def state():
    return ExploreState(stack=STACK)


def test_solo_silences_the_others_and_leaves_their_switches(state):
    state.solo = 1
    assert [entry.enabled for entry in state.acting] == [False, True, False]
    assert [entry.enabled for entry in state.stack] == [True, True, False]
    state.solo = None
    assert state.acting == STACK


def test_one_seed_takes_the_place_of_each(state):
    state.seed = 9
    assert [entry.seed for entry in state.acting] == [9, 9, 9]
    assert [entry.seed for entry in state.stack] == [1, 2, 0]


def test_focus_and_solo_stay_with_their_entries(state):
    state.focus, state.solo = 0, 1
    state.reorder([2, 1, 0])
    assert [entry.name for entry in state.stack] == ['gamma', 'bias_field', 'gaussian_noise']
    assert state.focused.name == 'gaussian_noise'
    assert state.stack[state.solo].name == 'bias_field'
    state.reorder([0, 2])
    assert state.solo is None, 'the soloed entry went'
    state.reorder([])
    assert state.focused is None


def test_solo_is_undone(session):
    session.state.set_stack(STACK)
    session.history.commit()
    session.state.solo = 0
    session.history.commit()
    session.history.undo()
    assert session.state.solo is None
    session.history.redo()
    assert session.state.solo == 0


def test_solo_gives_the_image_of_that_entry_alone(session):
    session.state.set_stack(STACK, solo=1)
    assert session.wait()
    soloed = session.plane.image.copy()
    session.state.set_stack(STACK[1:2])
    assert session.wait()
    np.testing.assert_array_equal(session.plane.image, soloed)


def test_change_and_texture_of_the_shown_slice(session):
    session.state.ask('change')
    session.state.ask('texture')
    session.state.set_perturbation(0, severity=3.0)
    assert session.wait()
    extras, plane = session.extras, session.plane
    clean = session.case.image[:, plane.request.plane.index]
    assert extras.request is plane.request
    assert extras.change == measure_change(clean, plane.image, session.case.intensity_range)
    assert plane.rms_percent == pytest.approx(extras.change.rms_percent)
    assert extras.texture is not None
    session.state.set_perturbation(0, severity=0.0)
    assert session.wait()
    assert session.extras.change.rms_percent == 0
    assert session.extras.texture == session.extras.clean_texture


def test_pictures_before_and_after_each_entry(session):
    remedy = next(spec.name for spec in perturbations().values() if spec.stage == 'remedy')
    session.state.ask('rows')
    session.state.set_stack((Perturbation(name=remedy, severity=2.0), STACK[0], STACK[2]))
    assert session.wait()
    rows = session.extras.rows
    clean = session.case.image[:, session.plane.request.plane.index]
    np.testing.assert_array_equal(rows[1][0], clean)
    np.testing.assert_array_equal(rows[0][0], rows[1][1], 'a remedy gets what the others left')
    np.testing.assert_array_equal(rows[0][1], session.plane.image)
    np.testing.assert_array_equal(*rows[2], 'what is switched off changes nothing')


def test_curve_dots_know_the_change_of_their_image(session):
    for severity in (1.0, 3.0):
        session.state.set_perturbation(0, severity=severity)
        assert session.wait()
    curve = session.curves.identify(session.plane.request, 0, 'slice', session.state.label)
    changes = session.curves.changes(curve)
    assert 0 < changes[1.0] < changes[3.0] == session.plane.rms_percent


def test_network_view_is_what_the_model_is_given(session):
    model = session.models['threshold']
    model.spec = model.spec.model_copy(update={'intensity': 'zscore'})
    session.state.ask('network')
    session.state.set_perturbation(0, severity=2.0)
    assert session.wait()
    whole, view = session.volume.image, session.volume.lanes[0]
    np.testing.assert_allclose(view.network, (whole - whole.mean()) / whole.std(), atol=1e-4)
    np.testing.assert_array_equal(session.plane.lanes[0].network, view.network[:, session.plane.request.plane.index])
    clean, (lo, hi) = session.case.image, session.case.intensity_range
    assert view.network_range == pytest.approx([(x - clean.mean()) / clean.std() for x in (lo, hi)], rel=1e-4)


class TestAmend:
    """Drawn masks are added to the open case; nothing that does not depend on them is computed anew."""

    def drawn(self, session, half):
        mask = np.zeros(session.case.shape, bool)
        mask[..., :half] = True
        key = mask_sha256(mask)
        session.amend(masks={key: mask})
        return Region(kind='mask', mask_sha256=key)

    def test_the_region_acts(self, session):
        session.state.set_perturbation(0, severity=4.0, region=self.drawn(session, 8))
        assert session.wait()
        assert session.status.kind == 'idle'
        changed = (session.volume.image != session.case.image)[0]
        assert changed[..., :8].any()
        assert not changed[..., 8:].any()

    def test_the_cache_is_kept(self, session):
        assert session.wait()
        engine = session._compute._engine
        runs, fields = set(engine.cache._values), engine.references.clean.fields
        self.drawn(session, 8)
        session.request()
        assert session.wait()
        assert runs <= set(engine.cache._values)
        assert engine.references.clean.fields is fields

    def test_what_undo_needs_is_kept_and_the_rest_goes(self, session):
        first = self.drawn(session, 8)
        session.state.set_perturbation(0, severity=4.0, region=first)
        session.history.commit()
        forgotten = self.drawn(session, 9)
        second = self.drawn(session, 10)
        session.state.set_perturbation(0, region=second)
        session.history.commit()
        assert set(session.case.drawn_masks) == {first.mask_sha256, second.mask_sha256}
        assert forgotten.mask_sha256 not in session.case.drawn_masks
        session.history.undo()
        assert session.wait()
        assert session.status.kind == 'idle'

    def test_other_masks_of_the_same_image_keep_them(self, session, ball_case):
        region = self.drawn(session, 8)
        session.state.set_perturbation(0, severity=4.0, region=region)
        assert session.wait()
        session.open_case(replace(ball_case, predictions={}), [Lane(source='threshold')])
        assert session.wait()
        assert session.status.kind == 'idle'
        assert region.mask_sha256 in session.case.drawn_masks

    def test_the_key_is_not_hashed_anew(self, session):
        key = session.case.key
        self.drawn(session, 8)
        assert session.case.__dict__['key'] == key


@pytest.mark.parametrize('axis', [0, 1, 2])
def test_a_preview_is_of_the_shown_plane(ball_case, axis):
    plane = Plane(axis=axis, index=5)
    preview = PreviewCase(ball_case, plane)
    before, after = preview.pictures('gaussian_noise', 3.0)
    np.testing.assert_array_equal(before, ball_case.image.take(5, axis=1 + axis))
    assert not np.array_equal(before, after)
    assert preview.shows(ball_case, plane)
    assert not preview.shows(ball_case, Plane(axis=axis, index=6))


def test_a_preview_of_a_large_plane_is_small(ball_case):
    image = np.random.default_rng(0).random((1, 700, 600), np.float32)
    from napari_segrobust.cases import load_case

    case = load_case(image[0], references={'all': np.ones((700, 600), np.uint8)})
    preview = PreviewCase(case, Plane())
    assert preview.clean.shape == (233, 200)
    assert preview.clean.references['all'].shape == (233, 200)
    assert max(preview.pictures('gamma', 3.0)[1].shape) <= 160


def test_what_cannot_act_has_no_preview(ball_case):
    preview = PreviewCase(replace(ball_case, references={}), Plane())
    assert preview.pictures('label_contrast', 3.0) == ()
    assert preview.pictures('wrong_spacing', 3.0) == ()
