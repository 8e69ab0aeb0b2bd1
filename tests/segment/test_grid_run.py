"""Runs on a model's own grid: their answers lie on the grid of the case, whatever the order."""

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from monai.data import MetaTensor
from monai.inferers import sliding_window_inference
from monai.transforms import Activations, Compose, Orientation, ScaleIntensityRange, Spacing

from napari_segrobust.context.record import Context
from napari_segrobust.errors import ContextError, ModelError
from napari_segrobust.prompts import Box, Point, Prompts
from napari_segrobust.segment.inference import start_inference
from napari_segrobust.segment.intensity import Clip
from napari_segrobust.segment.precision import changed_by_half
from napari_segrobust.segment.prediction import labels_from
from napari_segrobust.segment.protocols import Shown
from napari_segrobust.segment.provisional import provisional_plane, provisional_windows
from napari_segrobust.segment.source import ArraySource
from napari_segrobust.segment.spec import ModelSpec

FOUND, WANTED = (3.0, 0.8, 1.1), (1.5, 1.3, 2.0)
SHAPE = (9, 30, 22)
few = settings(deadline=None, max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])


def begun(model, array, context=None, **given):
    return start_inference(model, ArraySource(array, FOUND[-(array.ndim - 1) :]), context or Context(), **given)


def finished(model, array, context=None, **given):
    run = begun(model, array, context, **given)
    run.advance(*run.pending())
    return run


def monai_bundle(model, array, affine, window):
    """What a bundle does: orient, resample, scale, slide, activate, and bring it all back."""
    tensor = MetaTensor(torch.from_numpy(array.copy()), affine=torch.from_numpy(affine))
    prepare = Compose([Orientation('RAS', labels=None), Spacing(WANTED), ScaleIntensityRange(-2, 2, 0, 1, clip=True)])
    seen = prepare(tensor)
    with torch.inference_mode():
        logits = sliding_window_inference(seen[None], window, 1, model.module, 0.5, 'gaussian')
    found = torch.as_tensor(np.asarray(Activations(softmax=True)(logits[0])))
    return np.asarray(prepare.inverse(MetaTensor(found, meta=seen.meta, applied_operations=seen.applied_operations)))


def test_the_whole_chain_is_that_of_a_monai_bundle(make_model, image):
    array = image((1, *SHAPE))
    affine = np.array([[0, 0, -FOUND[2], 3], [0, -FOUND[1], 0, 7], [FOUND[0], 0, 0, -4], [0, 0, 0, 1.0]])
    model = make_model(
        3, spacing=WANTED, orientation='RAS', intensity=Clip(clip=(-2, 2)), resample={'image': 1}, window=(8, 10, 6),
        overlap=0.5,
    )  # fmt: skip
    run = finished(model, array)
    assert run.shape == SHAPE
    np.testing.assert_allclose(run.probabilities(), monai_bundle(model, array, affine, (8, 10, 6)), atol=1e-4)
    np.testing.assert_allclose(run.probabilities().sum(axis=0), 1, atol=1e-5)
    assert run.valid().all()


@few
@given(
    data=st.data(),
    seed=st.integers(0, 1000),
    crop=st.booleans(),
    intensity=st.sampled_from(['none', 'zscore', 'zscore_nonzero', {'percentiles': (5, 95)}]),
    box=st.sampled_from([None, ((1, 8), (4, 29), (3, 20))]),
)
def test_no_order_of_windows_or_blocks_changes_a_bit(make_model, image, data, seed, crop, intensity, box):
    array = image((1, *SHAPE), seed)
    array[:, :, :4] = array[:, :, :, 18:] = -1
    model = make_model(3, spacing=WANTED, crop_foreground=crop, intensity=intensity, window=(8, 8, 6))
    one = finished(model, array, Context(box=box))
    other = begun(model, array, Context(box=box))
    windows = other.pending()
    while windows:
        other.advance(windows.pop(data.draw(st.integers(0, len(windows) - 1))))
        axis = data.draw(st.integers(0, 2))
        index = data.draw(st.integers(0, SHAPE[axis] - 1))
        plane = tuple(slice(index, index + 1) if a == axis else slice(0, n) for a, n in enumerate(SHAPE))
        final = other.valid(plane)
        known = one.probabilities(plane)[:, final]
        np.testing.assert_array_equal(other.probabilities(plane)[:, final], known, 'final values stay')
        assert other.final(plane) == (not other.pending(plane))
    np.testing.assert_array_equal(one.probabilities(), other.probabilities())
    np.testing.assert_array_equal(one.valid(), other.valid())


