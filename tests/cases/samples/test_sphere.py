import numpy as np
import pytest
from monai.data import create_test_image_3d

from napari_segrobust.cases.samples import load_sample
from napari_segrobust.cases.samples.sphere import REFERENCE, SIZE, ball, dress
from napari_segrobust.context import foreground_fraction


def test_the_image_is_that_of_monai():
    draws = np.random.RandomState(4)
    image, labels = create_test_image_3d(
        24, 24, 24, num_objs=1, rad_max=8, rad_min=5, noise_max=0.8, num_seg_classes=1, random_state=draws
    )
    again = np.random.RandomState(4)
    centre = [again.randint(8, 16) for _ in range(3)]
    mask = ball((24,) * 3, centre, again.randint(5, 8))
    intensity = again.random_sample() * 0.5 + 0.5
    np.testing.assert_array_equal(mask, labels > 0)
    np.testing.assert_allclose(dress(mask, intensity, again.uniform(0, 0.8, mask.shape)), image, atol=1e-6)


@pytest.mark.parametrize('radius', [5, 34, 47])
@pytest.mark.parametrize('place', [-1, 0, 1])
def test_the_sphere_lies_inside_wherever_it_is(radius, place):
    case = load_sample('sphere', radius=radius, z=place, y=-place, x=place)
    mask = case.references[REFERENCE]
    assert mask.shape == (SIZE,) * 3
    held = [np.flatnonzero(mask.any(axis=tuple(a for a in range(3) if a != axis))) for axis in range(3)]
    assert [side[-1] - side[0] for side in held] == [2 * radius] * 3
    assert foreground_fraction(mask) == pytest.approx(4 / 3 * np.pi * radius**3 / SIZE**3, rel=0.03)
    if place:
        assert {side[0] == 0 or side[-1] == SIZE - 1 for side in held} == {True}


def test_published_fractions():
    """Training 0.074 to 0.186, testing 0.0006 to 0.49, where nothing is cropped."""
    found = [foreground_fraction(load_sample('sphere', radius=r).references[REFERENCE]) for r in (5, 25, 34, 47)]
    assert found == pytest.approx([0.0006, 0.074, 0.186, 0.49], rel=0.04)


def test_without_noise_it_is_its_mask_and_noise_keeps_its_draw():
    plain = load_sample('sphere', noise=0, seed=3)
    np.testing.assert_array_equal(plain.image[0], plain.references[REFERENCE])
    small, large = load_sample('sphere', radius=10), load_sample('sphere', radius=20)
    outside = large.references[REFERENCE] == 0
    np.testing.assert_allclose(small.image[0][outside], large.image[0][outside], atol=1e-6)
    assert not np.array_equal(small.image, load_sample('sphere', radius=10, seed=2).image)
