"""Ensembles as people write them."""

from __future__ import annotations

import pytest

from napari_segrobust.errors import ModelError
from napari_segrobust.segment import load_model
from napari_segrobust.segment.ensemble_source import (
    EnsembleRecipe,
    MemberRecipe,
    is_ensemble,
    read_ensemble,
    write_line,
)


def test_a_line_names_rule_and_members():
    recipe = read_ensemble('majority of brain-unet + brain-noskip [threshold=0.4] + otsu [bins=3.0, sigma=1.5]')
    assert (recipe.name, recipe.rule, recipe.weights) == ('majority of 3', 'majority', ())
    assert recipe.members == (
        MemberRecipe(model='brain-unet'),
        MemberRecipe(model='brain-noskip', threshold=0.4),
        MemberRecipe(model='otsu', parameters={'bins': 3.0, 'sigma': 1.5}),
    )
    assert read_ensemble('weighted of 0.5 x a + 2 x b').weights == (0.5, 2.0)


@pytest.mark.parametrize(
    'line',
    [
        'mean of brain-unet + brain-noskip',
        'weighted of 0.5 x a-net + 1.25 x /some where/b.pt [threshold=0.25]',
        'majority of otsu [sigma=1e-05] + brain-unet',
    ],
)
def test_lines_come_back(line):
    assert is_ensemble(line)
    assert write_line(read_ensemble(line)) == line


def test_a_path_that_holds_the_signs_of_a_line_is_refused():
    recipe = EnsembleRecipe(members=(MemberRecipe(model='/data/a + b.pt'), MemberRecipe(model='c')))
    with pytest.raises(ModelError, match='a path holds'):
        write_line(recipe)


@pytest.mark.parametrize('text', ['brain-unet', 'majority', 'median of a + b', '/majority of.pt'])
def test_other_names_are_not_ours(text):
    assert not is_ensemble(text)


def test_a_file_finds_its_members_beside_it(tmp_path):
    (tmp_path / 'fold 1.pt').write_bytes(b'')
    file = tmp_path / 'folds.toml'
    file.write_text(
        '[ensemble]\nrule = "weighted"\nweights = [1, 3]\nthreshold = 0.4\n'
        'members = ["fold 1.pt", {model = "brain-unet", threshold = 0.3}]\n[ensemble.post]\nfill_holes = true\n'
    )
    assert is_ensemble(file)
    recipe = read_ensemble(file)
    assert recipe.name == 'folds'
    assert [m.model for m in recipe.members] == [str((tmp_path / 'fold 1.pt').resolve()), 'brain-unet']
    assert (recipe.weights, recipe.threshold, recipe.post.fill_holes) == ((1.0, 3.0), 0.4, True)
    assert recipe.members[1].threshold == 0.3


@pytest.mark.parametrize(
    ('text', 'fault'),
    [
        ('[ensemble]\nmembers = []', 'members'),
        ('[ensemble]\nmembers = ["a"]\nrule = "median"', 'rule'),
        ('[ensemble]\nmembers = ["a", "b"]\nrule = "weighted"\nweights = [1]', '1 weights'),
        ('[ensemble]\nmembers = ["a", "b"]\nweights = [1, 2]', "'majority' of these members takes 0"),
        ('[ensemble]\nmembers = ["a", "b"]\nrule = "weighted"\nweights = [1, 0]', 'weights'),
        ('[ensemble]\nmembers = ["a"]\nmember = 3', 'member'),
        ('[ensemble]\nmembers = ["a"', 'not TOML'),
        ('[ensemble]\nmembers = ["inner.toml"]', 'inner.toml is an ensemble itself'),
        ('[ensemble]\nmembers = ["ghost"]', 'has no members: ghost: Model ghost not found'),
        ('[ensemble]\nmembers = [{model = "texture-unet", parameters = {a = 1}}]', 'it has no parameters'),
    ],
)
def test_a_mistake_is_one_line(tmp_path, text, fault):
    (tmp_path / 'inner.toml').write_text('[ensemble]\nmembers = ["texture-unet"]')
    file = tmp_path / 'e.toml'
    file.write_text(text)
    with pytest.raises(ModelError, match=fault.replace('[', r'\[')) as caught:
        load_model(file)
    assert '\n' not in str(caught.value)


def test_a_spec_of_a_model_is_no_ensemble_and_an_ensemble_takes_no_spec(tmp_path):
    (tmp_path / 'model.toml').write_text('dimensions = 2\n')
    assert not is_ensemble(tmp_path / 'model.toml')
    with pytest.raises(ModelError, match='each member has its own'):
        load_model('mean of texture-unet + texture-noskip', spec={'dimensions': 2})


def test_two_of_one_kind_are_told_apart():
    model = load_model('mean of texture-unet [threshold=0.3] + texture-unet [threshold=0.6] + texture-noskip')
    assert [m.name for m in model.members] == ['texture-unet', 'texture-unet #2', 'texture-noskip']