def test_the_shown_slice_needs_its_own_windows_alone_and_they_come_nearest_first(make_model, image):
    array = image((1, *SHAPE))
    run = begun(make_model(3, spacing=WANTED, window=(6, 6, 6), overlap=0), array)
    plane = (slice(4, 5), slice(0, 30), slice(0, 22))
    windows = run.pending(plane, (4, 25, 3))
    assert 0 < len(windows) < run.total
    start, stop = (np.array(edge) for edge in (windows[0].start, windows[0].stop))
    place = np.array([4, 25, 3]) * FOUND / WANTED
    assert (start - 0.5 <= place).all()
    assert (place <= stop - 0.5).all()
    run.advance(*windows)
    assert run.final(plane)
    assert run.valid(plane).all()
    assert not run.valid().all()


def test_the_context_box_is_kept_on_the_case(make_model, image):
    array, box = image((1, *SHAPE)), ((2, 6), (5, 20), (0, 22))
    run = finished(make_model(3, spacing=WANTED, window=(6, 6, 6)), array, Context(box=box))
    inside = np.zeros(SHAPE, bool)
    inside[tuple(slice(*edge) for edge in box)] = True
    np.testing.assert_array_equal(run.valid(), inside)
    assert not run.probabilities()[:, ~inside].any()
    np.testing.assert_allclose(run.probabilities().sum(axis=0), inside, atol=1e-5)
    with pytest.raises(ContextError, match='0 to 99 on axis 0'):
        begun(make_model(3, spacing=WANTED), array, Context(box=((0, 99), (0, 3), (0, 3))))


@pytest.mark.parametrize('spacing', ['native', WANTED])
def test_outside_the_foreground_is_background_and_final_from_the_start(make_model, image, spacing):
    array = image((1, *SHAPE))
    array[:, :3] = array[:, :, 25:] = 0
    array[:, 2, 0, 0] = 1e-3
    model = make_model(3, spacing=spacing, crop_foreground=True, background=1, window=(6, 6, 6))
    run = begun(model, array)
    outside = np.ones(SHAPE, bool)
    outside[2:, :25] = False
    np.testing.assert_array_equal(run.valid(), outside)
    run.advance(*run.pending())
    assert run.valid().all()
    probabilities = run.probabilities()
    np.testing.assert_array_equal(probabilities[:, outside], np.eye(3)[1][:, None].repeat(outside.sum(), 1))
    assert not labels_from(probabilities, model.spec)[outside].any()
    if spacing == 'native':
        alone = finished(make_model(3, window=(6, 6, 6)), np.ascontiguousarray(array[:, 2:, :25]))
        np.testing.assert_array_equal(probabilities[:, 2:, :25], alone.probabilities())
    dark = begun(model, array, Context(box=((0, 2), (0, 30), (0, 22))))
    assert (dark.total, dark.pending()) == (0, [])
    assert dark.final()
    assert dark.valid()[:2].all()
    assert (dark.probabilities()[1, :2] == 1).all()


def test_statistics_are_those_of_what_the_model_sees(make_model, image):
    array = image((1, *SHAPE)) ** 2
    array[:, :3] = array[:, :, 25:] = 0
    run = finished(make_model(3, crop_foreground=True, intensity='zscore'), array)
    assert run.statistics.offset[0] == pytest.approx(array[:, 3:, :25].mean(), rel=1e-5)


