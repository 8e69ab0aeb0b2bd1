"""Local binary fitting: a level set whose two sides are described by means that vary over the image."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_segrobust.compare.interrupt import checkpoint
from napari_segrobust.segment.classical.markers import around, start, touching
from napari_segrobust.segment.classical.method import CHANNEL, Method, amount, choice

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from numpy.typing import NDArray

    from napari_segrobust.segment.classical.picture import Picture

Array = Any
#: Of the paper: the first level set is 2 inside and -2 outside; steps in time; weight that keeps it near a signed
#: distance; width of the smooth step.
_FIRST, _STEP, _DISTANCE, _EPSILON = 2.0, 0.1, 1.0, 1.0


@dataclass(frozen=True)
class Fitting:
    """What drives the contour, in the words of the paper.

    Attributes
    ----------
    sigma : tuple of float
        Standard deviation of the Gaussian window K, in pixels of each axis.
    length : float
        nu: price of a longer contour, as a share of 255 squared.
    inside, outside : float
        lambda 1 and 2: weights of the two sides.
    """

    sigma: tuple[float, ...]
    length: float = 0.001
    inside: float = 1.0
    outside: float = 1.0


def evolve(image: NDArray[Any], first: NDArray[np.bool_], fitting: Fitting, rounds: int) -> NDArray[np.float32]:
    r"""Move a level set by the local binary fitting energy.

    Parameters
    ----------
    image : ndarray (*spatial)
        From 0 to 255, the range that the constants of the paper are for.
    first : ndarray (*spatial), bool
        Inside of the first contour.
    fitting : Fitting
    rounds : int
        Steps of 0.1.

    Returns
    -------
    ndarray (*spatial), float32
        Level set, positive inside.

    Notes
    -----
    Li, Kao, Gore and Ding, Implicit active contours driven by local binary fitting energy, CVPR 2007, and Minimization
    of region-scalable fitting energy for image segmentation, IEEE TIP 17(10), 2008. With a Gaussian window K,
    M1 = H(phi) and M2 = 1 - H(phi), where H is a smooth step and delta its derivative,

    .. math::

        H = (1 + 2/\pi \arctan(\phi / \epsilon)) / 2, \quad
        \delta = \epsilon / (\pi (\epsilon^2 + \phi^2)), \quad
        f_i = \frac{K * (M_i I)}{K * M_i},

    .. math::

        e_i(x) = \int K(y - x) |I(x) - f_i(y)|^2 dy = I^2 (K * 1) - 2 I (K * f_i) + K * f_i^2,

    the level set moves by

    .. math::

        \partial\phi / \partial t = -\delta (\lambda_1 e_1 - \lambda_2 e_2) + \nu \delta \kappa
        + \mu (\nabla^2 \phi - \kappa), \quad \kappa = \mathrm{div}(\nabla\phi / |\nabla\phi|).

    Borders reflect, so that K * 1 = 1. The window ends at two standard deviations, as the authors' does.
    """
    grey = np.asarray(image, np.float32)
    phi = np.where(first, _FIRST, -_FIRST).astype(np.float32)
    blur = _window(fitting.sigma)
    all_of_it = blur(grey)
    nu = np.float32(fitting.length * 255.0**2)
    one, two = np.float32(fitting.inside), np.float32(fitting.outside)
    for _ in range(rounds):
        checkpoint()
        step = np.float32(0.5) + np.arctan(phi / _EPSILON) / np.float32(np.pi)
        delta = np.float32(_EPSILON / np.pi) / (_EPSILON**2 + phi * phi)
        weight, weighted = blur(step), blur(step * grey)
        f1 = weighted / np.maximum(weight, 1e-6)
        f2 = (all_of_it - weighted) / np.maximum(1 - weight, 1e-6)
        # lambda 1 e1 - lambda 2 e2, with the two integrals of each kind taken together
        pull = (one - two) * grey * grey - 2 * grey * blur(one * f1 - two * f2) + blur(one * f1 * f1 - two * f2 * f2)
        bend, spread = _curvature(phi)
        phi += np.float32(_STEP) * (delta * (nu * bend - pull) + _DISTANCE * (spread - bend))
    return phi


def _window(sigma: tuple[float, ...]) -> Callable[[Array], NDArray[np.float32]]:
    from scipy.ndimage import gaussian_filter

    def blur(image: Array) -> NDArray[np.float32]:
        found: NDArray[np.float32] = gaussian_filter(image, sigma, truncate=2.0)
        return found

    return blur


def _curvature(phi: NDArray[np.float32]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Curvature and Laplacian of a level set, in pixels; its normal derivative is 0 on the border."""
    from scipy.ndimage import laplace

    slopes = np.gradient(phi)
    steepness = np.sqrt(sum(slope * slope for slope in slopes)) + np.float32(1e-10)
    bend = sum(np.gradient(slope / steepness, axis=axis) for axis, slope in enumerate(slopes))
    return bend, laplace(phi, mode='nearest')


def run(picture: Picture, values: Mapping[str, float]) -> NDArray[Any]:
    """Inside of the contour; nothing beyond the reach of its start is looked at."""
    first = start(picture, values['radius'])
    found = np.zeros(picture.grey.shape, np.uint8)
    if not first.any() or picture.is_flat or min(first.shape) < 2:
        return found
    block = around(first, picture.voxels(values['reach']))
    fitting = Fitting(picture.voxels(values['window']), values['length'])
    inside = evolve(255 * picture.unit[block], first[block], fitting, int(values['rounds'])) > 0
    found[block] = inside if values['keep'] else touching(inside, first[block])
    return found


METHOD = Method(
    name='lbf',
    title='Local fitting level set (LBF)',
    run=run,
    knobs=(
        amount(
            'window',
            'window',
            'mm',
            3.0,
            0.5,
            20.0,
            0.5,
            'Standard deviation of the Gaussian over which the two means are taken',
        ),
        amount(
            'length',
            'smoothness',
            '',
            0.003,
            0.0,
            0.02,
            0.0005,
            'Price of a longer contour (nu, as a share of 255 squared)',
        ),
        amount('rounds', 'rounds', '', 60, 1, 300, 1, 'Steps'),
        amount(
            'radius',
            'start',
            'mm',
            5.0,
            0.5,
            30.0,
            0.5,
            'Radius of the ball around a click; a box is the start as it is',
        ),
        amount(
            'reach',
            'reach',
            'mm',
            15.0,
            2.0,
            100.0,
            1.0,
            'How far beyond its start it looks; further away is background',
        ),
        choice(
            'keep', 'keeps', ('touching', 'everything'), 'What touches the start alone, or similar places nearby too'
        ),
        CHANNEL,
    ),
    source='Li, Kao, Gore and Ding, CVPR 2007, and IEEE TIP 17(10) 2008 (region-scalable fitting); our own code',
    use='A contour from a click or a box; the means of its two sides follow the shading of the image.',
    limits='The object must differ from what lies beside it; the start decides. On its slices alone.',
    prompts=('points', 'boxes'),
)
