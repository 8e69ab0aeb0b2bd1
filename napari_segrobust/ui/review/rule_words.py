"""What each way of making a consensus is called, what it means, and where it is weak."""

from __future__ import annotations

from typing import NamedTuple

from napari_segrobust.review.made import LABELS, SOFT


class RuleWords(NamedTuple):
    """Words on a rule.

    Attributes
    ----------
    title, meaning, weakness : str
    """

    title: str
    meaning: str
    weakness: str


RULE_WORDS = {
    'majority': RuleWords(
        'strict majority',
        'In where more than half of those who looked are in; a tie where it is half.',
        'Throws away how many disagreed: 3 of 5 and 5 of 5 look alike.',
    ),
    'at_least_half': RuleWords(
        'at least half',
        'In where half or more of those who looked are in.',
        'Every tie goes in: with two raters it is the union.',
    ),
    'union': RuleWords(
        'union',
        'In where anybody is in.',
        'One slip of one rater is in, and it grows with every rater.',
    ),
    'intersection': RuleWords(
        'intersection',
        'In where all who looked are in.',
        'One omission of one rater is out, and it shrinks with every rater.',
    ),
    'staple': RuleWords(
        'STAPLE',
        'In where the mask that explains all raters best is probable above 0.5.',
        'A 2-2 tie becomes certainty, and the mask depends on how much background takes part.',
    ),
    'simple': RuleWords(
        'SIMPLE',
        'A weighted vote of the raters who stay after the worst are dropped.',
        'Who sees what all others miss is dropped as an outlier.',
    ),
    'weighted': RuleWords(
        'weighted vote',
        'A vote in which each weighs as much as its Dice with the majority of the others.',
        'Raters who make the same mistake give each other weight.',
    ),
    SOFT: RuleWords(
        'mean as soft label',
        'The share of those who looked that is in, from 0 to 1.',
        'A share of people is no probability of the truth: they may all err alike.',
    ),
    LABELS: RuleWords(
        'STAPLE of all labels',
        'All labels at once: what each rater draws for each label is estimated too.',
        'Depends on the background as STAPLE does, and tied labels are told apart by nothing.',
    ),
}


def title_of(rule: str, raters: int) -> str:
    """Name of a consensus, such as "consensus: strict majority of 5 raters"."""
    return f'consensus: {RULE_WORDS[rule].title} of {raters} raters'
