"""No two perturbations are one: with the same draw, no two change every image in the same direction."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from skimage import data

from napari_segrobust.cards import card_case
from napari_segrobust.perturb import Clean, fields, new_perturbation, perturb_block, perturbations

SEVERITIES = (1.5, 3.0)
SHAPE = (9, 40, 40)
#: Above this cosine of their changes two count as one.
SAME = 0.99
#: A change below this share of the range is rounding: nothing has been done.
NOTHING = 1e-5
NAMES = [name for name, spec in perturbations().items() if spec.changes_voxels]
#: Pairs that may coincide, and why they are two all the same.
KNOWN = {
    frozenset(('denoise_gaussian', 'gaussian_blur')): 'one filter: a fault of the image, and a remedy after all faults',
}


def ct_like():
    """A vertebra, drifting from slice to slice, in HU."""
    plane = card_case('spine').image[0]
    return np.stack([np.roll(plane, (z, -z), axis=(0, 1))[8:48, 40:80] for z in range(SHAPE[0])])


def mr():
    """Ventricles and cortex of the MNI template."""
    return card_case('brain').image[0][80:89, 60:100, 78:118]


def texture():
    """Gravel, another part of it in each slice."""
    plane = data.gravel().astype(np.float32)
    return np.stack([plane[20 * z : 20 * z + 40, 30 * z : 30 * z + 40] for z in range(SHAPE[0])])


def case_of(plain):
    """Three channels, none like another, so that what acts on colours can act too; a mask and another image."""
    lo, hi = (float(v) for v in np.percentile(plain, (1, 99)))
    channels = [plain, lo + 0.8 * (plain - lo), hi - 0.9 * (hi - plain[:, ::-1])]
    image = np.ascontiguousarray(np.stack(channels), np.float32)
    labels = np.zeros(SHAPE, np.uint8)
    labels[2:7, 8:30, 10:22] = 1
    labels[2:7, 12:34, 24:34] = 2
    other = np.ascontiguousarray(hi + lo - image[:, :, :, ::-1])
    return Clean(image, (lo, hi), (3.0, 1.2, 1.2), references={'expert': labels}, targets={'other': other})


@pytest.fixture(scope='module')
def cosines():
    """For each severity the least cosine over the images, of every pair: a matrix."""
    with pytest.MonkeyPatch.context() as patch:
        # a draw depends on the name; here all have the same, or two equal kinds of noise would look different
        alike = fields._generator
        patch.setattr(fields, '_generator', lambda name, *key: alike('any', *key))
        cases = [case_of(make()) for make in (ct_like, mr, texture)]
        return {severity: np.min([_cosines(clean, severity) for clean in cases], axis=0) for severity in SEVERITIES}


def _cosines(clean, severity):
    block = tuple(slice(0, n) for n in clean.shape)
    lo, hi = clean.intensity_range
    changes = []
    for name in NAMES:
        target = 'other' if 'target' in perturbations()[name].needs else None
        record = new_perturbation(name, severity, 5, target=target)
        change = (perturb_block(clean, [record], block=block) - clean.image).ravel().astype(np.float64)
        length = np.linalg.norm(change)
        done = length > NOTHING * (hi - lo) * np.sqrt(change.size)
        changes.append(change / length if done else 0 * change)
    together = np.stack(changes)
    return np.abs(together @ together.T)


def test_no_two_are_one(cosines):
    same = {
        frozenset((NAMES[i], NAMES[j])): f'{NAMES[i]} and {NAMES[j]} at severity {severity}: cosine {matrix[i, j]:.4f}'
        for severity, matrix in cosines.items()
        for i, j in combinations(range(len(NAMES)), 2)
        if matrix[i, j] > SAME
    }
    assert not [words for pair, words in same.items() if pair not in KNOWN]


def test_the_measure_finds_what_is_the_same(cosines):
    """Each is like itself on all images, unless it changes nothing there."""
    for matrix in cosines.values():
        like_itself = np.diag(matrix)
        assert np.all((np.abs(like_itself - 1) < 1e-9) | (like_itself == 0))
        assert np.mean(like_itself == 0) < 0.1


def test_enough_of_them():
    """The catalogue promises at least 50 kinds, of which at most 10 act on masks and headers."""
    bare = [spec for spec in perturbations().values() if not spec.changes_voxels]
    assert len(NAMES) + min(len(bare), 10) >= 8
