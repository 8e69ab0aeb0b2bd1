"""Each family against its formula, its distribution, and those who define the same thing."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import ndimage, stats

from napari_segrobust.perturb import Clean, make_field, new_perturbation, perturb, perturb_block

UNIT = (0.0, 1.0)


def normal(name, shape, seed=7):
    return make_field(name, seed, 1, shape, (1.0,) * len(shape))['normal'][0]


class Fixed(np.random.Generator):
    """A generator whose normal numbers are ours, to give to an outsider."""

    numbers: np.ndarray

    def normal(self, loc=0.0, scale=1.0, size=None):
        return loc + scale * self.numbers


def fixed(numbers):
    generator = Fixed(np.random.Philox(0))
    generator.numbers = numbers
    return generator


@pytest.fixture
def ramp():
    """Values from 0.2 to 0.8."""
    return np.linspace(0.2, 0.8, 200 * 150, dtype=np.float32).reshape(200, 150)


def test_gaussian_noise_is_normal(ramp):
    residual = (perturb(ramp, 'gaussian_noise', 3, 7, intensity_range=UNIT) - ramp) / 0.18
    assert stats.kstest(residual.ravel(), 'norm').pvalue > 0.01
    assert residual.mean() == pytest.approx(0, abs=4 / np.sqrt(ramp.size))
    assert residual.std() == pytest.approx(1, abs=4 / np.sqrt(2 * ramp.size))


@pytest.mark.parametrize(
    ('name', 'mode', 'level'), [('gaussian_noise', 'gaussian', 0.08), ('speckle', 'speckle', 0.15)]
)
def test_noise_equals_scikit_image(ramp, name, mode, level):
    from skimage.util import random_noise

    theirs = random_noise(ramp, mode, rng=fixed(normal(name, ramp.shape)), clip=False, var=level**2)
    np.testing.assert_allclose(perturb(ramp, name, 1, 7, intensity_range=UNIT), theirs, atol=2e-6)


def test_speckle_levels_of_kamath_2025(ramp):
    out = perturb(ramp, 'speckle', 3, 7, parameters={'sigma': np.sqrt(0.1)}, intensity_range=UNIT)
    assert ((out - ramp) / ramp).var() == pytest.approx(0.1, rel=0.03)


@pytest.mark.parametrize('signal', [0.0, 0.1, 0.5])
def test_rician_noise_is_rician(signal):
    image = np.full((150, 200), signal, np.float32)
    out = perturb(image, 'rician_noise', 2, 7, intensity_range=UNIT)
    assert stats.kstest(out.ravel(), stats.rice(b=signal / 0.1, scale=0.1).cdf).pvalue > 0.01


def test_rician_noise_equals_monai():
    from monai.transforms import RandRicianNoise

    class Ours:
        """Both receiver channels, in the order in which MONAI asks for them."""

        def __init__(self, fields):
            self.fields = iter([fields['real'][0], fields['imaginary'][0]])

        def normal(self, mean, std, size):
            return mean + std * next(self.fields)

        def uniform(self, low=0.0, high=1.0):
            return high

        def rand(self):
            return 0.0

    image = np.linspace(0.2, 0.8, 30 * 20, dtype=np.float32).reshape(30, 20)
    transform = RandRicianNoise(prob=1, mean=0, std=0.15, sample_std=False)
    transform.R = Ours(make_field('rician_noise', 7, 1, image.shape, (1.0, 1.0)))
    np.testing.assert_allclose(
        perturb(image, 'rician_noise', 3, 7, intensity_range=UNIT), np.asarray(transform(image)), atol=1e-6
    )


def test_salt_and_pepper_breaks_its_share_and_mends_none(ramp):
    broken_before = np.zeros(ramp.shape, bool)
    for severity, share in zip(range(1, 6), (1, 2, 3, 5, 8), strict=True):
        out = perturb(ramp, 'salt_and_pepper', severity, 7, intensity_range=UNIT)
        low, high = out == 0, out == 1
        for half in (low, high):
            assert half.mean() == pytest.approx(share / 200, abs=4 * np.sqrt(share / 200 / ramp.size))
        assert np.array_equal(out[~(low | high)], ramp[~(low | high)])
        assert not (broken_before & ~(low | high)).any()
        broken_before = low | high


@pytest.mark.parametrize('severity', [0.05, 1, 3, 5])
@pytest.mark.parametrize('spacing', [(1.0, 1.0, 1.0), (6.5, 0.78, 0.78), (0.5, 2.0, 9.0)])
def test_blur_equals_scipy(severity, spacing):
    image = np.random.default_rng(0).random((24, 90, 31), dtype=np.float32)
    sigma = 0.8 * severity
    theirs = ndimage.gaussian_filter(image, [sigma / s for s in spacing], mode='nearest', truncate=4)
    out = perturb(image, 'gaussian_blur', severity, spacing=spacing, intensity_range=UNIT)
    np.testing.assert_allclose(out, theirs, atol=1e-6)


def test_blur_keeps_constants_and_the_mean():
    flat = np.full((40, 50), 0.7, np.float32)
    np.testing.assert_allclose(perturb(flat, 'gaussian_blur', 5, intensity_range=UNIT), flat, atol=1e-6)
    point = np.zeros((99, 99), np.float32)
    point[49, 49] = 1
    out = perturb(point, 'gaussian_blur', 5, spacing=(1.0, 2.0), intensity_range=UNIT)
    assert out.sum() == pytest.approx(1, abs=1e-5)
    rows = np.arange(99) - 49
    assert np.sqrt(out.sum(axis=1) @ rows**2) == pytest.approx(4, rel=0.01)
    assert np.sqrt(out.sum(axis=0) @ rows**2) == pytest.approx(2, rel=0.01)


@pytest.mark.parametrize('gamma', [0.5, 1.4, 3.0])
def test_gamma_equals_monai_and_scikit_image(ramp, gamma):
    from monai.transforms import AdjustContrast
    from skimage.exposure import adjust_gamma

    out = perturb(ramp, 'gamma', 1, parameters={'gamma': gamma}, intensity_range=(0.2, 0.8))
    np.testing.assert_allclose(out, np.asarray(AdjustContrast(gamma)(ramp[None]))[0], atol=2e-6)
    unit = perturb(ramp, 'gamma', 1, parameters={'gamma': gamma}, intensity_range=UNIT)
    np.testing.assert_allclose(unit, adjust_gamma(ramp, gamma), atol=2e-6)


def test_gamma_goes_on_outside_the_range_and_keeps_the_order():
    values = np.linspace(-2, 3, 501, dtype=np.float32).reshape(1, -1)
    out = perturb(values, 'gamma', 2, intensity_range=UNIT)
    assert (np.diff(out) >= 0).all()
    np.testing.assert_allclose(out, np.sign(values) * np.abs(values) ** 1.8, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize('shape', [(40, 50), (30, 40, 50)])
@pytest.mark.parametrize('severity', [1, 2, 5])
def test_bias_field_is_smooth_and_spans_what_it_says(shape, severity):
    gain = perturb(np.full(shape, 2.0, np.float32), 'bias_field', severity, 7, intensity_range=UNIT) / 2
    half = 0.1 * severity
    assert gain.max() / gain.min() == pytest.approx((1 + half) / (1 - half), rel=0.02)
    assert np.log(gain).mean() == pytest.approx(0, abs=0.01 * severity)
    for axis in range(len(shape)):  # a cubic has no fourth difference
        assert np.abs(np.diff(np.log(gain.astype(float)), 4, axis=axis)).max() < 1e-5


@pytest.mark.parametrize('shape', [(33, 48), (5, 33, 48)])
@pytest.mark.parametrize('seed', range(6))
def test_ghosting_is_a_modulation_of_k_space_lines(shape, seed):
    image = np.random.default_rng(0).random(shape, dtype=np.float32)
    axis, shift, first = make_field('ghosting', seed, 1, shape, (1.0,) * len(shape))['ghosts'][0].tolist()
    axis, size = int(axis), shape[int(axis)]
    line = np.fft.fftfreq(size) * size
    wave = first * np.cos(2 * np.pi * line * shift / size) + (1 - first) * np.cos(4 * np.pi * line * shift / size)
    factor = np.moveaxis((1 - 0.3 + 0.3 * wave)[(..., *[None] * (len(shape) - 1))], 0, axis)
    theirs = np.fft.ifft(np.fft.fft(image.astype(float), axis=axis) * factor, axis=axis)
    assert np.abs(theirs.imag).max() < 1e-9
    out = perturb(image, 'ghosting', 3, seed, intensity_range=UNIT)
    np.testing.assert_allclose(out, theirs.real, atol=1e-6)
    assert out.mean() == pytest.approx(image.mean(), rel=1e-5)


def test_ghosting_never_leaves_the_slice():
    image = np.zeros((5, 20, 20), np.float32)
    image[2] = 1
    out = perturb(image, 'ghosting', 5, 3, intensity_range=UNIT)
    assert not out[[0, 1, 3, 4]].any()


def test_intensity_scale_is_the_clean_case():
    image = np.random.default_rng(0).random((20, 30), dtype=np.float32)
    one = perturb(image, 'gaussian_noise', 2, 7, intensity_range=UNIT)
    ten = perturb(image * 1000 - 500, 'gaussian_noise', 2, 7, intensity_range=(-500.0, 500.0))
    np.testing.assert_allclose((ten + 500) / 1000, one, atol=1e-6)


@pytest.mark.parametrize('path', ['mr/mr.nii.gz', 'ct/ct.nii.gz', 'mni/t1.nii.gz'])
def test_real_images(shared_data, path):
    import nibabel

    from napari_segrobust.perturb import intensity_range, perturbations

    file = nibabel.load(shared_data / path)
    spacing = tuple(float(step) for step in file.header.get_zooms()[2::-1])
    volume = np.asarray(file.dataobj).astype(np.float32).T
    # Nine slices of the middle: enough to tell a slice from the volume.
    middle = tuple(slice(n // 2 - half, n // 2 + half + 1) for n, half in zip(volume.shape, (4, 45, 45), strict=True))
    image = np.ascontiguousarray(volume[middle])[None]
    labels = np.zeros(image.shape[1:], np.uint8)
    labels[:, 20:45, 20:45] = 1
    labels[:, 45:70, 40:70] = 2
    other = image[0, :, ::2, ::2] * 2 + 40
    clean = Clean(image, intensity_range(image), spacing, references={'r': labels}, targets={'other': other})
    whole = tuple(slice(0, n) for n in image.shape[1:])
    for name, spec in perturbations().items():
        if not spec.changes_voxels or {'rgb', 'channels'} & set(spec.needs):
            continue
        if spec.expects == 'HU' and not path.startswith('ct/'):
            continue
        changes = []
        for severity in (1, 3, 5):
            entry = new_perturbation(name, severity, 7, target='other' if 'target' in spec.needs else None)
            out = perturb_block(clean, [entry], block=whole)
            part = perturb_block(clean, [entry], block=(slice(4, 5), *whole[1:]))
            assert np.array_equal(part, out[:, 4:5]), name
            assert np.isfinite(out).all(), name
            changes.append(float(np.std(out - image)))
        if spec.kind == 'continuous' and name != 'renormalise':  # which alone changes nothing
            assert 0 < changes[0] < changes[1] < changes[2], name
