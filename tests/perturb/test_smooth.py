import numpy as np
from scipy.interpolate import BSpline

from napari_segrobust.perturb.smooth import SmoothField, bspline_basis


def test_basis_is_scipys():
    position = np.linspace(0, 1, 41)
    knots = np.arange(-3, 5 + 4) / 5
    theirs = BSpline.design_matrix(position, knots, 3).toarray()
    np.testing.assert_allclose(bspline_basis(position, 5), theirs, atol=1e-6)


def test_basis_sums_to_one():
    np.testing.assert_allclose(bspline_basis(np.linspace(0, 1, 33), 7).sum(axis=1), 1, atol=1e-6)


def test_a_part_equals_the_part_of_the_whole():
    field = SmoothField.draw(np.random.default_rng(0), (2, 3, 4), components=2)
    whole = field.over((9, 11, 13))
    axes = [np.linspace(0, 1, n) for n in (9, 11, 13)]
    part = field.at([axes[0][2:5], axes[1][:4], axes[2][10:]])
    np.testing.assert_allclose(part, whole[:, 2:5, :4, 10:], atol=1e-6)


def test_variance_is_one_on_average():
    field = SmoothField.draw(np.random.default_rng(0), (60, 60))
    assert abs(field.over((600, 600)).var() - 1) < 0.1
