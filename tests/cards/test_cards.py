"""Cards and contact sheets: what they show is what the engine gives, on real images."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from napari_segrobust.cards import applicable, card_case, changed, contact_sheet, image_for, shown, strip
from napari_segrobust.cards.pictures import amount_words, grey, scaled
from napari_segrobust.cases import load_case
from napari_segrobust.cli import main
from napari_segrobust.errors import PerturbationError
from napari_segrobust.perturb import get_spec, new_perturbation, perturb_block, perturbations
from napari_segrobust.perturb.spec import MODALITIES

FLAT = ('spine', 'heart', 'retina', 'tissue', 'portrait')


@pytest.fixture(scope='module')
def spine():
    return shown(card_case('spine'))


@pytest.mark.parametrize('name', [*FLAT, 'brain'])
def test_images_are_real_and_whole(name):
    case = card_case(name)
    assert case.provenance['source'], 'where it came from'
    assert case.image.dtype == np.float32
    assert len(np.unique(case.image)) > 200
    assert case.references
    for mask in case.references.values():
        assert mask.shape == case.shape
        assert set(np.unique(mask)) - {0} == set(case.labels)
    (other,) = case.targets.values()
    assert len(other) == len(case.image)
    assert not np.array_equal(other, case.image)


def test_hounsfield_units_of_the_ct():
    image = card_case('spine').image[0]
    mask = card_case('spine').references['expert']
    assert image[mask == 1].mean() > 200, 'bone'
    assert 50 < image[mask == 2].mean() < 350, 'blood with contrast agent'
    assert image.min() < -800, 'lung'


@pytest.mark.parametrize('name', perturbations())
def test_every_perturbation_has_an_image_that_it_can_act_on(name):
    spec = get_spec(name)
    assert image_for(spec) in (*FLAT, 'brain')
    view = shown(card_case(image_for(spec)), side=150)
    view.clean.check(view.record(name, 3.0))


def test_every_modality_has_an_image():
    for modality in MODALITIES:
        assert image_for(replace(get_spec('gamma'), modalities=(modality,)))


def test_a_picture_is_the_plane_of_the_engine(spine):
    record = new_perturbation('gaussian_noise', 3.0, 4)
    low, high = spine.window
    expected = perturb_block(spine.clean, [record], block=spine.block)[0]
    pixels = changed(spine, record)
    assert pixels.shape == (128, 128, 3)
    np.testing.assert_array_equal(pixels[..., 1], np.clip((expected - low) / (high - low) * 255, 0, 255).astype('u1'))
    np.testing.assert_array_equal(changed(spine, new_perturbation('gamma', 0.0)), grey(spine, spine.case.image))


def test_colour_stays_colour():
    view = shown(card_case('retina'))
    pixels = changed(view, new_perturbation('gaussian_blur', 1.0))
    assert pixels[75, 75, 0] > 1.5 * pixels[75, 75, 2]


def test_planes_of_a_volume(ball_case):
    along = shown(ball_case)
    assert along.block == (slice(6, 7), slice(0, 24), slice(0, 24)), 'where the ball is largest'
    across = shown(ball_case, axis=1, index=3, side=10)
    assert across.block == (slice(1, 11), slice(3, 4), slice(7, 17))
    assert across.pixel(across.clean.spacing) == (2.0, 1.0)
    pixels = grey(across, ball_case.image[(slice(None), *across.block)])
    assert pixels.shape == (10, 10, 3)
    assert scaled(across, pixels, 40, 40).size == (20, 40)
    with pytest.raises(PerturbationError, match='Choose 0 to 11'):
        shown(ball_case, index=12)


def test_voxels_that_are_not_finite_are_black(ball_case):
    image = ball_case.image.copy()
    image[0, 6, 0, 0] = np.nan
    view = shown(replace(ball_case, image=image))
    assert not changed(view, new_perturbation('gamma', 0.0))[0, 0].any()


def test_a_strip_has_four_pictures(spine):
    picture = strip(spine, 'gaussian_blur', side=64)
    assert picture.size == (4 * 64 + 3 * 4, 64 + 15)
    pixels = np.asarray(picture).astype(float)
    roughness = [np.abs(np.diff(pixels[:64, at : at + 64], axis=1)).mean() for at in range(0, 4 * 68, 68)]
    assert roughness == sorted(roughness, reverse=True)


@pytest.mark.parametrize(
    ('name', 'words'), [('gaussian_noise', '18 %'), ('gaussian_blur', '2.4 mm'), ('gamma', '2.2'), ('speckle', '0.35')]
)
def test_amounts_in_few_words(name, words):
    assert amount_words(new_perturbation(name, 3.0)) == words


def test_what_applies_to_a_case(ball_case):
    view = shown(ball_case)
    found = applicable(view)
    assert 'gaussian_noise' in found
    assert not [name for name in found if {'rgb', 'channels', 'target'} & set(get_spec(name).needs)]
    assert [get_spec(name).group for name in found] == sorted(get_spec(name).group for name in found)
    for_mr = applicable(view, 'MR')
    assert set(for_mr) == {name for name in found if 'MR' in get_spec(name).modalities}
    bare = shown(replace(ball_case, references={}))
    assert not [name for name in applicable(bare) if 'reference' in get_spec(name).needs]


def test_a_contact_sheet_has_a_row_for_each(spine):
    told = []
    sheet = contact_sheet(spine, ['gamma', 'gaussian_noise', 'speckle'], side=48, columns=2, progress=told.append)
    assert told == ['gamma', 'gaussian_noise', 'speckle']
    assert sheet.size == (2 * (150 + 4 * 52), 2 * (48 + 15 + 4))
    for column, row in ((0, 0), (0, 1), (1, 0)):
        left, top = column * 358 + 150, row * 67
        assert np.asarray(sheet.crop((left, top, left + 48, top + 48))).std() > 20
    assert np.asarray(sheet.crop((358, 67, 716, 134))).min() == 255, 'the last place is empty'


def test_cards_for_the_docs(tmp_path, capsys):
    assert main(['cards', '--out', str(tmp_path), 'gaussian_noise', 'gamma']) == 0
    assert {path.name for path in tmp_path.iterdir()} == {'gaussian_noise.jpg', 'gamma.jpg'}
    assert all(path.stat().st_size < 25_000 for path in tmp_path.iterdir())
    with Image.open(tmp_path / 'gamma.jpg') as picture:
        assert picture.size == (612, 165)
    assert 'kB in' in capsys.readouterr().out


def test_a_contact_sheet_of_ones_own_image(tmp_path, shared_data):
    sheet = tmp_path / 'sheet.png'
    words = ['cards', 'gaussian_noise', 'bias_field', '--contact-sheet', str(sheet), '--modality', 'mr', '--side', '40']
    assert main([*words, '--image', str(shared_data / 'mr/mr.nii.gz'), '--axis', '1']) == 0
    case = load_case(shared_data / 'mr/mr.nii.gz')
    with Image.open(sheet) as picture:
        assert picture.size == (2 * (150 + 4 * 44), 40 + 15 + 4)
    assert case.ndim == 3


@pytest.mark.parametrize(
    ('words', 'complaint'),
    [
        ('cards', 'Give one of them'),
        ('cards --out a --contact-sheet b.png', 'Give one of them'),
        ('cards --contact-sheet a.png', 'Nothing to look at'),
        ('cards --contact-sheet a.gif --sample texture gamma', 'Use .png'),
        ('cards --contact-sheet a.png --sample texture --side 4 gamma', 'Give 16 to 1024'),
        ('cards --contact-sheet a.png --sample texture nothing', 'Unknown perturbation'),
        ('cards --out a nothing', 'Unknown perturbation'),
    ],
)
def test_mistakes_are_one_line(tmp_path, monkeypatch, capsys, words, complaint):
    monkeypatch.chdir(tmp_path)
    assert main(words.split()) == 2
    said = capsys.readouterr().err.splitlines()
    assert complaint in said[-1]
