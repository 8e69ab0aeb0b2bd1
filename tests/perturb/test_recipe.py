"""Recipes: what is written replays; what cannot be replayed is refused in one line."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from napari_segrobust.errors import PerturbationError
from napari_segrobust.perturb import (
    Clean,
    Recipe,
    Region,
    get_spec,
    load_recipe,
    make_recipe,
    mask_sha256,
    new_perturbation,
    perturb_block,
    perturbations,
    save_recipe,
)
from napari_segrobust.perturb.recipe import masks_path

if TYPE_CHECKING:
    from pathlib import Path

STACK = (
    new_perturbation('gaussian_blur', 2.0, parameters={'sigma': 1.5}),
    new_perturbation('gaussian_noise', 3.0, seed=7, region=Region(kind='box', box=((0, 4), (2, 5)))),
)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / 'liver.json'


def refusal(path: Path) -> str:
    with pytest.raises(PerturbationError) as caught:
        load_recipe(path)
    assert '\n' not in str(caught.value)
    return str(caught.value)


def rewritten(path: Path, **changes: object) -> Path:
    """The recipe of `STACK` with other values at its top."""
    save_recipe(path, STACK)
    path.write_text(json.dumps({**json.loads(path.read_text()), **changes}))
    return path


def test_a_stack_comes_back_as_it_was(path):
    assert save_recipe(path, STACK) == path
    recipe, masks = load_recipe(path)
    assert recipe.stack == STACK
    assert recipe.seed is None
    assert masks == {}
    assert [file.name for file in path.parent.iterdir()] == ['liver.json']


def test_an_empty_stack_is_a_recipe(path):
    save_recipe(path, ())
    assert load_recipe(path)[0].stack == ()


@given(st.lists(st.sampled_from(sorted(perturbations())), max_size=4), st.floats(0, 5), st.integers(0, 2**40))
def test_every_perturbation_survives_json(names, severity, seed):
    recipe = make_recipe([new_perturbation(name, severity, seed) for name in names], seed=3)
    again = Recipe.model_validate_json(recipe.model_dump_json(by_alias=True))
    assert again == recipe
    assert {entry.seed for entry in again.stack} <= {3}
    assert {entry.seed for entry in again.entries} <= {seed}


def test_the_file_says_what_its_numbers_are(path):
    save_recipe(path, [s.model_copy(update={'version': None}) for s in STACK], seed=5)
    told = json.loads(path.read_text())
    assert told['schema'] == 1
    assert told['program']
    assert told['seed'] == 5
    assert told['units'] == {
        'gaussian_blur': {'sigma': 'mm (voxels without spacing)'},
        'gaussian_noise': {'sigma': 'share of the intensity range hi - lo'},
    }
    assert [entry['version'] for entry in told['entries']] == [get_spec(entry.name).version for entry in STACK]


def test_drawn_masks_travel_and_the_image_comes_out_the_same(path):
    image = np.random.default_rng(0).random((1, 9, 10), dtype=np.float32)
    labels = np.zeros((9, 10), np.int16)
    labels[2:6, 3:8] = 4
    key = mask_sha256(labels)
    drawn = new_perturbation('gaussian_noise', 3.0, 7, region=Region(kind='mask', mask_sha256=key))
    other = np.ones((9, 10), bool)
    save_recipe(path, [drawn], masks={key: labels, mask_sha256(other): other})
    recipe, masks = load_recipe(path)
    assert set(masks) == {key}
    assert np.array_equal(masks[key], labels != 0)
    block = (slice(0, 9), slice(0, 10))
    before, after = (
        perturb_block(Clean(image, (0, 1), masks=given), stack, block=block)
        for given, stack in (({key: labels}, [drawn]), (masks, recipe.stack))
    )
    assert np.array_equal(before, after)
    assert not np.array_equal(before, image)
    first = masks_path(path).read_bytes()
    save_recipe(path, [drawn], masks={key: labels})
    assert masks_path(path).read_bytes() == first


def test_a_mask_that_is_missing_or_another_one_is_refused(path):
    key = mask_sha256(np.ones((3, 3)))
    drawn = [new_perturbation('gamma', 3.0, region=Region(kind='mask', mask_sha256=key))]
    with pytest.raises(PerturbationError, match='has no mask'):
        save_recipe(path, drawn)
    assert not path.exists()
    save_recipe(path, drawn, masks={key: np.ones((3, 3))})
    beside = masks_path(path)
    np.savez(beside, **{key: np.eye(3)})
    assert 'is not in liver.masks.npz' in refusal(path)
    beside.write_bytes(b'nonsense')
    assert 'liver.masks.npz cannot be read' in refusal(path)
    beside.unlink()
    assert 'liver.masks.npz is not there. Put liver.masks.npz beside liver.json.' in refusal(path)


def test_a_person_may_write_one(path):
    path.write_text('{"schema": 1, "entries": [{"name": "gamma", "severity": 2}]}')
    assert load_recipe(path)[0].stack == (new_perturbation('gamma', 2.0).model_copy(update={'version': None}),)


def test_what_is_no_recipe(path):
    assert 'No such file' in refusal(path)
    path.write_text('not JSON')
    assert refusal(path) == 'liver.json is no recipe: it is not JSON. Save the stack again.'
    path.write_bytes(b'\xff\xfe\x00')
    assert 'it is not JSON' in refusal(path)
    path.write_text('[1, 2]')
    assert 'is no recipe' in refusal(path)
    path.write_text('{"schema": 1}')
    assert 'entries: Field required' in refusal(path)
    assert 'its schema is 2, this program reads 1. Update' in refusal(rewritten(path, schema=2))


def test_what_would_not_replay(path):
    entry = json.loads(STACK[0].model_dump_json())
    assert "unknown perturbation: 'gausian_blur'. Did you mean 'gaussian_blur'?" in refusal(
        rewritten(path, entries=[{**entry, 'name': 'gausian_blur'}])
    )
    assert 'gaussian blur would not replay: the record is of version 99' in refusal(
        rewritten(path, entries=[{**entry, 'version': 99}])
    )
    assert "unknown parameter of gaussian_blur: 'radius'" in refusal(
        rewritten(path, entries=[{**entry, 'parameters': {'radius': 2}}])
    )
    assert "sigma of gaussian_blur is in 'px' there" in refusal(
        rewritten(path, units={'gaussian_blur': {'sigma': 'px'}})
    )


def test_a_place_where_nothing_can_be_written(tmp_path):
    with pytest.raises(PerturbationError, match='cannot be written'):
        save_recipe(tmp_path / 'nowhere' / 'a.json', STACK)


def test_a_wrong_entry_is_never_written(path):
    with pytest.raises(PerturbationError, match='Unknown perturbation'):
        save_recipe(path, [STACK[0].model_copy(update={'name': 'nothing'})])
    assert not path.exists()
