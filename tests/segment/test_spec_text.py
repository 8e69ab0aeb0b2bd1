"""Specs as TOML, read back by Python's own reader."""

import tomllib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from napari_segrobust.errors import ModelError
from napari_segrobust.segment.spec import ModelSpec
from napari_segrobust.segment.spec_file import read_spec
from napari_segrobust.segment.spec_text import spec_entries, spec_text, toml_value, write_spec

TEXT = st.text(st.characters(exclude_categories=['Cs']), max_size=8)
PLAIN = st.recursive(
    st.booleans() | st.integers(-(2**53), 2**53) | st.floats(allow_nan=False, allow_infinity=False) | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=8,
)
SPEC = ModelSpec(
    name='a "quoted" net\n',
    dimensions=3,
    classes=('background', 'liver'),
    window=(96, 96, 64),
    spacing=(1.5, 1.5, 2.0),
    intensity={'clip': (-160, 240)},
    activation='softmax',
    orientation='RAS',
    post={'fill_holes': True},
    architecture={'name': 'UNet', 'channels': [4, 8], 'norm': {'name': 'batch'}},
    card={'use': 'a test, ü'},
)


@settings(max_examples=60)
@given(PLAIN)
def test_every_plain_value_comes_back(value):
    assert tomllib.loads(f'value = {toml_value(value)}')['value'] == value


def test_none_is_left_out_of_tables():
    assert toml_value({'a': None, 'b': 1}) == '{ b = 1 }'


def test_a_spec_comes_back_and_says_no_defaults(tmp_path):
    weights = tmp_path / 'net.ts'
    weights.touch()
    path = write_spec(weights, SPEC)
    assert path == tmp_path / 'net.toml'
    assert read_spec(weights) == SPEC
    text = path.read_text()
    assert 'overlap' not in text
    assert 'channels = 1\n' in text, 'what every spec must say is there, default or not'
    assert ModelSpec(**spec_entries(SPEC)) == SPEC
    assert text == spec_text(SPEC)


def test_a_folder_gets_a_model_toml(tmp_path):
    assert write_spec(tmp_path, SPEC) == tmp_path / 'model.toml'
    assert [path.name for path in tmp_path.iterdir()] == ['model.toml'], 'and no temporary file stays'


def test_where_nothing_can_be_written_one_line_says_so(tmp_path):
    with pytest.raises(ModelError, match=r'net\.toml not written: .*\. Copy the model to a folder of your own\.'):
        write_spec(tmp_path / 'gone' / 'net.ts', SPEC)
