"""Several raters of one case: how far they agree, what they agree on, and where a model stands among them."""

from napari_segrobust.review.agreement import Agreement
from napari_segrobust.review.cases import CasesAgreement, agree_cases
from napari_segrobust.review.consensus import Consensus, ConsensusCode, consensus
from napari_segrobust.review.disputes import Dispute, Disputes
from napari_segrobust.review.maps import entropy_map, fraction_map, vote_map
from napari_segrobust.review.measure import agree
from napari_segrobust.review.staple import Staple, staple
from napari_segrobust.review.staple_labels import LabelStaple, staple_labels
from napari_segrobust.review.votes import Patterns, Votes

__all__ = [
    'Agreement',
    'CasesAgreement',
    'Consensus',
    'ConsensusCode',
    'Dispute',
    'Disputes',
    'LabelStaple',
    'Patterns',
    'Staple',
    'Votes',
    'agree',
    'agree_cases',
    'consensus',
    'entropy_map',
    'fraction_map',
    'staple',
    'staple_labels',
    'vote_map',
]
