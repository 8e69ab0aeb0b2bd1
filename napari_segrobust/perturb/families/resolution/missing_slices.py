"""Missing slices: lost in the transfer, torn sections, dropouts by motion."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from napari_segrobust.perturb.spec import Parameter, PerturbationSpec

if TYPE_CHECKING:
    from collections.abc import Mapping

    import torch
    from numpy.typing import NDArray

    from napari_segrobust.perturb.spec import FieldBlock, Shape, Spacing

#: Most slices that are lost in a row.
_LONGEST = 3


def draw(rng: np.random.Generator, shape: Shape, spacing: Spacing) -> dict[str, NDArray[np.float32]]:
    """Which slices can be lost, in runs of one to three between at least as many that never are, and in which order.

    Returns
    -------
    dict
        Each (N,) for N slices. ``order``: how many are lost before this one, N where it never is. ``before``,
        ``after``: the nearest slices that never are.
    """
    size = shape[0]
    runs, first = [], int(rng.integers(1, 3))
    while first < size - 1:
        run = np.arange(first, min(first + int(rng.integers(1, _LONGEST + 1)), size - 1))
        runs.append(run)
        first = int(run[-1]) + 1 + int(rng.integers(len(run), len(run) + 2))
    order, before, after = np.full(size, float(size)), np.arange(size), np.arange(size)
    lost = 0
    for index in rng.permutation(len(runs)):
        run = runs[index]
        order[run] = lost + np.arange(len(run))
        before[run], after[run] = run[0] - 1, run[-1] + 1
        lost += len(run)
    return {name: np.asarray(a, np.float32) for name, a in (('order', order), ('before', before), ('after', after))}


def apply(u: torch.Tensor, amounts: Mapping[str, float], field: FieldBlock) -> torch.Tensor:
    """Lose one slice after the other, the next one fading while the amount grows."""
    import torch

    wanted, keep = field.wanted[0], field.keep[0]
    out = u[(slice(None), *field.keep)].contiguous()
    weight = field.arrays['order'][0, wanted].neg().add_(amounts['share'] / 100 * field.shape[0]).clamp_(0, 1)
    lost = torch.nonzero(weight).ravel()
    column = (-1, *(1,) * (u.dim() - 2))
    kept = out.index_select(1, lost).mul_((1 - weight[lost]).reshape(column))
    if amounts['filled']:
        before, after = (field.arrays[name][0, wanted][lost] for name in ('before', 'after'))
        way = (lost + wanted.start - before) / (after - before)
        for source, share in ((before, 1 - way), (after, way)):
            place = source.long() - wanted.start + keep.start
            there = u.index_select(1, place)[(slice(None), slice(None), *field.keep[1:])]
            kept += there.mul_((share * weight[lost] * amounts['filled']).reshape(column))
    return out.index_copy_(1, lost, kept)


def halo(amounts: Mapping[str, float], shape: Shape, spacing: Spacing) -> tuple[int, ...]:
    """As far as the nearest slices that are never lost lie, where they are needed."""
    return (min(_LONGEST, shape[0]) if amounts['filled'] else 0, *(0,) * (len(shape) - 1))


SPEC = PerturbationSpec(
    name='missing_slices',
    title='missing slices',
    group='resolution',
    kind='continuous',
    stage='acquisition',
    response='nonlinear',
    parameters=(
        Parameter(
            'share',
            'share of slices',
            '%',
            (0, 3, 6, 10, 18, 30),
            0,
            30,
            'chosen: from one section in 30, as serial electron microscopy loses them, to one in three',
        ),
        Parameter(
            'filled', 'filled', '', (0,) * 6, 0, 1, 'chosen: 0, empty; 1 is linear interpolation between slices left'
        ),
    ),
    summary='Empties slices along the first axis (rows of a 2D image), always the same ones first, or fills them in.',
    model="u'_z = (1 - w_z) u_z + w_z f v_z, w_z = clamp(p N - o_z, 0, 1), o the order of loss, v from slices left",
    source='serial sections: Lee et al., arXiv 1706.00120 (2017) (missing sections as augmentation)',
    apply=apply,
    draw=draw,
    halo=halo,
    per_channel=False,
    modalities=('MR', 'CT', 'OCT', 'EM'),
)
