"""Which metric should I look at? Recommendations and warnings, each with its reason and a figure of this very case.

After Metrics Reloaded (Maier-Hein & Reinke 2024, doi:10.1038/s41592-023-02151-z) and USE-Evaluator (Ostmeier 2023,
doi:10.1016/j.media.2023.102927). The thresholds are ours and stand below.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Callable

    from napari_segrobust.lab.facts import Facts

#: Dice that one voxel layer costs from which overlap says more about size than about quality.
SMALL = 0.2
#: Elongation from which the centre line matters.
THIN = 4.0
#: Share of the volume from which the largest object hides the others.
DOMINANT = 0.8
#: Share of the image below which the background decides.
RARE = 0.01
#: Share of the border with contrast below noise from which borders are in doubt.
WEAK = 0.25
#: Round-trip Dice below which the grid limits the score.
CEILING = 0.98


@dataclass(frozen=True, slots=True)
class Advice:
    """One recommendation or warning.

    Attributes
    ----------
    kind : {'look', 'beware'}
    metrics : tuple of str
        Keys that it is about, most important first.
    text : str
        One line: the reason, with its figure.
    figure : float or None
        The figure that was computed on this case.
    """

    kind: Literal['look', 'beware']
    metrics: tuple[str, ...]
    text: str
    figure: float | None = None


def recommend(facts: Facts, tolerance: float = 2.0) -> tuple[Advice, ...]:
    """Say which metrics to look at for a reference, and which to distrust.

    Parameters
    ----------
    facts : Facts
        Of `napari_segrobust.lab.facts.look`.
    tolerance : float
        The tolerance in use, in the unit of lengths.

    Returns
    -------
    tuple of Advice
        Most important first; never empty.
    """
    if not facts.voxels:
        return _empty()
    found = [advice for rule in _RULES for advice in rule(facts)]
    found += _tolerance(facts, tolerance)
    if not any(advice.kind == 'look' for advice in found):
        text = f'one compact structure of {_amount(facts)}: overlap and a distance together say it'
        found.insert(0, Advice('look', ('dice', 'nsd', 'hd95'), text, facts.volume))
    return tuple(found)


def _amount(facts: Facts) -> str:
    return f'{facts.volume:.3g} {facts.volume_unit}'


def _empty() -> tuple[Advice, ...]:
    return (
        Advice(
            'look',
            ('detection', 'absolute_volume_difference_ml'),
            'the reference is empty: look at whether anything was found, and how much',
            0.0,
        ),
        Advice('beware', ('dice', 'nsd', 'hd95'), 'the reference is empty: overlap and distances have no value'),
    )


def _small(facts: Facts) -> list[Advice]:
    if facts.layer_cost < SMALL:
        return []
    layers = 'layer' if facts.layers == 1 else 'layers'
    size = f'reference {_amount(facts)}, {facts.layers} voxel {layers}: one layer costs {facts.layer_cost:.2g} Dice'
    return [
        Advice('look', ('nsd', 'absolute_volume_difference_ml'), f'{size}; look at NSD and volume', facts.layer_cost),
        Advice('beware', ('dice', 'iou'), f'{size}, whoever drew the border', facts.layer_cost),
    ]


def _thin(facts: Facts) -> list[Advice]:
    if facts.elongation < THIN:
        return []
    text = f'thin: {facts.elongation:.2g} times as long as it is wide; the centre line is what counts'
    return [Advice('look', ('cl_dice', 'nsd'), text, facts.elongation)]


def _many(facts: Facts) -> list[Advice]:
    if facts.objects < 2:
        return []
    text = f'{facts.objects} objects: count what was found, not voxels alone'
    found = [Advice('look', ('lesion_f1', 'panoptic_quality', 'lesion_recall'), text, float(facts.objects))]
    if facts.largest_share >= DOMINANT:
        dice = 2 * facts.largest_share / (1 + facts.largest_share)
        text = (
            f'the largest of {facts.objects} objects has {facts.largest_share:.0%} of the volume: '
            f'whoever misses all others still has a Dice of {dice:.3g}'
        )
        found.append(Advice('beware', ('dice', 'iou'), text, dice))
    return found


def _doubt(facts: Facts) -> list[Advice]:
    if facts.raters < 2 or facts.rater_distance is None:
        return []
    distance = f'{facts.rater_distance:.2g} {facts.length_unit}'
    text = f'{facts.raters} raters are {distance} apart: look at NSD with that as the tolerance'
    return [
        Advice('look', ('nsd',), text, facts.rater_distance),
        Advice('beware', ('hd',), f'raters are {distance} apart: a maximum measures their slips', facts.rater_distance),
    ]


def _rare(facts: Facts) -> list[Advice]:
    if facts.foreground_share >= RARE:
        return []
    accuracy = 1 - facts.foreground_share
    text = f'{facts.foreground_share:.2g} of the image: an empty prediction has an accuracy of {accuracy:.4g}'
    return [Advice('beware', ('accuracy', 'specificity', 'rand_index', 'ece'), text, accuracy)]


def _border(facts: Facts) -> list[Advice]:
    seen = facts.contrast
    if seen is None or seen.weak_share is None or seen.weak_share < WEAK:
        return []
    share = f'{seen.weak_share:.0%} of the border'
    text = f'along {share} the contrast is below the noise: errors there need not come from the model'
    return [Advice('beware', ('hd', 'hd95'), text, seen.weak_share)]


def _grid(facts: Facts) -> list[Advice]:
    if facts.round_trip is None or facts.round_trip >= CEILING:
        return []
    text = f'taken to the grid of the model and back, the reference itself has a Dice of {facts.round_trip:.3g}'
    return [Advice('beware', ('dice', 'nsd', 'hd95'), text, facts.round_trip)]


def _tolerance(facts: Facts, tolerance: float) -> list[Advice]:
    if tolerance >= facts.largest_step:
        return []
    text = (
        f'a tolerance of {tolerance:g} {facts.length_unit} is below the voxel spacing of {facts.largest_step:g}: '
        'a shift by one voxel is an error'
    )
    return [Advice('beware', ('nsd',), text, facts.largest_step)]


_RULES: tuple[Callable[[Facts], list[Advice]], ...] = (_small, _thin, _many, _doubt, _rare, _border, _grid)
