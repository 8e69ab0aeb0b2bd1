"""The page on which a model says how it wants its input: checked, written, and read again."""

import pickle
import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from napari_segrobust.cases.case import Expectations
from napari_segrobust.errors import ModelError, SpecMissing
from napari_segrobust.segment.intensity import CT, Clip, Percentiles
from napari_segrobust.segment.post import Post
from napari_segrobust.segment.prediction import labels_from
from napari_segrobust.segment.spec import ModelSpec
from napari_segrobust.segment.spec_file import (
    REQUIRED,
    missing_fields,
    model_key,
    read_spec,
    write_spec,
)
from napari_segrobust.segment.toml import to_toml

LEAST = {
    'dimensions': 3,
    'channels': 1,
    'classes': ('background', 'lesion'),
    'intensity': 'none',
    'activation': 'softmax',
}
EVERYTHING = ModelSpec(
    name='every "kind" of entry',
    dimensions=3,
    channels=2,
    any_image=True,
    classes=('liver', 'background', 'Läsion'),
    colours=('#E69F00', '#000000', '#56b4e9'),
    background=1,
    window=(96, 96, 48),
    overlap=0.5,
    blending='constant',
    grid='nnunet',
    pad_multiple=16,
    spacing=(1.5, 1.5, 2.0),
    resample={'image': 1, 'label': 0},
    crop_foreground=True,
    orientation='RAS',
    transpose=True,
    intensity=CT(ct=(-1024, 1e-7), mean=-3.5, sd=120),
    activation='softmax',
    threshold=0.4196,
    mirror_axes=(0, 2),
    post=Post(largest_component=True, minimum_ml=0.5),
    prompts=('points', 'boxes'),
    architecture={'name': 'UNet', 'channels': (16, 32), 'act': ('leakyrelu', {'negative_slope': 0.1}), 'bias': True},
    expectations=Expectations(intensity_range=(-100, 200), modality='CT'),
    card={'title': 'A\tmodel\n\x7f of "mine"', 'scores': {'case 1': {'dice': 0.5}}},
)


def test_a_spec_of_everything_is_read_as_it_was_written(tmp_path):
    assert set(ModelSpec.model_fields) - EVERYTHING.model_fields_set == {'slice_axis', 'intensity_scope'}
    written = write_spec(tmp_path / 'net.ts', EVERYTHING)
    assert written == tmp_path / 'net.toml'
    again = read_spec(tmp_path / 'net.ts')
    assert again == EVERYTHING
    assert model_key(b'', again) == model_key(b'', EVERYTHING)
    assert [path.name for path in tmp_path.iterdir()] == ['net.toml']


@pytest.mark.parametrize(
    'intensity',
    [
        'zscore_nonzero',
        'divide_255',
        Clip(clip=(-160, 240), to=(-1, 1), clipped=False),
        Percentiles(percentiles=(0.5, 99.5)),
    ],
)
def test_defaults_are_left_out_and_what_must_be_said_is_said(tmp_path, intensity):
    spec = ModelSpec(name='net', **LEAST | {'intensity': intensity})
    text = write_spec(tmp_path / 'net.toml', spec).read_text()
    assert set(tomllib.loads(text)) == {'name', *REQUIRED}
    assert read_spec(tmp_path / 'net.pt') == spec


_text = st.text(st.characters(codec='utf-8'))
_plain = st.recursive(
    st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.floats(allow_nan=False) | _text,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_text, inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(_text, _plain, max_size=4), st.data())
def test_what_is_written_is_what_tomllib_reads(content, data):
    mappings = [key for key, value in content.items() if isinstance(value, dict)]
    tables = frozenset(data.draw(st.lists(st.sampled_from(mappings), unique=True))) if mappings else frozenset()
    assert tomllib.loads(to_toml(content, tables)) == content


