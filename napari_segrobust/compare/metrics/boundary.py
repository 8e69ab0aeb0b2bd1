"""Agreement of the borders of two masks, voxel convention, and of their centre lines."""

from __future__ import annotations

from typing import TYPE_CHECKING

from napari_segrobust.compare.bands import Band, coco_bands, mm_bands
from napari_segrobust.compare.skeleton import skeletons
from napari_segrobust.compare.spec import MetricSpec

if TYPE_CHECKING:
    from napari_segrobust.compare.pair import MaskPair
    from napari_segrobust.compare.settings import MetricSettings
    from napari_segrobust.compare.value import MetricValue


def within(tolerance: float) -> float:
    """Largest distance that counts as near: one that equals the tolerance does, whatever the last bit of its root."""
    return tolerance + 1e-9 * max(1.0, tolerance)


def _nsd(pair: MaskPair, settings: MetricSettings) -> MetricValue:
    if pair.status != 'ok':
        return pair.ratio(0, pair.reference_size + pair.prediction_size)
    there, back = pair.to_prediction, pair.to_reference
    limit = within(settings.tolerance_mm)
    return pair.ratio(there.within(limit) + back.within(limit), there.total + back.total)


def _band_iou(pair: MaskPair, bands: tuple[Band, Band]) -> MetricValue:
    first, second = bands
    both = first.overlap(second)
    return pair.ratio(both, first.size + second.size - both)


def _cl_dice(pair: MaskPair, _: MetricSettings) -> MetricValue:
    if pair.status != 'ok':
        return pair.ratio(0, pair.reference_size + pair.prediction_size)
    reference, prediction = skeletons(pair)
    if not (reference.size and prediction.size):
        return pair.undefined('thinning left nothing of a mask', status='zero_denominator')
    found, right = reference.covered / reference.size, prediction.covered / prediction.size
    return pair.number(2 * found * right / (found + right) if found + right else 0.0)


METRICS = (
    MetricSpec(
        key='nsd',
        title='NSD (surface Dice)',
        short='NSD',
        family='boundary',
        unit=None,
        better='higher',
        range=(0, 1),
        formula='(|R border within t of P border| + |P border within t of R border|) / (|R border| + |P border|)',
        summary='Share of both borders that agree within the tolerance t. Set t to how far raters differ.',
        blind_spot='How far the rest is off, and everything below the tolerance. Where t is below the voxel size, '
        'one voxel of shift counts as an error.',
        source='Nikolov 2021, doi:10.2196/26151; voxel borders as in Metrics Reloaded, doi:10.1038/s41592-023-02151-z',
        compute=_nsd,
        convention='voxel surfaces, at {s.tolerance_mm:g} {length}',
        states=(None, 0, 0),
    ),
    MetricSpec(
        key='boundary_iou',
        title='Boundary IoU',
        family='boundary',
        unit=None,
        better='higher',
        range=(0, 1),
        formula='|R band and P band| / |R band or P band|, band: voxels of a mask nearer than w to its own border',
        summary='IoU of the inner rims of both masks. Unlike IoU it does not improve with the size of a structure.',
        blind_spot='How far a border is off once the rims no longer meet. Where w is at most the voxel size, the rim '
        'is the border itself.',
        source='Cheng 2021, doi:10.1109/CVPR46437.2021.01508; band as in Metrics Reloaded, '
        'doi:10.1038/s41592-023-02151-z',
        compute=lambda pair, settings: _band_iou(pair, mm_bands(pair, settings.boundary_width_mm)),
        convention='band of {s.boundary_width_mm:g} {length}',
        states=(None, 0, 0),
    ),
    MetricSpec(
        key='boundary_iou_coco',
        title='Boundary IoU, as in COCO',
        short='Boundary IoU (COCO)',
        family='boundary',
        unit=None,
        better='higher',
        range=(0, 1),
        formula='as Boundary IoU; band: what erosion by 3 x 3 pixels takes away, repeated 2 % of the image diagonal',
        summary='Boundary IoU with the band of the COCO benchmark, in pixels. A volume is taken slice by slice along '
        'its first axis, all slices together.',
        blind_spot='Spacing; and the band grows with the field of view: crop the image and the number changes.',
        source='Cheng 2021, doi:10.1109/CVPR46437.2021.01508',
        compute=lambda pair, _: _band_iou(pair, coco_bands(pair)),
        convention='band of 2 % of the image diagonal',
        domain_dependent=True,
        states=(None, 0, 0),
    ),
    MetricSpec(
        key='cl_dice',
        title='clDice',
        family='boundary',
        unit=None,
        better='higher',
        range=(0, 1),
        formula='2 a b / (a + b), a = |R skeleton in P| / |R skeleton|, b = |P skeleton in R| / |P skeleton|',
        summary='Overlap of each centre line with the other mask: for vessels and other thin structures that must not '
        'be interrupted.',
        blind_spot='Thickness. It depends on the method of thinning; blobs have no meaningful centre line.',
        source='Shit 2021, doi:10.1109/CVPR46437.2021.01629; skeletons by scikit-image: Zhang 1984, in 3D Lee 1994',
        compute=_cl_dice,
        convention='skeletons by Zhang in 2D, by Lee in 3D',
        states=(None, 0, 0),
    ),
)
