"""What is laid over, cut out of, written on or put into an image, against hand-worked cases."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import ndimage, stats

from napari_segrobust.errors import PerturbationError
from napari_segrobust.perturb import Clean, make_field, new_perturbation, perturb, perturb_block
from napari_segrobust.perturb.families.content._font import printed

UNIT = (0.0, 1.0)


@pytest.fixture
def grey():
    """Noise around the middle of the range."""
    return (0.5 + 0.1 * np.random.default_rng(0).standard_normal((90, 120))).astype(np.float32)


def changed(image, *arguments, **options):
    return np.abs(perturb(image, *arguments, intensity_range=UNIT, **options) - image) > 1e-6


# --- occlusion


@pytest.mark.parametrize('seed', range(4))
def test_things_are_opaque_and_even_at_the_end_and_faint_at_the_start(grey, seed):
    drawn = make_field('occlusion', seed, 1, grey.shape, (1.0, 1.0))
    full = perturb(grey, 'occlusion', 5, seed, intensity_range=UNIT)
    shades = np.unique(np.round(full[changed(grey, 'occlusion', 5, seed)], 5), return_counts=True)
    flat = shades[0][shades[1] > 50]
    assert set(flat) <= {np.round(shade, 5) for shade in drawn['shade'][0, :, 0]}
    assert len(flat) >= 1
    fifth = perturb(grey, 'occlusion', 1, seed, intensity_range=UNIT)
    np.testing.assert_allclose(fifth - grey, 0.2 * (full - grey), atol=1e-6)


def test_a_thing_has_its_size_in_mm_whatever_the_voxels(monkeypatch):
    one = {
        'centre': np.full((1, 1, 2), 0.5, np.float32),
        'stretch': np.ones((1, 1, 2), np.float32),
        'round': np.ones((1, 1), np.float32),
        'shade': np.ones((1, 1, 4), np.float32),
    }
    monkeypatch.setattr('napari_segrobust.perturb.fields.make_field', lambda *_: one)
    for spacing, shape in (((1.0, 1.0), (201, 201)), ((0.5, 2.0), (401, 101))):
        out = perturb(np.zeros(shape, np.float32), 'occlusion', 5, spacing=spacing, intensity_range=UNIT)
        assert out.sum() * np.prod(spacing) == pytest.approx(np.pi * 25**2, rel=0.03)  # 25 % of 200 mm across


# --- cut-out


@pytest.mark.parametrize('fill', [0.0, 1.0])
def test_boxes_hold_the_mean_or_lo_and_nest(grey, fill):
    options = {'parameters': {'fill': fill}, 'intensity_range': UNIT}
    before = np.zeros(grey.shape, bool)
    for severity in (1, 2.5, 5):
        out = perturb(grey, 'cut_out', severity, 3, **options)
        gone = np.isclose(out, fill * grey.mean(dtype=float), atol=1e-6)
        assert gone.sum() > 10
        assert not (before & ~gone).any()
        before = gone


def test_a_box_covers_its_share_of_the_image_and_parts_of_voxels(grey):
    centre = make_field('cut_out', 5, 1, grey.shape, (1.0, 1.0))['centre'][0, 0]
    ones = np.ones(grey.shape, np.float32)
    out = perturb(ones, 'cut_out', 1, 5, parameters={'side': 13.0, 'boxes': 1, 'fill': 0}, intensity_range=UNIT)
    sides = [
        min(n * (c + 0.065), n) - max(n * (c - 0.065), 0) for n, c in zip(grey.shape, centre.astype(float), strict=True)
    ]
    assert (1 - out).sum() == pytest.approx(np.prod(sides), rel=1e-4)


# --- textures


@pytest.fixture(scope='module')
def two_textures():
    """Bright coarse noise in a disc, dark fine noise around it, and the disc."""
    rng = np.random.default_rng(0)
    y, x = np.mgrid[:200, :200]
    disc = ((y - 100) ** 2 + (x - 90) ** 2 < 55**2).astype(np.uint8)
    coarse = ndimage.gaussian_filter(rng.standard_normal(disc.shape), 3)
    fine = rng.gamma(2.0, 0.05, disc.shape)
    return np.where(disc, 0.7 + 0.1 * coarse / coarse.std(), fine).astype(np.float32), disc


@pytest.mark.parametrize(('name', 'side'), [('texture_to_background', 1), ('texture_to_foreground', 0)])
def test_the_blend_is_kamaths_and_stays_on_its_side(two_textures, name, side):
    image, disc = two_textures
    options = {'reference': disc, 'intensity_range': UNIT}
    full, part = (perturb(image, name, 1, 4, parameters={'share': share}, **options) for share in (100, 30))
    assert np.array_equal(full[disc != side], image[disc != side])
    np.testing.assert_allclose(part, 0.7 * image + 0.3 * full, atol=1e-6)


@pytest.mark.parametrize(('name', 'side'), [('texture_to_background', 1), ('texture_to_foreground', 0)])
def test_the_texture_has_the_other_sides_values_and_grain(two_textures, name, side):
    image, disc = two_textures
    out = perturb(image, name, 1, 4, parameters={'share': 100}, reference=disc, intensity_range=UNIT)
    made, real = out[disc == side], image[disc != side]
    assert stats.ks_2samp(made, real).statistic < 0.08
    assert made.mean() == pytest.approx(real.mean(), rel=0.05)
    assert made.std() == pytest.approx(real.std(), rel=0.15)

    def grain(values, inside):
        """Correlation of neighbours of a side."""
        both = inside[:, 1:] & inside[:, :-1]
        return np.corrcoef(values[:, 1:][both], values[:, :-1][both])[0, 1]

    wanted = grain(image, ndimage.binary_erosion(disc != side, iterations=2))
    assert grain(out, ndimage.binary_erosion(disc == side, iterations=2)) == pytest.approx(wanted, abs=0.1)


def test_the_texture_comes_from_nearby_and_from_one_label():
    image = np.zeros((120, 120), np.float32)
    labels = np.zeros(image.shape, np.uint8)
    labels[50:70, 50:70], labels[90:100, 90:100] = 1, 2
    image[30:90, 30:90] = 0.4  # what lies near label 1
    image[labels == 1], image[labels == 2] = 0.9, 0.7
    options = {'reference': labels, 'intensity_range': UNIT}
    near = perturb(image, 'texture_to_background', 1, parameters={'share': 100, 'label': 1}, **options)
    np.testing.assert_allclose(near[labels == 1], 0.4, atol=1e-6)
    assert np.array_equal(near[labels != 1], image[labels != 1])
    one = perturb(image, 'texture_to_foreground', 1, parameters={'share': 100, 'label': 2}, **options)
    np.testing.assert_allclose(one, 0.7, atol=1e-6)
    with pytest.raises(PerturbationError, match='Choose 0 or 1, 2'):
        perturb(image, 'texture_to_background', 1, parameters={'label': 3}, **options)


def test_a_reference_without_two_sides_changes_nothing(grey):
    for labels in (np.zeros(grey.shape, np.uint8), np.ones(grey.shape, np.uint8)):
        for name in ('texture_to_background', 'texture_to_foreground'):
            assert np.array_equal(perturb(grey, name, 5, reference=labels, intensity_range=UNIT), grey)


def test_a_region_of_single_voxels_still_gives_its_values():
    image, labels = np.full((40, 40), 0.1, np.float32), np.zeros((40, 40), np.uint8)
    labels[::5, ::5] = 1
    image[labels == 1] = 0.8
    out = perturb(image, 'texture_to_foreground', 1, parameters={'share': 100}, reference=labels, intensity_range=UNIT)
    np.testing.assert_allclose(out, 0.8, atol=1e-6)


# --- channels


@pytest.fixture
def colours():
    """Three channels of different means, channels first."""
    means = np.array([0.2, 0.5, 0.8], np.float32)[:, None, None]
    return means + 0.05 * np.random.default_rng(0).standard_normal((3, 20, 30)).astype(np.float32)


def test_one_channel_is_lost_and_the_seed_says_which(colours):
    lost = set()
    for seed in range(12):
        out = perturb(colours, 'missing_channel', 5, seed, channel_axis=0, intensity_range=UNIT)
        other = [c for c in range(3) if not np.array_equal(out[c], colours[c])]
        assert len(other) == 1
        np.testing.assert_allclose(out[other[0]], 0, atol=1e-6)
        lost |= set(other)
    assert lost == {0, 1, 2}


def test_a_named_channel_is_lost_to_its_mean(colours):
    options = {'channel_axis': 0, 'intensity_range': UNIT, 'parameters': {'channel': 1, 'fill': 1}}
    out = perturb(colours, 'missing_channel', 2, **options)
    mean = colours[1].mean(dtype=float)
    np.testing.assert_allclose(out[1], colours[1] + 0.4 * (mean - colours[1]), atol=1e-6)
    assert np.array_equal(out[[0, 2]], colours[[0, 2]])


def test_first_and_last_channel_are_swapped(colours):
    out = perturb(colours, 'swapped_channel', 5, channel_axis=0, intensity_range=UNIT)
    np.testing.assert_allclose(out, colours[::-1], atol=1e-6)
    options = {'parameters': {'share': 50, 'second': 1}, 'intensity_range': UNIT}
    half = perturb(colours, 'swapped_channel', 1, channel_axis=0, **options)
    np.testing.assert_allclose(half[0], half[1], atol=1e-6)
    assert np.array_equal(half[2], colours[2])


@pytest.mark.parametrize(('name', 'channel'), [('missing_channel', 'channel'), ('swapped_channel', 'second')])
def test_channels_that_are_not_there_are_refused(colours, name, channel):
    with pytest.raises(PerturbationError, match='there is no channel 3'):
        perturb(colours, name, 1, channel_axis=0, parameters={channel: 3})


# --- text


def test_letters_can_be_read():
    dots = printed(['L 7'])
    picture = '\n'.join(''.join('#' if dot else '.' for dot in row) for row in dots)
    assert picture == (
        '...................\n'
        '.#...........#####.\n'
        '.#...............#.\n'
        '.#..............#..\n'
        '.#.............#...\n'
        '.#............#....\n'
        '.#............#....\n'
        '.#####........#....\n'
        '...................\n'
        '...................'
    )


def test_every_letter_of_every_draw_is_in_the_font_and_all_differ():
    from napari_segrobust.perturb.families.content._font import _GLYPHS

    assert len(set(_GLYPHS.values())) == len(_GLYPHS)
    for glyph in _GLYPHS.values():
        assert [len(row) for row in glyph.split()] == [5] * 7
    for word in ('TEST', 'SUPINE', 'PRONE', 'ERECT', 'LATERAL', 'SE IM LR:0123456789'):
        printed([word])


def test_text_stands_in_a_corner_of_every_slice_with_a_dark_edge():
    volume = np.full((3, 200, 300), 0.5, np.float32)
    corners = set()
    for seed in range(16):
        out = perturb(volume, 'burnt_in_text', 5, seed, intensity_range=UNIT)
        assert np.array_equal(out[0], out[2])
        assert set(np.unique(out)) == {0.0, 0.5, 1.0}
        white = out[0] == 1
        assert np.array_equal(ndimage.binary_dilation(white, np.ones((3, 3))), out[0] != 0.5)
        rows, columns = np.nonzero(white)
        corners.add((rows.mean() > 100, columns.mean() > 150))
        assert np.ptp(rows) < 50
    assert len(corners) == 4


def test_text_is_as_wide_on_oblong_pixels():
    flat, options = np.zeros((300, 300), np.float32), {'parameters': {'height': 6}, 'intensity_range': UNIT}
    square, oblong = (
        perturb(flat, 'burnt_in_text', 5, 2, spacing=spacing, **options) == 1 for spacing in ((1.0, 1.0), (1.0, 2.0))
    )
    assert square.any(axis=0).sum() == 2 * oblong.any(axis=0).sum()  # half as many pixels of twice the width
    assert square.any(axis=1).sum() == oblong.any(axis=1).sum()


# --- lesion


def centre_of_change(image, **options):
    out = perturb(image, 'synthetic_lesion', 5, options.pop('seed', 0), intensity_range=UNIT, **options)
    return ndimage.center_of_mass(np.abs(out - image)), out - image


@pytest.mark.parametrize('seed', range(5))
def test_a_lesion_lies_in_the_organ_and_has_its_volume_and_contrast(seed):
    organ = np.zeros((30, 70, 80), np.uint8)
    organ[4:26, 10:60, 20:70] = 7
    image = np.random.default_rng(0).random(organ.shape, dtype=np.float32) * 0.1
    spacing = (2.0, 1.0, 1.0)
    middle, added = centre_of_change(image, seed=seed, reference=organ, spacing=spacing)
    assert organ[tuple(round(c) for c in middle)] == 7
    assert added[organ == 0].sum() < 0.02 * added.sum()  # lobes may stand out a little
    assert added.max() == pytest.approx(0.2, abs=1e-5)
    assert added.min() >= -1e-6
    assert added.sum() * 2.0 / 0.2 == pytest.approx(4 / 3 * np.pi * 10**3, rel=0.35)


def test_a_dark_lesion_in_one_label_keeps_the_texture():
    labels = np.zeros((80, 90), np.uint8)
    labels[10:40, 10:40], labels[45:75, 50:85] = 1, 2
    image = np.random.default_rng(0).random(labels.shape, dtype=np.float32)
    options = {'reference': labels, 'parameters': {'contrast': -0.3, 'label': 2, 'diameter': 12}}
    _, added = centre_of_change(image, **options)
    assert not added[labels != 2].any()
    core = added < -0.2999
    assert core.sum() > 20
    np.testing.assert_allclose(added[core], -0.3, atol=1e-4)  # the same for every voxel: what was there is still there


def test_without_a_reference_a_lesion_lies_in_the_body(grey):
    body = np.zeros((100, 100), np.float32)
    body[30:90, 20:80] = 0.6
    for seed in range(5):
        (row, column), _ = centre_of_change(body, seed=seed)
        assert 35 < row < 85
        assert 25 < column < 75


def test_a_lesion_larger_than_its_organ_lies_in_its_middle():
    organ = np.zeros((60, 60), np.uint8)
    organ[20:29, 30:39] = 1
    (row, column), _ = centre_of_change(np.zeros((60, 60), np.float32), reference=organ)
    assert (row, column) == pytest.approx((24, 34), abs=2)


# --- real data


def test_textures_of_the_real_liver_stay_on_their_side(shared_data):
    import nibabel

    image, organs = (
        np.asarray(nibabel.load(shared_data / f'ct/{name}.nii.gz').dataobj).transpose(2, 1, 0)
        for name in ('ct', 'organs')
    )
    clean = Clean(image[None].astype(np.float32), (-1000.0, 300.0), (3.0, 3.0, 3.0), references={'o': organs})
    block = (slice(15, 16), slice(0, image.shape[1]), slice(0, image.shape[2]))
    liver = organs[15] == 5
    for name in ('texture_to_background', 'texture_to_foreground'):
        entry = new_perturbation(name, 4, 1, parameters={'label': 5})
        out = perturb_block(clean, [entry], block=block)[0, 0]
        inside, outside = (np.abs(out - image[15])[part].mean() for part in (liver, ~liver))
        assert (inside > 10 and outside < 1e-3) == (name == 'texture_to_background')
        assert (inside < 1e-3 and outside > 10) == (name == 'texture_to_foreground')