def test_what_cannot_be_written_is_said_and_leaves_nothing(tmp_path):
    spec = ModelSpec(name='net', **LEAST, architecture={'name': 'UNet', 'act': None})
    with pytest.raises(ModelError, match=r'net\.toml not written: TOML has no word for None'):
        write_spec(tmp_path / 'net.toml', spec)
    with pytest.raises(ModelError, match=r'net\.toml not written: No such file'):
        write_spec(tmp_path / 'away' / 'net.toml', ModelSpec(name='net', **LEAST))
    assert not list(tmp_path.iterdir())


def test_what_is_missing_is_named_so_that_it_can_be_asked_for(tmp_path):
    weights = tmp_path / 'net.ts'
    with pytest.raises(SpecMissing) as caught:
        read_spec(weights)
    assert (caught.value.missing, caught.value.known) == (REQUIRED, {})
    known = {'channels': 1, 'classes': ['a', 'b'], 'window': [8, 8]}
    assert missing_fields(known) == ('dimensions', 'intensity', 'activation')
    with pytest.raises(SpecMissing, match='missing: dimensions, intensity, activation') as caught:
        read_spec(weights, known)
    for error in (caught.value, pickle.loads(pickle.dumps(caught.value))):
        assert error.missing == ('dimensions', 'intensity', 'activation')
        assert error.known == known
    assert missing_fields(LEAST) == ()


@pytest.mark.parametrize(
    ('changes', 'words'),
    [
        ({'background': 2}, 'background 2 is none of the 2 classes'),
        ({'background': 1, 'activation': 'sigmoid'}, 'background 1 belongs to softmax, and the activation is sigmoid'),
        ({'classes': ('one',)}, 'softmax needs two classes'),
        ({'colours': ('#E69F00',)}, 'colours are 1 for 2 classes'),
        ({'colours': ('red', '#E69F00')}, "colour 'red' is not written as"),
        ({'spacing': (1, 1)}, 'spacing has 2 numbers for 3 dimensions'),
        ({'spacing': (1, 1, 0)}, 'spacing.*greater than 0'),
        ({'resample': {'image': 2}}, 'resample.image: Input should be 0, 1 or 3'),
        ({'resample': {'label': 3}}, 'resample.label is 3'),
        ({'resample': {'mask': 0}}, "resample.mask.*: Input should be 'image' or 'label'"),
        ({'intensity': 'zcore'}, "Input should be 'none', 'zscore', 'zscore_nonzero', 'minmax' or 'divide_255'"),
        ({'intensity': {'percentile': (1, 99)}}, 'intensity: Input should be none, .* or a table with clip'),
        ({'intensity': {'clip': (5, 5)}}, 'clip goes from 5 to 5, and its first number must be lower'),
        ({'intensity': {'percentiles': (-1, 50)}}, 'must rise within 0 to 100'),
        ({'intensity': {'ct': (0, 1), 'mean': 2}}, 'intensity.ct.sd: Field required'),
        ({'intensity': {'ct': (0, 1), 'mean': 2, 'sd': 0}}, 'intensity.ct.sd: Input should be greater than 0'),
        ({'windows': (8, 8, 8)}, 'windows: Extra inputs are not permitted'),
    ],
)
def test_what_cannot_be_is_refused_in_one_line(tmp_path, changes, words):
    with pytest.raises(ModelError, match=words) as caught:
        read_spec(tmp_path / 'net.ts', LEAST | changes)
    assert '\n' not in str(caught.value)


def test_the_background_may_be_any_channel(image):
    probabilities = abs(image((3, 4, 5)))
    probabilities /= probabilities.sum(axis=0)
    first = ModelSpec(name='net', dimensions=2, classes=('background', 'a', 'b'))
    last = ModelSpec(name='net', dimensions=2, classes=('a', 'b', 'background'), background=2)
    assert first.labelled == last.labelled == ('a', 'b')
    assert last.foreground == (0, 1)
    found = labels_from(probabilities, first)
    assert set(found.ravel()) == {0, 1, 2}
    assert (labels_from(probabilities[[1, 2, 0]], last) == found).all()
    two = ModelSpec(name='net', dimensions=2, classes=('a', 'background'), background=1)
    assert (labels_from(probabilities[:2], two, threshold=0.3) == (probabilities[0] > 0.3)).all()
