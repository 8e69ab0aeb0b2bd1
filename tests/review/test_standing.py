"""A mask among raters has the numbers that it would have as the model of the agreement."""

from __future__ import annotations

import numpy as np
import pytest

import napari_segrobust as sr
from napari_segrobust.review.drawn import Drawn
from napari_segrobust.review.standing import references_of, stand


def test_it_is_what_the_agreement_says_of_its_model(disc):
    masks = np.stack([disc(5), disc(6), disc(7, (21, 20))])
    model = disc(6, (20, 21))
    found = stand(sr.agree(masks), Drawn('model', model > 0))
    expected = sr.agree(masks, model=model)
    assert found.ceiling == expected.ceiling
    assert found.williams == expected.williams
    assert found.means['hd95'] == expected.ceiling.model_mean('hd95')


def test_two_raters_are_references_themselves(disc):
    masks = {'anna': disc(5), 'ben': disc(6)}
    agreement = sr.agree(masks)
    found = stand(agreement, Drawn('model', disc(6) > 0))
    assert found.ceiling is None
    assert found.values['dice'] == (pytest.approx(agreement.pairwise.matrices['dice'][0][1].value), 1.0)
    assert references_of(agreement).words == 'anna and ben, averaged'
    assert references_of(agreement).ranges == {}
