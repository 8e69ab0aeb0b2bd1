"""Ensembles: by hand, against MONAI, in any order of windows; and what they say when someone is missing."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from monai.transforms import MeanEnsemble, VoteEnsemble

from napari_segrobust.cases import load_case
from napari_segrobust.context.record import Context
from napari_segrobust.errors import ModelError
from napari_segrobust.segment import leave_one_out, load_model, predict
from napari_segrobust.segment.ensemble import Ensemble, Member, Merger
from napari_segrobust.segment.ensemble_run import EnsembleRun
from napari_segrobust.segment.inference import start_inference
from napari_segrobust.segment.post import Post
from napari_segrobust.segment.prediction import labels_from
from napari_segrobust.segment.source import ArraySource
from napari_segrobust.segment.spec import ModelSpec


class Told:
    """Answers what it is told, slice by slice; a whole segmenter, so that probabilities are its own."""

    device = 'cpu'

    def __init__(self, key, probabilities, classes=('background', 'object'), activation='softmax', **spec):
        self.spec = ModelSpec(name=key, dimensions=2, classes=classes, activation=activation, **spec)
        self.key = key
        self.told = np.asarray(probabilities, np.float32)

    def segment(self, image, spacing, shown):
        return self.told[:, None, : image.shape[2]].repeat(image.shape[1], axis=1)


def ensemble(*models, rule='majority', weights=None, **merger):
    members = [
        Member(m.key, m.key, m, weight=1.0 if weights is None else w)
        for m, w in zip(models, weights or models, strict=True)
    ]
    return Ensemble(Merger('ours', rule, **merger), members)


def run_of(model, width=4):
    run = start_inference(model, ArraySource(np.zeros((1, 2, width), np.float32), (1.0, 1.0)), Context())
    run.advance(*run.pending())
    return run


def binary(key, *object_):
    return Told(key, [[1 - p for p in object_], object_])


def test_one_member_is_itself(make_model, image):
    source = ArraySource(image((1, 3, 12, 14)), (1.0,) * 3)
    model = make_model(2)
    for rule in ('mean', 'weighted'):
        run, alone = (start_inference(m, source, Context()) for m in (ensemble(model, rule=rule), model))
        for one in (run, alone):
            one.advance(*one.pending())
        np.testing.assert_array_equal(run.probabilities(), alone.probabilities())


def test_majority_mean_and_weights_by_hand():
    models = binary('a', 0.9, 0.6, 0.4, 0.1), binary('b', 0.8, 0.6, 0.4, 0.1), binary('c', 0.7, 0.0, 0.9, 0.1)
    votes = run_of(ensemble(*models)).votes()[:, 0]
    assert votes.tolist() == [[0, 1, 2, 3], [3, 2, 1, 0]]
    np.testing.assert_allclose(run_of(ensemble(*models)).probabilities()[1, 0], [1, 2 / 3, 1 / 3, 0], rtol=1e-6)
    mean = run_of(ensemble(*models, rule='mean')).probabilities()[1, 0]
    np.testing.assert_allclose(mean, [0.8, 0.4, 1.7 / 3, 0.1], rtol=1e-6)
    weighted = run_of(ensemble(*models, rule='weighted', weights=(1, 1, 2))).probabilities()[1, 0]
    np.testing.assert_allclose(weighted, [0.775, 0.3, 0.65, 0.1], rtol=1e-6)


def test_ties_go_to_the_background_then_to_the_first_class_and_are_shown():
    three = ('background', 'grey', 'white')
    says = {k: [1.0 if k == j else 0.0 for j in range(3)] for k in range(3)}

    def told(key, *classes):
        return Told(key, np.array([says[k] for k in classes]).T, three)

    run = run_of(ensemble(told('a', 0, 1, 1, 2), told('b', 1, 2, 1, 1)))
    assert labels_from(run.probabilities(), run.model.spec)[0].tolist() == [0, 1, 1, 1]
    assert run.ties()[0].tolist() == [True, True, False, True]
    halves = run_of(ensemble(binary('a', 0.9, 0.9, 0.1, 0.1), binary('b', 0.9, 0.1, 0.9, 0.1)))
    assert labels_from(halves.probabilities(), halves.model.spec)[0].tolist() == [1, 0, 0, 0]
    assert halves.ties()[0].tolist() == [False, True, True, False]


def test_a_member_votes_with_its_own_threshold():
    strict = Told('strict', [[0.3] * 4, [0.7] * 4], threshold=0.8)
    members = [Member(m.key, '', m) for m in (binary('a', *[0.6] * 4), strict)]
    assert run_of(Ensemble(Merger('e'), members)).votes()[1].max() == 1
    members[1] = Member('strict', '', strict, threshold=0.65)
    assert run_of(Ensemble(Merger('e'), members)).votes()[1].min() == 2


def test_it_is_monai_to_the_last_bit(make_model, image):
    source = ArraySource(image((1, 3, 20, 22)), (1.0,) * 3)
    models = [make_model(2, window=(16, 16)), make_model(2, window=(12, 8), overlap=0.5), make_model(3)]
    for number, model in enumerate(models):
        model.key = f'net {number}'
    alone = []
    for model in models:
        one = start_inference(model, source, Context())
        one.advance(*one.pending())
        alone.append(torch.from_numpy(one.probabilities()))

    def ours(**rule):
        run = start_inference(ensemble(*models, **rule), source, Context())
        run.advance(*run.pending())
        return run

    mean = MeanEnsemble()(alone)
    np.testing.assert_array_equal(ours(rule='mean').probabilities(), mean)
    weights = (0.5, 2.0, 1.0)
    column = torch.tensor(weights).reshape(3, 1, 1, 1, 1)
    weighted = MeanEnsemble(weights=column)(alone)
    np.testing.assert_array_equal(ours(rule='weighted', weights=weights).probabilities(), weighted)
    votes = ours()
    theirs = VoteEnsemble(num_classes=3)([p.argmax(0, keepdim=True) for p in alone])
    np.testing.assert_array_equal(votes.probabilities().argmax(0), np.asarray(theirs)[0])
    assert votes.ties().any(), 'the tied ones are among them'


@pytest.mark.parametrize('rule', ['majority', 'mean'])
def test_the_order_of_windows_changes_nothing(make_model, image, rule):
    source = ArraySource(image((1, 4, 20, 22)), (1.0,) * 3)
    models = [make_model(2, window=(16, 16)), make_model(3, window=(4, 12, 12))]
    for number, model in enumerate(models):
        model.key = f'net {number}'
    plane = (slice(2, 3), slice(None), slice(None))
    first, second = (start_inference(ensemble(*models, rule=rule), source, Context()) for _ in range(2))
    first.advance(*first.pending())
    shown = second.pending(plane)
    assert 0 < len(shown) < second.total
    assert not second.valid(plane).any()
    second.advance(*shown)
    assert second.final(plane)
    assert not second.final()
    np.testing.assert_array_equal(second.probabilities(plane), first.probabilities(plane))
    assert not second.probabilities()[:, ~second.valid()].any()
    assert second.done == len(shown)
    rest = second.pending(centre=(0, 0, 0))
    for window in reversed(rest):
        second.advance(window)
    np.testing.assert_array_equal(second.probabilities(), first.probabilities())
    np.testing.assert_array_equal(second.votes(), first.votes())
    assert second.final()
    assert second.nbytes == sum(run.nbytes for run in second._there.values()) > 0


def test_outside_the_box_nothing_is_said(make_model, image):
    source = ArraySource(image((1, 20, 22)), (1.0, 1.0))
    run = start_inference(ensemble(make_model(2)), source, Context(box=((4, 12), (3, 15))))
    run.advance(*run.pending())
    outside = np.ones((20, 22), bool)
    outside[4:12, 3:15] = False
    assert not run.probabilities()[:, outside].any()
    assert not run.votes()[:, outside].any()
    assert not run.ties()[outside].any()


def test_classes_meet_by_name_in_any_order_and_kind():
    first = Told('a', [[0.1] * 4, [0.7] * 4, [0.2] * 4], ('air', 'Grey matter', 'white'))
    turned = Told('b', [[0.3] * 4, [0.6] * 4, [0.1] * 4], ('background', 'white', 'grey matter '))
    both = run_of(ensemble(first, turned, rule='mean'))
    assert both.model.spec.classes == ('air', 'Grey matter', 'white')
    np.testing.assert_allclose(both.probabilities()[:, 0, 0], [0.2, 0.4, 0.4], rtol=1e-6)
    own = Told('c', [[0.9] * 4, [0.8] * 4], ('white', 'grey matter'), 'sigmoid')
    mixed = run_of(ensemble(first, own, rule='mean'))
    assert mixed.model.spec.activation == 'sigmoid'
    np.testing.assert_allclose(mixed.probabilities()[:, 0, 0], [0.75, 0.55], rtol=1e-6)
    assert run_of(ensemble(first, own)).votes()[:, 0, 0].tolist() == [2, 1]


def test_classes_that_do_not_match_are_refused():
    with pytest.raises(ModelError, match='a knows object, and b knows lesion'):
        ensemble(binary('a', *[0.5] * 4), Told('b', np.zeros((2, 4)), ('background', 'lesion')))


class Broken(Told):
    def segment(self, image, spacing, shown):
        raise RuntimeError('weights of another world')


def test_a_member_that_fails_is_named_and_the_others_go_on():
    model = ensemble(binary('a', *[0.9] * 4), Broken('b', np.zeros((2, 4))), binary('c', *[0.1] * 4))
    key, complete = model.key, model.spec.name
    run = run_of(model)
    assert complete == 'ours'
    assert model.spec.name == 'ours (2 of 3 members)'
    assert model.key != key
    assert [m.name for m in model.present] == ['a', 'c']
    (message,) = run.messages
    assert 'ours is 2 of 3 members: b is missing, the network raised RuntimeError: weights of another world' in message
    assert run.votes().sum(axis=0).max() == 2
    assert run.final()
    assert run.done == run.total == 2


def test_the_last_member_cannot_be_missed_and_refusing_refuses():
    with pytest.raises(ModelError, match='ours has no members: b: the network raised'):
        run_of(ensemble(Broken('b', np.zeros((2, 4)))))
    with pytest.raises(ModelError, match='ours refused, 1 of 2 members: b: the network'):
        run_of(ensemble(binary('a', *[0.9] * 4), Broken('b', np.zeros((2, 4))), incomplete='refuse'))


def test_a_member_that_cannot_take_an_image_is_missing_there_alone(make_model, image):
    model = Ensemble(Merger('ours'), [Member('flat', '', make_model(2)), Member('deep', '', make_model(3))])
    flat = predict(load_case(image((20, 22)), spacing=(1.0, 1.0)), model)
    assert flat.name == 'ours (1 of 2 members)'
    assert 'deep is missing, it is a 3D network' in flat.messages[0]
    solid = predict(load_case(image((4, 20, 22)), spacing=(1.0,) * 3), model)
    assert (solid.name, solid.messages) == ('ours', ())


def test_a_whole_segmenter_to_whoever_does_not_know_it(make_model, image):
    array = image((1, 3, 20, 22))
    model = ensemble(make_model(2), make_model(3), rule='mean')
    run = start_inference(model, ArraySource(array, (1.0,) * 3), Context())
    run.advance(*run.pending())
    np.testing.assert_array_equal(model.segment(array, (1.0,) * 3, None), run.probabilities())


def test_post_of_the_ensemble_acts(image, make_model):
    plain = ensemble(make_model(2))
    case = load_case(image((30, 30)), spacing=(1.0, 1.0))
    loose = predict(case, plain).labels
    tidy = predict(case, ensemble(make_model(2), post=Post(minimum_ml=8))).labels
    assert 0 < (tidy > 0).sum() < (loose > 0).sum()
    np.testing.assert_array_equal(predict(case, plain, post=Post(minimum_ml=8)).labels, tidy)


def test_leaving_one_out_finds_the_one_that_moves_most():
    case = load_case(np.zeros((2, 4), np.float32), spacing=(2.0, 5.0), references={'r': np.array([[1, 1, 0, 0]] * 2)})
    models = binary('a', 0.9, 0.9, 0.1, 0.1), binary('b', 0.9, 0.1, 0.1, 0.1), binary('c', 0.9, 0.9, 0.9, 0.1)
    found = leave_one_out(case, ensemble(*models, rule='mean'), reference='r')
    by_name = {left.name: left for left in found}
    assert found[0].moved >= found[1].moved >= found[2].moved
    everyone = (0.9 + 0.1 + 0.9) / 3 > 0.5
    assert everyone, 'two voxels of each row'
    assert by_name['b'].dice[1] == pytest.approx(1.0)
    assert by_name['a'].dice[1] == pytest.approx(2 / 3), 'half of the second voxel is not enough'
    assert by_name['a'].volume_change[1] == pytest.approx(-20.0)
    assert by_name['a'].unit == 'mm²'
    assert by_name['a'].reference_dice[1] == (pytest.approx(1.0), pytest.approx(2 / 3))
    with pytest.raises(ModelError, match='has one member'):
        leave_one_out(case, ensemble(models[0]))
    with pytest.raises(ModelError, match='is no ensemble'):
        leave_one_out(case, models[0])


def test_leaving_out_is_the_same_as_never_taking(make_model, image):
    source = ArraySource(image((1, 3, 12, 14)), (1.0,) * 3)
    models = [make_model(2), make_model(3), make_model(2, window=(8, 8))]
    for number, model in enumerate(models):
        model.key = f'net {number}'
    run, fewer = (start_inference(ensemble(*some), source, Context()) for some in (models, models[:2]))
    for one in (run, fewer):
        one.advance(*one.pending())
    left = run.without('net 2')
    assert isinstance(left, EnsembleRun)
    np.testing.assert_array_equal(left.probabilities(), fewer.probabilities())
    assert left.model.spec.name == 'ours without net 2'


def test_loading_says_who_is_missing(tmp_path):
    (tmp_path / 'three.toml').write_text('[ensemble]\nmembers = ["texture-unet", "texture-noskip", "ghost.pt"]\n')
    model = load_model(tmp_path / 'three.toml')
    assert model.spec.name == 'three (2 of 3 members)'
    assert (
        'three is 2 of 3 members: ghost.pt is missing, Model ghost.pt not found: no such name' in model.incompleteness
    )
    (tmp_path / 'three.toml').write_text(
        '[ensemble]\nmembers = ["texture-unet", "ghost.pt"]\nincomplete = "refuse"\n', encoding='utf-8'
    )
    with pytest.raises(ModelError, match=r'three refused, 1 of 2 members: ghost\.pt: Model ghost\.pt not found'):
        load_model(tmp_path / 'three.toml')
