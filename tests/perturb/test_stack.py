"""The contract of every perturbation; a new family is tested by existing."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.ndimage import gaussian_filter

from napari_segrobust.errors import PerturbationError
from napari_segrobust.perturb import (
    Clean,
    FieldStore,
    Perturbation,
    Region,
    get_spec,
    new_perturbation,
    perturb_block,
    perturbations,
)
from napari_segrobust.perturb.warp import Warp, nearest, source_block, warped

#: All that changes voxels; what acts on masks or headers has tests of its own.
NAMES = sorted(name for name, spec in perturbations().items() if spec.changes_voxels)
WARPS = [name for name in NAMES if perturbations()[name].coordinates]
CONTINUOUS = [name for name in NAMES if perturbations()[name].kind == 'continuous']
#: Gives the clean range back: alone it changes nothing, which `families/test_remedy` looks at.
IDLE = {'renormalise'}
RANDOM = [name for name in NAMES if perturbations()[name].draw]
SHAPES = [(12, 17, 15), (20, 23)]
RANGE = (5.0, 800.0)
#: Drawn fields of all tests.
FIELDS = FieldStore()
#: Another image, of another shape, by its number of axes.
OTHER = {ndim: np.random.default_rng(3).gamma(2.0, 120.0, (14, 19, 16)[-ndim:]).astype(np.float32) for ndim in (2, 3)}


def whole(shape):
    return tuple(slice(0, n) for n in shape)


def sample(shape, channels=1):
    """Blobs on air, with values on both sides of the intensity range."""
    rng = np.random.default_rng(0)
    image = np.stack([gaussian_filter(rng.standard_normal(shape), 2) for _ in range(channels)])
    return (np.clip(image / image.std(), -0.01, None) * 300 + 5).astype(np.float32)


def organs(shape):
    """A label mask with two labels and background, for those that use a reference."""
    labels = np.zeros(shape, np.uint8)
    labels[tuple(slice(n // 5, n // 2 + 1) for n in shape)] = 1
    labels[tuple(slice(n // 2 + 1, n - n // 6) for n in shape)] = 2
    return labels


def fits(name, image):
    """The same image with as many channels as a perturbation needs."""
    wanted = 3 if 'rgb' in get_spec(name).needs else 2 if 'channels' in get_spec(name).needs else len(image)
    return np.concatenate([image] * wanted)[:wanted] + np.arange(wanted, dtype=np.float32).reshape(
        -1, *[1] * (image.ndim - 1)
    )


def entry(name, severity, seed=0, **options):
    """A record with another image, for those that lead towards one."""
    target = 'other' if 'target' in get_spec(name).needs else None
    return new_perturbation(name, severity, seed, target=target, **options)


def run(image, *stack, block=None, spacing=None, intensity_range=RANGE, device='cpu', **options):
    shape = image.shape[1:]
    clean = Clean(
        image,
        intensity_range,
        spacing,
        references={'expert': organs(shape)},
        targets={'other': OTHER[len(shape)]},
        fields=FIELDS,
        **options,
    )
    return perturb_block(clean, stack, block=block or whole(shape), device=device)


def test_empty_stack_is_a_read_only_view():
    image = sample((8, 9))
    out = run(image)
    assert np.shares_memory(out, image)
    assert not out.flags.writeable
    assert image.flags.writeable
    assert np.array_equal(out, image)


@pytest.mark.parametrize('name', NAMES)
def test_severity_zero_and_disabled_are_the_identity_to_the_bit(name):
    image = fits(name, sample((8, 9, 10)))
    image[0, 0, 0, :2] = np.nan, -0.0
    off = entry(name, 4.0).model_copy(update={'enabled': False})
    assert run(image, entry(name, 0.0, 3), off).tobytes() == image.tobytes()


@pytest.mark.parametrize('shape', SHAPES)
@pytest.mark.parametrize('name', NAMES)
def test_input_is_never_changed(name, shape):
    image = fits(name, sample(shape, channels=2))
    before = image.copy()
    out = run(image, entry(name, 3.0, 1))
    assert np.array_equal(image, before)
    assert out.shape == image.shape
    assert out.dtype == np.float32
    assert out.flags.writeable
    assert not np.shares_memory(out, image)
    assert np.isfinite(out).all()
    assert name in IDLE or not np.array_equal(out, image)
    for same in (np.flip(np.flip(image, 1).copy(), 1), image.astype('>f4'), image):
        same.flags.writeable = False
        assert np.array_equal(run(same, entry(name, 3.0, 1)), out)


@pytest.mark.parametrize('name', RANDOM)
def test_seed_decides_the_draw(name):
    image = fits(name, sample((20, 23)))
    one, same = (run(image, entry(name, 3.0, 1)) for _ in range(2))
    assert np.array_equal(one, same)
    assert any(not np.array_equal(one, run(image, entry(name, 3.0, seed))) for seed in range(2, 8))


@given(st.sampled_from(CONTINUOUS), st.sampled_from(SHAPES), st.floats(0.02, 5), st.floats(0.02, 5), st.integers(0, 5))
def test_change_grows_with_severity(name, shape, one, other, seed):
    image = fits(name, sample(shape))
    low, high = (
        float(np.sqrt(np.mean((run(image, entry(name, severity, seed)) - image) ** 2, dtype=float)))
        for severity in sorted((one, other))
    )
    assert low <= high * (1 + 1e-4) + 1e-4


@given(st.sampled_from(CONTINUOUS), st.sampled_from(SHAPES), st.floats(0, 4.99))
def test_change_is_continuous_in_severity(name, shape, severity):
    image = fits(name, sample(shape))
    near, far = (run(image, entry(name, severity + step, 1)) for step in (1e-4, 1e-2))
    start = run(image, entry(name, severity, 1))
    # Salt and pepper breaks one voxel after another, so it is continuous as a whole and not in each voxel.
    assert np.abs(near - start).mean() <= 0.005 * (RANGE[1] - RANGE[0])
    assert np.abs(far - start).mean() <= 0.02 * (RANGE[1] - RANGE[0])


@given(
    st.sampled_from(
        [name for name in CONTINUOUS if perturbations()[name].response != 'nonlinear' and name not in IDLE]
    ),
    st.sampled_from(SHAPES),
    st.floats(0.3, 2.5),
    st.integers(0, 5),
)
def test_change_keeps_its_direction(name, shape, severity, seed):
    lo, hi = RANGE
    image = fits(name, sample(shape))
    u = (image - lo) / (hi - lo)
    half, full = ((run(image, entry(name, s, seed)) - lo) / (hi - lo) for s in (severity, 2 * severity))
    if perturbations()[name].response == 'linear':
        one, two = (half - u).ravel().astype(float), (full - u).ravel().astype(float)
    else:
        clear = (u > 0.05) & (full > 0.001)
        one, two = np.log(half[clear] / u[clear]).astype(float), np.log(full[clear] / u[clear]).astype(float)
    assert one @ two / np.sqrt((one @ one) * (two @ two)) > 0.999


@st.composite
def stacks_and_blocks(draw):
    shape = draw(st.sampled_from([(12, 17, 15), (1, 14, 13), (20, 23)]))
    names = draw(st.lists(st.sampled_from(NAMES), min_size=1, max_size=3))
    severities = [draw(st.floats(0.1, 5)) for _ in names]
    starts = [draw(st.integers(0, n - 1)) for n in shape]
    stops = [draw(st.integers(start + 1, n)) for start, n in zip(starts, shape, strict=True)]
    return shape, names, severities, tuple(map(slice, starts, stops))


@settings(max_examples=60)
@given(stacks_and_blocks(), st.booleans())
def test_block_equals_that_block_of_the_whole(asked, feathered):
    shape, names, severities, block = asked
    image = sample(shape, channels=3)
    region = Region(kind='box', box=((0, 1), *((3, 11) for _ in shape[1:]))) if feathered else Region()
    weight = np.random.default_rng(1).random(shape, dtype=np.float32)
    stack = [entry(n, s, 7, region=region) for n, s in zip(names, severities, strict=True)]
    options = {'spacing': (3.0, 1.0, 0.7)[-len(shape) :], 'region_weights': lambda region, block: weight[block]}
    part = run(image, *stack, block=block, **options)
    expected = run(image, *stack, **options)[(slice(None), *block)]
    assert np.array_equal(part, expected)


@pytest.mark.parametrize('axis', [0, 1, 2])
@pytest.mark.parametrize('name', NAMES)
def test_slice_equals_that_slice_of_the_volume(name, axis):
    image = fits(name, sample((12, 17, 15)))
    block = tuple(slice(4, 5) if a == axis else s for a, s in enumerate(whole(image.shape[1:])))
    asked = entry(name, 3.0, 7)
    expected = run(image, asked, spacing=(2.0, 1.0, 1.0))[(slice(None), *block)]
    part = run(image, asked, block=block, spacing=(2.0, 1.0, 1.0))
    assert np.array_equal(part, expected)


@pytest.mark.parametrize('name', NAMES)
def test_slabs_equal_one_piece(name, monkeypatch):
    image, asked = fits(name, sample((12, 17, 15), channels=2)), entry(name, 3.0, 7)
    expected = run(image, asked)
    monkeypatch.setattr('napari_segrobust.perturb.stack._SLAB', 500)
    monkeypatch.setattr('napari_segrobust.perturb.warp._SLAB', 500)
    assert np.array_equal(run(image, asked), expected)


#: Those that change each channel as if it were alone.
CHANNELWISE = [n for n in NAMES if not ({'rgb', 'channels'} & set(get_spec(n).needs) or get_spec(n).mixes_channels)]


@pytest.mark.parametrize('name', CHANNELWISE)
def test_channels_are_changed_one_by_one(name):
    image = sample((14, 15), channels=3)
    out = run(image, entry(name, 3.0, 7))
    assert np.array_equal(run(image[:1], entry(name, 3.0, 7)), out[:1])


@pytest.mark.parametrize('name', NAMES)
def test_channels_that_are_not_chosen_stay(name):
    image = sample((14, 15), channels=3)
    out, every = run(image, entry(name, 3.0, 7, channels=(1,))), run(image, entry(name, 3.0, 7))
    assert np.array_equal(out[[0, 2]], image[[0, 2]])
    assert np.array_equal(out[1], every[1])


@pytest.mark.parametrize('name', [name for name in NAMES if name not in WARPS])
def test_voxels_that_are_not_finite_pass_through_and_harm_no_neighbour(name):
    image = fits(name, sample((6, 17, 15)))
    broken = image.copy()
    broken[0, 2, 3, 4:7] = np.nan, np.inf, -np.inf
    filled = image.copy()
    filled[0, 2, 3, 4:7] = RANGE[0]
    out = run(broken, entry(name, 3.0, 7))
    assert np.array_equal(out[0, 2, 3, 4:7], broken[0, 2, 3, 4:7], equal_nan=True)
    rest = np.isfinite(broken)
    assert np.array_equal(out[rest], run(filled, entry(name, 3.0, 7))[rest])
    assert np.isfinite(out[rest]).all()


@pytest.mark.parametrize('name', WARPS)
def test_a_warp_takes_voxels_that_are_not_finite_for_lo(name):
    image = sample((6, 17, 15))
    broken, filled = image.copy(), image.copy()
    broken[0, 2, 3, 4:7] = np.nan, np.inf, -np.inf
    filled[0, 2, 3, 4:7] = RANGE[0]
    assert np.array_equal(run(broken, entry(name, 3.0, 7)), run(filled, entry(name, 3.0, 7)))


@pytest.mark.parametrize('shape', [(1, 1), (1, 1, 1), (1, 9), (2, 1, 3)])
@pytest.mark.parametrize('name', NAMES)
def test_tiny_images(name, shape):
    image = fits(name, np.full((1, *shape), 400, np.float32))
    out = run(image, entry(name, 5.0, 7))
    assert out.shape == image.shape
    assert np.isfinite(out).all()


@pytest.mark.parametrize('name', NAMES)
@pytest.mark.parametrize('value', [0.0, -1024.0, 3e7])
def test_constant_negative_and_huge_images(name, value):
    image = fits(name, np.full((1, 9, 10), value, np.float32))
    out = run(image, entry(name, 3.0, 7), intensity_range=(value, value + 1))
    assert np.isfinite(out).all()


def test_stack_is_applied_in_order():
    image = sample((8, 9, 10))
    first, second = new_perturbation('gaussian_noise', 2.0, 1), new_perturbation('gamma', 3.0, 2)
    assert np.array_equal(run(image, first, second), run(run(image, first), second))
    assert not np.array_equal(run(image, first, second), run(image, second, first))


@pytest.mark.parametrize('name', [name for name in NAMES if name not in WARPS])
def test_region_blends_and_is_exact_at_its_ends(name):
    image = fits(name, sample((10, 11, 12)))
    weight = np.clip(np.random.default_rng(2).random(image.shape[1:], dtype=np.float32) * 3 - 1, 0, 1)
    asked = entry(name, 3.0, 7, region=Region(kind='foreground'))
    everywhere = run(image, asked.model_copy(update={'region': Region()}))
    out = run(image, asked, region_weights=lambda region, block: weight[block])
    assert np.array_equal(out[:, weight == 0], image[:, weight == 0])
    assert np.array_equal(out[:, weight == 1], everywhere[:, weight == 1])
    np.testing.assert_allclose(out, image + weight * (everywhere - image), rtol=1e-5, atol=1e-3)


@pytest.mark.parametrize('name', WARPS)
def test_a_warp_stays_at_home_outside_its_region(name):
    image = sample((10, 11, 12))
    weight = np.zeros(image.shape[1:], np.float32)
    weight[:, 4:8] = 1
    asked = entry(name, 3.0, 7, region=Region(kind='foreground'))
    out = run(image, asked, region_weights=lambda region, block: weight[block])
    everywhere = run(image, asked.model_copy(update={'region': Region()}))
    assert np.array_equal(out[:, weight == 0], image[:, weight == 0])
    assert np.array_equal(out[:, weight == 1], everywhere[:, weight == 1])


@pytest.mark.parametrize('name', NAMES)
def test_explicit_parameters_override_severity(name):
    image = fits(name, sample((14, 15)))
    spec = perturbations()[name]
    at_four = {p.name: p.at(4.0) for p in spec.parameters}
    assert np.array_equal(run(image, entry(name, 1.0, 7, parameters=at_four)), run(image, entry(name, 4.0, 7)))


def test_the_scale_of_a_record_and_its_clip():
    image = sample((14, 15))
    lo, hi = float(image.min()), float(image.max())
    for scale, ends in (('minmax', (lo, hi)), ('byte', (0.0, 255.0))):
        out = run(image, new_perturbation('gaussian_noise', 3.0, 7, scale=scale))
        assert np.array_equal(out, run(image, new_perturbation('gaussian_noise', 3.0, 7), intensity_range=ends))
        cut = run(image, new_perturbation('gaussian_noise', 3.0, 7, scale=scale, clip=True))
        assert np.array_equal(cut, out.clip(*np.float32(ends)))


def test_wrong_entries_are_refused_even_when_off():
    with pytest.raises(PerturbationError, match='Did you mean'):
        run(sample((8, 9)), Perturbation(name='gausian_noise'))


@pytest.mark.parametrize('name', [name for name in NAMES if get_spec(name).needs])
def test_an_unmet_need_is_one_clear_line(name):
    bare = Clean(sample((14, 15)), RANGE)
    with pytest.raises(PerturbationError) as caught:
        perturb_block(bare, [new_perturbation(name, 3.0)], block=whole((14, 15)))
    assert 'unusable' in str(caught.value)
    assert '\n' not in str(caught.value)


@pytest.mark.parametrize('name', [name for name in NAMES if get_spec(name).expects == 'HU'])
def test_what_acts_on_hounsfield_units_refuses_other_modalities(name):
    with pytest.raises(PerturbationError, match='Hounsfield'):
        run(sample((14, 15)), entry(name, 3.0), modality='MR')


def test_a_channel_that_is_not_there_is_refused():
    with pytest.raises(PerturbationError, match='no channel 4'):
        run(sample((8, 9)), new_perturbation('gamma', 1.0, channels=(0, 4)))


def test_a_record_of_another_version_is_refused():
    with pytest.raises(PerturbationError, match='would not replay'):
        run(sample((8, 9)), new_perturbation('gamma', 1.0).model_copy(update={'version': 99}))


@pytest.mark.parametrize('name', [name for name in NAMES if get_spec(name).homogeneous])
def test_homogeneous_families_do_not_know_the_length_of_the_scale(name):
    image = sample((12, 17, 15))
    found = run(image, entry(name, 3.0, 1))
    other = run(image, entry(name, 3.0, 1), intensity_range=(RANGE[0], RANGE[0] + 3 * (RANGE[1] - RANGE[0])))
    np.testing.assert_allclose(found, other, rtol=1e-5, atol=1e-2)


@pytest.mark.parametrize('shape', [(9, 14, 11), (12, 12), (1, 7, 8), (8, 13)])
@pytest.mark.parametrize('name', [name for name in NAMES if get_spec(name).reorder])
def test_moves_of_whole_voxels_are_those_of_their_coordinates(name, shape):
    """Copies of axes against sampling at the coordinates, on the image and on masks, on all of it and on a part."""
    image, labels = sample(shape, channels=2), organs(shape)
    clean = Clean(image, RANGE)
    for severity in (1.0, 2.0, 3.0, 4.0, 5.0):
        copied, sampled = (Warp(clean, entry(name, severity)) for _ in range(2))
        assert copied.moves
        sampled.moves = None
        for block in (whole(shape), tuple(slice(n // 3, n // 3 + 1 + n // 4) for n in shape)):
            given = source_block(copied, block)
            part = torch.from_numpy(image[(slice(None), *given)])
            found, expected = (warped(part, warp, given, block, -7.0) for warp in (copied, sampled))
            assert torch.equal(found, expected)
            found, expected = (nearest(labels[given], warp, given, block) for warp in (copied, sampled))
            assert np.array_equal(found, expected)


def test_pieces_of_a_large_volume_are_those_of_the_whole(monkeypatch):
    from napari_segrobust.perturb import stack

    image = sample((40, 26, 22))
    entries = [entry('rigid', 1.0), entry('gaussian_blur', 3.0), entry('gaussian_noise', 2.0)]
    expected = run(image, *entries)
    monkeypatch.setattr(stack, '_SLAB', 1000)
    monkeypatch.setattr(stack, '_PIECE', 4000)
    steps = stack._Run(Clean(image, RANGE), 'cpu').plan(entries, whole((40, 26, 22)))
    assert len(list(stack._parts(steps, whole((40, 26, 22))))) > 1
    assert np.array_equal(run(image, *entries), expected)
