"""Kamath et al. 2022: context against foreground fraction, the published numbers as facts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from napari_segrobust.errors import SegrobustError
from napari_segrobust.papers import kamath2022_numbers as numbers
from napari_segrobust.papers.source import ReferenceCurve, Source

if TYPE_CHECKING:
    from collections.abc import Mapping

Dataset = Literal['spheres', 'spleen']

SOURCE = Source(
    title='How do 3D image segmentation networks behave across the context versus foreground ratio trade-off?',
    authors='Kamath et al.',
    venue='Medical Imaging meets NeurIPS 2022',
    doi='',
    data='amithjkamath/context_vs_fbr, results/ (MIT): one row for each test case, three runs',
)
#: Titles of the published keys.
MODELS: Mapping[str, str] = {'unet': 'U-Net', 'atunet': 'Attention U-Net', 'unetr': 'UNETR'}
WINDOWS = (32, 48, 64, 80, 96)
#: Radii of the training spheres, voxels of a cube of 96; those of the test are 5 to 47.
TRAIN_RADII, TEST_RADII, CUBE = (25, 34), (5, 47), 96
#: What must be known of these numbers.
NOTES = (
    'The paper\'s "foreground ratio" is the fraction of foreground voxels in a window, not foreground over background.',
    'Its "abs_diff" counts the voxels that differ, over those of the reference: misplaced volume counts too.',
    'Moving the window of a trained network is another experiment: there the window changed the training.',
)


@dataclass(frozen=True, slots=True)
class SphereScore:
    """Spheres of one range of radii, over three runs.

    Attributes
    ----------
    count : int
        Test cubes of all runs.
    dice, lowest, highest : float
        Mean over all cubes; smallest and largest mean of a run.
    disagreement : float
        Mean number of differing voxels over those of the reference.
    """

    count: int
    dice: float
    lowest: float
    highest: float
    disagreement: float


@dataclass(frozen=True, slots=True)
class SpleenScore:
    """Ten test volumes in three runs.

    Attributes
    ----------
    dice, spread : float
        Mean and standard deviation over the 30 rows.
    disagreement : float
        Median number of differing voxels over those of the reference.
    cases : tuple of float
        Mean Dice of each volume over the runs, in the order of `SPLEEN_FRACTIONS`.
    """

    dice: float
    spread: float
    disagreement: float
    cases: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class TrainingFractions:
    """Foreground fraction of all training windows of one configuration.

    Attributes
    ----------
    windows : int
    mean, empty_share : float
        Mean fraction; share of windows without any foreground.
    quantiles : tuple of float
        At `QUANTILES`, the empty ones included.
    """

    windows: int
    mean: float
    empty_share: float
    quantiles: tuple[float, ...]


QUANTILES = (0.0, 0.05, 0.25, 0.5, 0.75, 0.95, 1.0)

#: (model, window): spheres smaller than, inside and larger than the training range.
SPHERES: Mapping[tuple[str, int], tuple[SphereScore, ...]] = {
    key: tuple(SphereScore(*fields) for fields in ranges) for key, ranges in numbers.SPHERES.items()
}
#: (model, window): mean foreground fraction, Dice and disagreement of the spheres of each of `RADIUS_BINS`.
SPHERE_CURVES: Mapping[tuple[str, int], tuple[tuple[float, float, float], ...]] = numbers.SPHERE_CURVES
#: Ranges of radii that these curves are averaged over, voxels, both ends included.
RADIUS_BINS = numbers.RADIUS_BINS
#: Foreground fraction of the ten test volumes of the spleen, smallest first.
SPLEEN_FRACTIONS: tuple[float, ...] = numbers.SPLEEN_FRACTIONS
#: (model, window)
SPLEEN: Mapping[tuple[str, int], SpleenScore] = {key: SpleenScore(*fields) for key, fields in numbers.SPLEEN.items()}
#: (data set, model, window)
TRAINING_FRACTIONS: Mapping[tuple[str, str, int], TrainingFractions] = {
    key: TrainingFractions(*fields) for key, fields in numbers.TRAINING_FRACTIONS.items()
}


def reference_curve(dataset: Dataset, model: str, window: int, quantity: str = 'dice') -> ReferenceCurve:
    """Give a published course over foreground fraction.

    Parameters
    ----------
    dataset : {'spheres', 'spleen'}
        Means over the spheres of each of `RADIUS_BINS`; means over three runs of each volume.
    model : str
        Key of `MODELS`.
    window : int
        Edge of the window, voxels.
    quantity : {'dice', 'disagreement'}
        The spleen has Dice only.

    Raises
    ------
    SegrobustError
        Nothing is published under these words.

    Examples
    --------
    >>> curve = reference_curve('spheres', 'atunet', 96)
    >>> curve.title, curve.y[0], curve.y[-1]
    ('Attention U-Net, window 96', 0.0215, 0.989)
    """
    known = (model, window) in SPHERES and quantity in ('dice', 'disagreement')
    if not known or dataset not in ('spheres', 'spleen') or (dataset == 'spleen' and quantity != 'dice'):
        raise SegrobustError(
            'No such published curve',
            f'{dataset}, {model}, window {window}, {quantity}',
            f'Choose spheres or spleen, one of {", ".join(MODELS)}, a window of {WINDOWS}, and dice.',
        )
    if dataset == 'spleen':
        x, y = SPLEEN_FRACTIONS, SPLEEN[model, window].cases
    else:
        points = SPHERE_CURVES[model, window]
        x = tuple(point[0] for point in points)
        y = tuple(point[1 if quantity == 'dice' else 2] for point in points)
    title = 'Dice' if quantity == 'dice' else 'differing voxels over those of the reference'
    return ReferenceCurve(f'{MODELS[model]}, window {window}', x, y, 'foreground fraction', title, SOURCE)