def test_a_slice_wise_model_goes_slice_by_slice_on_its_own_grid(make_model, image):
    array = image((1, *SHAPE))
    model = make_model(2, spacing=(1.3, 2.0), resample={'image': 1}, intensity='minmax', intensity_scope='slice')
    run = finished(model, array)
    for index in (0, 4, 8):
        alone = finished(model, array[:, index])
        np.testing.assert_allclose(run.probabilities()[:, index], alone.probabilities(), atol=1e-6)


@pytest.mark.parametrize('axis', [0, 1, 2])
def test_a_first_look_lies_where_the_slice_does(make_model, image, axis):
    array = image((1, *SHAPE))
    model = make_model(3, spacing=WANTED, window=(64, 64, 64))
    run = finished(model, array)
    index = 0  # the first plane is one of the model's own
    assert provisional_windows(model, run, Context(), axis, index) == 1
    look = provisional_plane(model, ArraySource(array, FOUND), Context(), axis, index)
    np.testing.assert_allclose(look, run.probabilities().take(index, axis + 1), atol=1e-5)
    with pytest.raises(ContextError, match='slice 0 of axis 0, box 2 to 5'):
        provisional_plane(model, ArraySource(array, FOUND), Context(box=((2, 5), (0, 30), (0, 22))), 0, 0)


def test_a_first_look_knows_the_crop(make_model, image):
    array = image((1, *SHAPE))
    array[:, :3] = -1
    model = make_model(3, crop_foreground=True, spacing=WANTED, window=(8, 8, 8))
    run = begun(model, array)
    assert provisional_windows(model, run, Context(), 0, 1) == 0
    assert (provisional_plane(model, ArraySource(array, FOUND), Context(), 0, 1)[0] == 1).all()
    assert provisional_windows(model, run, Context(), 0, 5) > 0


def test_half_precision_is_measured_on_the_models_grid(make_model, image):
    model, seen = make_model(3, spacing=WANTED, window=(6, 6, 6)), []
    model.module.register_forward_hook(lambda _m, inputs, _o: seen.append(tuple(inputs[0].shape)))
    assert changed_by_half(model, ArraySource(image((1, *SHAPE)), FOUND)) == 0
    assert set(seen) == {(1, 1, 6, 6, 6)}


def test_a_model_that_wants_mm_refuses_voxels(make_model, image):
    with pytest.raises(ModelError, match='nothing says how large'):
        start_inference(make_model(3, spacing=WANTED), ArraySource(image((1, *SHAPE)), (1, 1, 1), False), Context())


class Asked:
    """Says what it was shown, and finds what is bright."""

    spec = ModelSpec(name='asked', dimensions=3, classes=('background', 'object'), spacing=WANTED, prompts=('points',))
    key, device = 'asked', 'cpu'

    def segment(self, image, spacing, shown):
        self.told = image.shape, spacing, shown
        return np.stack([image[0] <= 0, image[0] > 0]).astype(np.float32)


def test_a_whole_model_is_shown_prompts_where_its_own_grid_has_them(image):
    model, drawn = Asked(), np.zeros(SHAPE, np.uint8)
    drawn[4:, 10:20, 5:15] = 2
    prompts = Prompts(points=[Point(at=(4, 13, 10))], boxes=[Box(edges=((2, 6), (0, 30), (3, 9)))])
    run = finished(model, image((1, *SHAPE)), shown=Shown(prompts, drawn))
    shape, spacing, shown = model.told
    assert spacing == pytest.approx(WANTED)
    assert shown.scribbles.shape == shape[1:]
    np.testing.assert_allclose(shown.prompts.points[0].at, np.array([4, 13, 10]) * FOUND / WANTED)
    np.testing.assert_allclose(
        shown.prompts.boxes[0].edges, [(3.5, 11.5), (0.5 - 0.5 * 8 / 13, 29.5 * 8 / 13 + 0.5), (1.875, 5.175)]
    )
    assert run.shape == SHAPE
    # The same part of the volume, but for a voxel's rounding along each side.
    size = np.prod(np.array(FOUND) / WANTED)
    assert (shown.scribbles == 2).sum() == pytest.approx((drawn == 2).sum() * size, rel=0.25)
