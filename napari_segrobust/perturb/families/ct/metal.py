"""Metal: an implant in the body, with the bands and streaks that it casts."""

from __future__ import annotations

from math import cos, prod, sin
from typing import TYPE_CHECKING

import numpy as np

from napari_segrobust.perturb.families._planes import by_plane, finite_u, plane_halo
from napari_segrobust.perturb.families.ct._projection import Scan, draw_noise, noise_of
from napari_segrobust.perturb.spec import Parameter, PerturbationSpec

if TYPE_CHECKING:
    from collections.abc import Mapping

    import torch
    from numpy.typing import NDArray

    from napari_segrobust.perturb.clean import Clean
    from napari_segrobust.perturb.record import Perturbation
    from napari_segrobust.perturb.spec import FieldBlock, Shape, Spacing

#: HU that tell the body from air.
BODY = -300
#: Places in the body that are kept for the seed to choose from.
PLACES = 4096
#: Error in cm of a path of 1 cm through an implant of 1000 HU: squared, times a path through water, and of the noise.
SQUARED, CROSSED, NOISE = 0.15, 0.015, 0.4
#: Half of the attenuation of water, for 1/cm at about 70 keV: the noise of a ray grows with its exponential.
HALF_WATER = 0.095


def draw(rng: np.random.Generator, shape: Shape, spacing: Spacing) -> dict[str, NDArray[np.float32]]:
    """Place in the body (0 to 1), direction and half axes in mm of an elliptic rod, and the photon noise of every ray.

    The rod goes through all slices. It is 4 to 15 mm from its middle to its ends, in a small image at most an eighth of
    a side.
    """
    long, short = rng.uniform(7, 15), rng.uniform(4, 7)
    most = min(n * step for n, step in zip(shape[-2:], spacing[-2:], strict=True)) / 8
    rod = [rng.random(), rng.uniform(0, np.pi), min(long, most), min(short, most / 2)]
    return {'rod': np.array(rod, np.float32), **draw_noise(rng, Scan.of(shape, spacing), prod(shape[:-2]))}


def measure(clean: Clean, record: Perturbation, amounts: Mapping[str, float]) -> dict[str, NDArray[np.int64]]:
    """Voxels (row, column) well inside the body, in as many slices as may be, for the seed to choose from."""
    from scipy.ndimage import distance_transform_edt

    lo, hi = clean.scale(record)
    body = (finite_u(clean, record, 0) > (BODY - lo) / (hi - lo)).reshape(-1, *clean.shape[-2:]).mean(axis=0)
    inside = np.pad(body >= 0.9 * body.max(), 1)
    depth = distance_transform_edt(inside, sampling=clean.spacing[-2:])[1:-1, 1:-1]
    places = np.argwhere(depth >= 0.4 * depth.max())
    return {'places': places[:: max(1, len(places) // PLACES)]}


def apply(u: torch.Tensor, amounts: Mapping[str, float], field: FieldBlock) -> torch.Tensor:
    """Add the rod, and around it the reconstruction of the error that rays through it make."""
    scan = Scan.of(field.shape, field.spacing)
    lo, hi = field.intensity_range
    strength = amounts['density'] / (hi - lo)
    rod, path = _rod(field, scan)
    rod, path = rod.to(u.device), path.to(u.device)

    def implant(plane: torch.Tensor, channel: int, index: int) -> torch.Tensor:
        water = scan.project((plane * (hi - lo)).add_(lo + 1000).div_(1000).clamp_(0, 1), together=4)
        noise = (water - water.max()).mul_(HALF_WATER).exp_().mul_(noise_of(field, 0, index)).mul_(NOISE)
        error = (path * SQUARED).add_(water.mul_(CROSSED)).add_(noise).mul_(path)
        bands = scan.reconstruct(error).mul_(1 / 1000).mul_(1 - rod)
        return plane.add_((rod - bands).mul_(strength))

    return by_plane(u, field, implant)


def _rod(field: FieldBlock, scan: Scan) -> tuple[torch.Tensor, torch.Tensor]:
    """Share of each voxel of the plane that is metal (H, W), and path of each ray through it in cm (views, bins)."""
    import torch

    lot, direction, long, short = field.arrays['rod'][0].tolist()
    places = field.facts['places']
    where = places[int(lot * len(places))].tolist()
    row, column = ((at - (n - 1) / 2) * step for at, n, step in zip(where, scan.shape, scan.spacing, strict=True))
    y, x = (
        (np.arange(n) - (n - 1) / 2) * step - middle
        for n, step, middle in zip(scan.shape, scan.spacing, (row, column), strict=True)
    )
    along = (x * cos(direction) + y[:, None] * sin(direction)) / long
    across = (y[:, None] * cos(direction) - x * sin(direction)) / short
    share = np.clip((1 - np.hypot(along, across)) * short / max(scan.spacing) + 0.5, 0, 1)

    angles = scan.angles()[:, None]
    half_width = np.hypot(long * np.cos(angles - direction), short * np.sin(angles - direction))
    middle = column * np.cos(angles) + row * np.sin(angles)
    distance = ((np.arange(scan.bins) - (scan.bins - 1) / 2) * scan.cell - middle) / half_width
    path = 2 * long * short / half_width * np.sqrt(np.maximum(1 - distance**2, 0)) / 10
    return torch.from_numpy(share.astype(np.float32)), torch.from_numpy(path.astype(np.float32))


SPEC = PerturbationSpec(
    name='metal',
    title='metal',
    group='ct',
    kind='continuous',
    stage='acquisition',
    response='linear',
    parameters=(
        Parameter(
            'density',
            'implant',
            'HU',
            (0, 1000, 2000, 3500, 5500, 8000),
            0,
            30000,
            'chosen: from dense bone to titanium on an extended scale; many scanners end at 3071 HU',
        ),
    ),
    summary='Puts a metal rod into the body, at a place that the seed chooses, with its dark bands and bright streaks.',
    model="u' = u + a (rod - R(b m^2 + c m w + n m exp(mu w / 2))), m, w = path through rod and body, n ~ N(0, 1)",
    source='Barrett & Keat, RadioGraphics 24:1679 (2004); De Man et al., IEEE Trans Nucl Sci 46:691 (1999)',
    apply=apply,
    draw=draw,
    measure=measure,
    halo=plane_halo,
    per_channel=False,
    expects='HU',
    modalities=('CT',),
    caution='The rod goes through all slices at one place, which the body may leave in some of them.',
)
