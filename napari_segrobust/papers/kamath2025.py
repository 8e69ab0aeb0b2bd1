"""Kamath et al. 2023 and 2025: skip connections and texture, the published numbers as facts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from napari_segrobust.errors import SegrobustError
from napari_segrobust.papers.source import ReferenceCurve, Source

if TYPE_CHECKING:
    from collections.abc import Mapping

Trained = Literal['easiest', 'same']

SOURCE = Source(
    title='The impact of U-Net architecture choices and skip connections on the robustness of segmentation across '
    'texture variations',
    authors='Kamath et al.',
    venue='Comput. Biol. Med. 184:109364 (2025)',
    doi='10.1016/j.compbiomed.2024.109364',
    data='amithjkamath/to_skip_or_not, docs/data/dice-summary.csv (Apache-2.0)',
)
SYNTHETIC_SOURCE = Source(
    title='Do we really need that skip-connection? Understanding its interplay with task complexity',
    authors='Kamath et al.',
    venue='MICCAI 2023, LNCS 14223, pp. 302-311',
    doi='10.1007/978-3-031-43901-8_29',
    data='amithjkamath/to_skip_or_not, reports/{foreground,background}-results/dice_for_*.csv (Apache-2.0), one seed',
)
#: Where the published numbers and words contradict each other, or must not be taken at their word.
ERRATA = (
    'Table 1 of the MICCAI paper is superseded for the spleen at Easier: AGU-Net .809 is .299, U-Net .394 is .107, '
    'NoSkip U-Net .486 is .271.',
    'The blur of Easier and Easiest is told as a variance; 3 and 7 pixels are standard deviations.',
    'The MICCAI text prints the direction of alpha the other way round: in code and data a larger one is harder.',
    'The networks were trained on transposed images: on upright ones the U-Net reads .598 on BUSI in place of .748.',
    'The archived V-Net weights for GLaS are told to predict all foreground at every level (Dice .713); the printed '
    'row differs from that and is left out of comparisons here.',
    'Easier is easier along the texture alone: blur is itself a shift that no network was trained on.',
)
#: Levels in the order of the tables: textures from the least alike to the most alike.
LEVELS = ('Easiest', 'Easier', 'Clean', 'Harder', 'Hardest')
#: Keys of the data sets, and what they are; mean over three seeds each.
DATASETS: Mapping[str, str] = {
    'heart': 'left atrium, heart MRI, 120 slices',
    'spleen': 'spleen, CT, 216 slices',
    'busi': 'breast ultrasound (BUSI), 147 images',
    'glas': 'colon histology (GLaS), 80 crops',
}
ARCHITECTURES = ('NoSkip U-Net', 'U-Net', 'AGU-Net', 'U-Net++', 'V-Net', 'NoSkip V-Net')
#: (data set, architecture): mean Dice at each of `LEVELS`.
DICE: Mapping[tuple[str, str], tuple[float, float, float, float, float]] = {
    ('heart', 'NoSkip U-Net'): (0.8052, 0.8232, 0.8331, 0.8138, 0.7613),
    ('heart', 'U-Net'): (0.7404, 0.8052, 0.9009, 0.4922, 0.0765),
    ('heart', 'AGU-Net'): (0.8265, 0.8898, 0.9292, 0.1422, 0.0334),
    ('heart', 'U-Net++'): (0.034, 0.0168, 0.9254, 0.008, 0.0002),
    ('heart', 'V-Net'): (0.8718, 0.8964, 0.9249, 0.8932, 0.7841),
    ('heart', 'NoSkip V-Net'): (0.8544, 0.8724, 0.8819, 0.879, 0.871),
    ('spleen', 'NoSkip U-Net'): (0.1054, 0.2715, 0.6061, 0.5619, 0.4344),
    ('spleen', 'U-Net'): (0.0227, 0.1073, 0.7458, 0.0781, 0.0248),
    ('spleen', 'AGU-Net'): (0.0533, 0.2994, 0.9275, 0.3081, 0.2149),
    ('spleen', 'U-Net++'): (0.0104, 0.0717, 0.9075, 0.0, 0.0),
    ('spleen', 'V-Net'): (0.0005, 0.0821, 0.9252, 0.0568, 0.0011),
    ('spleen', 'NoSkip V-Net'): (0.1411, 0.2226, 0.7323, 0.4145, 0.315),
    ('busi', 'NoSkip U-Net'): (0.7442, 0.7485, 0.761, 0.7351, 0.6198),
    ('busi', 'U-Net'): (0.7448, 0.736, 0.7626, 0.7234, 0.6073),
    ('busi', 'AGU-Net'): (0.8038, 0.7995, 0.7952, 0.6457, 0.484),
    ('busi', 'U-Net++'): (0.7456, 0.7138, 0.7327, 0.4321, 0.1654),
    ('busi', 'V-Net'): (0.7134, 0.7167, 0.7237, 0.7117, 0.6899),
    ('busi', 'NoSkip V-Net'): (0.7429, 0.7619, 0.7597, 0.7515, 0.7298),
    ('glas', 'NoSkip U-Net'): (0.6904, 0.7462, 0.8, 0.7198, 0.7125),
    ('glas', 'U-Net'): (0.6926, 0.7416, 0.7995, 0.7301, 0.7146),
    ('glas', 'AGU-Net'): (0.7205, 0.7832, 0.8167, 0.7414, 0.6965),
    ('glas', 'U-Net++'): (0.7175, 0.7712, 0.8203, 0.72, 0.7035),
    ('glas', 'V-Net'): (0.7131, 0.7419, 0.7861, 0.7568, 0.7413),
    ('glas', 'NoSkip V-Net'): (0.6698, 0.7276, 0.8177, 0.7622, 0.7343),
}
#: Blends of the synthetic tables.
ALPHAS = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)
#: (direction, architecture, trained): Dice at each of `ALPHAS`, of the network trained at alpha 0.1 ("easiest") or at
#: the same alpha as it is tested at ("same"). Seed 1.
SYNTHETIC: Mapping[tuple[str, str, Trained], tuple[float, ...]] = {
    ('foreground', 'NoSkip U-Net', 'easiest'): (0.9875, 0.9861, 0.9857, 0.9836, 0.9764, 0.8601, 0.3895, 0.0618, 0.0014),
    ('foreground', 'NoSkip U-Net', 'same'): (0.9875, 0.9864, 0.9867, 0.9844, 0.9805, 0.9736, 0.9582, 0.8899, 0.5405),
    ('foreground', 'U-Net', 'easiest'): (0.9901, 0.9892, 0.9887, 0.9857, 0.9628, 0.6628, 0.1617, 0.0101, 0.0),
    ('foreground', 'U-Net', 'same'): (0.9901, 0.9889, 0.9881, 0.9858, 0.981, 0.9763, 0.9636, 0.8439, 0.5103),
    ('foreground', 'AGU-Net', 'easiest'): (0.9973, 0.9946, 0.9924, 0.9652, 0.7832, 0.2993, 0.1335, 0.11, 0.1407),
    ('foreground', 'AGU-Net', 'same'): (0.9973, 0.9895, 0.9932, 0.9949, 0.9879, 0.9813, 0.9679, 0.9377, 0.7267),
    ('foreground', 'U-Net++', 'easiest'): (0.9984, 0.9978, 0.9864, 0.8969, 0.4966, 0.0847, 0.0112, 0.0001, 0.0),
    ('foreground', 'U-Net++', 'same'): (0.9984, 0.9978, 0.9975, 0.9966, 0.9925, 0.9862, 0.975, 0.9474, 0.9053),
    ('background', 'NoSkip U-Net', 'easiest'): (0.9881, 0.9874, 0.9852, 0.9802, 0.9654, 0.7146, 0.4313, 0.2937, 0.2523),
    ('background', 'NoSkip U-Net', 'same'): (0.9881, 0.9866, 0.986, 0.9822, 0.9788, 0.9699, 0.9472, 0.8802, 0.4446),
    ('background', 'U-Net', 'easiest'): (0.9906, 0.9893, 0.9859, 0.9759, 0.9362, 0.6809, 0.413, 0.299, 0.2536),
    ('background', 'U-Net', 'same'): (0.9906, 0.9897, 0.9888, 0.9863, 0.9822, 0.9783, 0.9583, 0.9059, 0.4446),
    ('background', 'AGU-Net', 'easiest'): (0.9932, 0.9933, 0.9925, 0.9877, 0.9618, 0.8032, 0.4025, 0.0886, 0.0433),
    ('background', 'AGU-Net', 'same'): (0.9932, 0.9899, 0.9931, 0.9957, 0.9965, 0.9942, 0.995, 0.9892, 0.7535),
}


def levels(dataset: str, architecture: str) -> ReferenceCurve:
    """Give the published mean Dice over the five levels, as a course from 0 (Easiest) to 4 (Hardest).

    Raises
    ------
    SegrobustError
        Nothing is published under these words.

    Examples
    --------
    >>> levels('heart', 'V-Net').y[3] > levels('heart', 'NoSkip U-Net').y[3]
    True
    """
    if (dataset, architecture) not in DICE:
        raise _unknown(f'{dataset}, {architecture}', f'{", ".join(DATASETS)}, and {", ".join(ARCHITECTURES)}')
    title = f'{architecture}, {DATASETS[dataset].split(",")[0]}'
    return ReferenceCurve(title, (0.0, 1.0, 2.0, 3.0, 4.0), DICE[dataset, architecture], 'level', 'Dice', SOURCE)


def synthetic(blended: str, architecture: str, trained: Trained = 'easiest') -> ReferenceCurve:
    """Give the published Dice over alpha on the synthetic task.

    Parameters
    ----------
    blended : {'foreground', 'background'}
        Which takes the other in.
    architecture : str
        U-Net++ has the foreground only, the V-Nets have neither.
    trained : {'easiest', 'same'}
        At alpha 0.1, or at the alpha of the test.

    Raises
    ------
    SegrobustError
        Nothing is published under these words.
    """
    if (blended, architecture, trained) not in SYNTHETIC:
        choices = sorted({f'{b} {a}' for b, a, _ in SYNTHETIC})
        raise _unknown(f'{blended}, {architecture}, {trained}', f'{", ".join(choices)}, and easiest or same')
    y = SYNTHETIC[blended, architecture, trained]
    return ReferenceCurve(architecture, ALPHAS, y, 'alpha', 'Dice', SYNTHETIC_SOURCE)


def counter_examples() -> tuple[str, ...]:
    """Say where the published table contradicts "skip connections cost robustness", each computed from it.

    At the two hard levels, a network with skip connections that scores more than one without, of its own family or of
    the other: largest difference first.
    """
    found = []
    for dataset in DATASETS:
        for place, level in list(enumerate(LEVELS))[3:]:
            for one in ('U-Net', 'AGU-Net', 'U-Net++', 'V-Net'):
                for other in ('NoSkip U-Net', 'NoSkip V-Net'):
                    gap = DICE[dataset, one][place] - DICE[dataset, other][place]
                    # The V-Net on GLaS: see the errata.
                    if gap > 0 and (dataset, one) != ('glas', 'V-Net'):
                        found.append((gap, dataset, level, one, other, place))
    return tuple(
        f'{DATASETS[dataset].split(",")[0]}, {level}: {one} {DICE[dataset, one][place]:.3f}, '
        f'{other} {DICE[dataset, other][place]:.3f}'
        for _, dataset, level, one, other, place in sorted(found, reverse=True)
    )


def _unknown(asked: str, choices: str) -> SegrobustError:
    return SegrobustError('No such published curve', asked, f'Choose from {choices}.')
