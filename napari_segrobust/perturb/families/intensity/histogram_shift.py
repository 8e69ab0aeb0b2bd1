"""Histogram shift: another tone curve, smooth, random and never turning back, from another scanner or protocol."""

from __future__ import annotations

from math import comb
from typing import TYPE_CHECKING

import numpy as np

from napari_segrobust.perturb.spec import Parameter, PerturbationSpec

if TYPE_CHECKING:
    from collections.abc import Mapping

    import torch
    from numpy.typing import NDArray

    from napari_segrobust.perturb.spec import FieldBlock, Shape, Spacing

#: Degree of the curve: so many control points less one, evenly spaced from lo to hi; the first and last stay.
DEGREE = 4


def draw(rng: np.random.Generator, shape: Shape, spacing: Spacing) -> dict[str, NDArray[np.float32]]:
    """Displacement of the control points of a Bezier curve, as a polynomial in u whose steepest fall is 1."""
    control = np.zeros(DEGREE + 1)
    control[1:-1] = rng.uniform(-1, 1, DEGREE - 1)
    curve = np.polynomial.Polynomial([0.0])
    for k, height in enumerate(control):
        bump = np.polynomial.Polynomial([0, 1]) ** k * np.polynomial.Polynomial([1, -1]) ** (DEGREE - k)
        curve = curve + height * comb(DEGREE, k) * bump
    fall = -curve.deriv()(np.linspace(0, 1, 1001)).min()  # above 0, for the curve begins and ends at 0
    return {'coefficients': (curve.coef / fall).astype(np.float32)}


def apply(u: torch.Tensor, amounts: Mapping[str, float], field: FieldBlock) -> torch.Tensor:
    """Add the displacement, by Horner's rule; outside lo to hi there is none."""
    inside = u.clamp(0.0, 1.0)
    scaled = field.arrays['coefficients'] * (amounts['slope'] / 100)
    terms = [term.reshape(-1, *(1,) * (u.ndim - 1)) for term in scaled.unbind(1)]
    shift = inside * terms[-1]
    for term in terms[-2:0:-1]:
        shift.add_(term).mul_(inside)
    # what the rounded coefficients miss of 0 at hi is taken off evenly, so that the curve has no step there
    return u.add_(shift.sub_(inside.mul_(sum(terms[1:]))))


SPEC = PerturbationSpec(
    name='histogram_shift',
    title='histogram shift',
    group='intensity',
    kind='continuous',
    stage='contrast',
    response='linear',
    parameters=(
        Parameter(
            'slope',
            'largest loss of contrast',
            '%',
            (0, 20, 40, 60, 80, 95),
            0,
            99,
            'chosen: even steps; at 100 some grey values become one, and beyond the order of tissues turns',
        ),
    ),
    summary='Moves grey values along a random smooth curve that keeps their order, as between scanners.',
    model="u' = u + a d(u), d a Bezier curve over 5 even control points, 0 at both ends, min d' = -1",
    source='Nyul, Udupa & Zhang, IEEE TMI 19:143 (2000); Zhou et al. (Models Genesis), MedIA 67:101840 (2021)',
    apply=apply,
    draw=draw,
    modalities=('MR', 'US', 'X-ray', 'OCT', 'fundus', 'endoscopy', 'histology', 'EM', 'photograph'),
)
