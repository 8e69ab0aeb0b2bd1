"""The page that describes a spec is complete, and its examples are specs."""

import re
import tomllib
from pathlib import Path

import pytest

from napari_segrobust.cases.case import Expectations
from napari_segrobust.segment.intensity import CT, Clip, Percentiles
from napari_segrobust.segment.post import Post
from napari_segrobust.segment.spec import ModelSpec
from napari_segrobust.segment.spec_file import REQUIRED

DOCS = Path(__file__).parents[2] / 'docs'
PAGE = (DOCS / 'model_spec.md').read_text(encoding='utf-8')
#: Rows of its tables: entry, default, meaning.
ROWS = {name: (default, words) for name, default, words in re.findall(r'^\| `(\w+)` \| (.*?) \| (.*) \|$', PAGE, re.M)}
LEAST = {'name': 'net', 'dimensions': 3, 'classes': ('a', 'b')}


def test_every_entry_has_its_row_and_every_row_is_an_entry():
    assert set(ROWS) == set(ModelSpec.model_fields)
    assert all(words.strip() for _, words in ROWS.values())


def test_its_defaults_are_those_of_a_spec():
    spec = ModelSpec(**LEAST)
    for name, (default, _) in ROWS.items():
        assert (default == 'must be given') == (name in REQUIRED)
        if default.startswith('`'):
            written = tomllib.loads(f'x = {default.strip("`")}')['x']
            found = getattr(spec, name)
            assert (list(found) if isinstance(found, tuple) else found) == written, name


def test_every_kind_of_intensity_and_every_step_is_named():
    kinds = re.findall(r"^\| `([{'].*?)` \|", PAGE.split('### Intensities')[1], re.M)
    specs = [ModelSpec(**LEAST, intensity=tomllib.loads(f'x = {kind}')['x']) for kind in kinds]
    words = {spec.intensity for spec in specs if isinstance(spec.intensity, str)}
    assert words == {'none', 'zscore', 'zscore_nonzero', 'minmax', 'divide_255'}
    assert {type(spec.intensity) for spec in specs} == {str, Clip, Percentiles, CT}
    for name in (*Post.model_fields, *(set(Expectations.__dataclass_fields__) - {'channels'})):
        assert f'`{name}' in PAGE


@pytest.mark.parametrize('page', ['model_spec.md', 'file_formats.md'])
def test_its_examples_are_specs(page):
    text = (DOCS / page).read_text(encoding='utf-8')
    examples = [e for e in re.findall(r'^```toml\n(.*?)^```', text, re.M | re.S) if 'activation' in e]
    assert examples
    for example in examples:
        assert ModelSpec(name='example', **tomllib.loads(example)).labelled
