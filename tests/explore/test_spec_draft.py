"""The form of a spec without its widgets: every line read and written, what is missing, and what is wrong."""

from __future__ import annotations

import pytest

from napari_segrobust.errors import ModelError
from napari_segrobust.explore.spec_draft import NEEDED, SpecDraft
from napari_segrobust.explore.spec_fields import FIELDS, INTENSITIES, INTENSITY_PRESETS
from napari_segrobust.segment.facts import Fact
from napari_segrobust.segment.spec import ModelSpec
from napari_segrobust.segment.spec_file import REQUIRED

SPEC = ModelSpec(name='net', dimensions=2, classes=('background', 'liver'), intensity='zscore', activation='softmax')
FACTS = (
    Fact('dimensions', 2, '2D convolutions', 'a.weight, 4 x 1 x 3 x 3'),
    Fact('channels', 1, 'the first layer takes 1 channel', 'a.weight, 4 x 1 x 3 x 3'),
    Fact('classes', 2, '2 channels come out', 'tried'),
    Fact('pad_multiple', 4, 'sides must divide by 4', 'tried'),
)


def answered(draft: SpecDraft, **answers: str) -> SpecDraft:
    for name, text in answers.items():
        draft = draft.take(name, text)
    return draft


@pytest.fixture
def complete() -> SpecDraft:
    draft = answered(
        SpecDraft.asking('net'),
        dimensions='2D: slice by slice',
        channels='1',
        classes='background, liver',
        activation='logits, softmax: one class per voxel',
    )
    return draft.choose_intensity('zscore')


def test_all_that_is_missing_is_asked_for_and_nothing_is_filled_in():
    draft = SpecDraft.asking('net', facts=FACTS[:3])
    assert draft.faults() == dict.fromkeys(REQUIRED, NEEDED), 'what the file says is no answer until it is taken'
    assert all(draft.text(name) == '' for name in ('dimensions', 'channels', 'classes', 'activation'))
    assert draft.intensity == ''
    with pytest.raises(ModelError, match='dimensions: needed; channels: needed'):
        draft.spec()


def test_only_what_is_missing_is_asked_for():
    known = {'dimensions': 3, 'channels': 1, 'classes': ['background', 'liver'], 'activation': 'softmax'}
    draft = SpecDraft.asking('net', ('intensity',), known)
    assert list(draft.faults()) == ['intensity']
    assert draft.choose_intensity('minmax').spec().dimensions == 3


def test_answers_make_the_spec_that_a_file_would(complete):
    assert complete.faults() == {}
    assert complete.spec() == SPEC


def test_every_line_shows_what_a_spec_holds_and_takes_it_back():
    spec = SPEC.model_copy(
        update={
            'window': (96, 64),
            'overlap': 0.5,
            'blending': 'constant',
            'grid': 'nnunet',
            'slice_axis': 1,
            'spacing': (1.5, 2.0),
            'resample': {'image': 1, 'label': 0},
            'orientation': 'RA',
            'transpose': True,
            'pad_multiple': 16,
            'crop_foreground': True,
            'mirror_axes': (0, 1),
            'intensity_scope': 'slice',
            'background': 1,
            'threshold': 0.4,
            'architecture': {'name': 'UNet', 'channels': [4, 8], 'bias': False, 'norm': {'name': 'batch'}},
        }
    )
    shown, draft = SpecDraft.of(spec), SpecDraft.of(SPEC)
    for line in FIELDS:
        draft = draft.take(line.name, shown.is_on(line.name) if line.kind == 'flag' else shown.text(line.name))
    assert draft.unread == {}
    assert draft.spec() == spec
    assert shown.text('window') == '96, 64'
    assert shown.text('architecture') == 'name = "UNet", channels = [4, 8], bias = false, norm = { name = "batch" }'


@pytest.mark.parametrize('line', FIELDS, ids=lambda line: line.name)
def test_every_line_is_an_entry_of_the_spec_with_words(line):
    assert line.name.split('.')[0] in ModelSpec.model_fields
    assert line.title
    assert line.words
    assert bool(line.choices) == (line.kind == 'choice')
    held = SpecDraft.of(SPEC)
    for preset in line.presets:
        assert preset.source
        used = held.use(line.name, preset.value)
        faults = {name: words for name, words in used.faults().items() if line.name != 'orientation'}
        assert faults == {}, 'what others use can be used'


def test_only_what_is_unusual_is_said_of_the_rest(complete):
    assert complete.unusual == ()
    assert SpecDraft.of(SPEC).unusual == ()
    changed = complete.take('overlap', '0.5').take('transpose', True).take('post.minimum_ml', '2')
    assert changed.unusual == ('overlap 0.5', 'axes reversed', 'smallest piece 2')


def test_a_choice_that_nobody_made_shows_what_holds():
    draft = SpecDraft.asking('net')
    assert (draft.text('dimensions'), draft.text('activation')) == ('', ''), 'but not where an answer is needed'
    assert draft.text('blending') == 'middle weighs more (Gaussian)'
    assert draft.text('resample.image') == 'cubic'


def test_an_empty_answer_takes_a_default_back(complete):
    draft = complete.take('overlap', '0.7').take('spacing', '2')
    assert draft.spec().spacing == (2.0, 2.0), 'one number is for all axes'
    assert draft.take('overlap', ' ').take('spacing', '').spec() == complete.spec()
    assert complete.take('channels', '').faults() == {'channels': NEEDED}


@pytest.mark.parametrize(
    ('name', 'text', 'words'),
    [
        ('channels', 'one', 'not understood'),
        ('channels', '1, 2', 'not understood'),
        ('channels', '0', 'greater than or equal to 1'),
        ('overlap', '1.5', 'overlap should be less than 1'),
        ('window', '96, 96, 96', 'window has 3 numbers for 2 dimensions'),
        ('window', 'large', 'such as|96, 96, 96'),
        ('spacing', '0', 'greater than 0'),
        ('orientation', 'xy', "'XY' does not name 2 axes"),
        ('mirror_axes', '2', 'are not axes of 2 dimensions'),
        ('classes', 'liver', 'softmax needs two classes'),
        ('background', '5', 'is none of the 2 classes'),
        ('post.minimum_ml', '-1', 'greater than or equal to 0'),
        ('architecture', 'UNet', 'not understood: write it as name = "UNet"'),
    ],
)
def test_what_is_wrong_is_said_at_its_line(complete, name, text, words):
    draft = complete.take(name, text)
    faults = draft.faults()
    assert list(faults) == [name]
    assert any(part in faults[name] for part in words.split('|'))
    assert draft.text(name).lower().startswith(text.lower()), 'what was typed stays'
    with pytest.raises(ModelError):
        draft.spec()


def test_what_the_weights_say_is_held_against_the_answers(complete):
    told = SpecDraft(complete.values, facts=FACTS)
    assert told.faults() == {'pad_multiple': 'sides must divide by 4'}
    assert 'pad_multiple' in told.first
    assert told.use('pad_multiple', 4).faults() == {}
    assert told.take('window', '32, 64').faults() == {}, 'windows of fitting sides need no padding'
    assert told.take('window', '32, 30').faults() == {'window': 'sides must divide by 4'}
    other = told.use('pad_multiple', 8).take('classes', 'background, liver, spleen').take('channels', '2')
    assert other.faults() == {'channels': FACTS[1].words, 'classes': FACTS[2].words}


@pytest.mark.parametrize('name', INTENSITIES)
def test_a_way_of_intensities_asks_for_its_numbers(complete, name):
    draft = complete.choose_intensity('none').choose_intensity(name)
    assert draft.intensity == name
    way = INTENSITIES[name]
    assert len(draft.intensity_numbers) == len(way.numbers)
    if way.numbers:
        assert draft.faults() == {'intensity': 'all of its numbers are needed'}
    for index, number in enumerate((1.0, 99.0, 0.5, 2.0)[: len(way.numbers)]):
        draft = draft.set_intensity_number(index, number)
    spec = draft.spec()
    assert SpecDraft.of(spec).intensity == name
    assert SpecDraft.of(spec).intensity_numbers == draft.intensity_numbers


def test_numbers_of_intensities_land_where_they_belong(complete):
    draft = complete.choose_intensity('ct')
    for index, number in enumerate((-900.0, 300.0, -100.0, 250.0)):
        draft = draft.set_intensity_number(index, number)
    assert draft.values['intensity'] == {'ct': [-900.0, 300.0], 'mean': -100.0, 'sd': 250.0}
    window = complete.use('intensity', {'clip': [-160, 240]}).choose_intensity('map')
    assert window.values['intensity'] == {'clip': [-160, 240], 'to': [0.0, 1.0], 'clipped': False}, 'numbers stay'
    assert complete.use('intensity', {'clip': [5, 1]}).faults()['intensity'].startswith('clip goes from 5 to 1')


@pytest.mark.parametrize('preset', INTENSITY_PRESETS, ids=lambda preset: preset.title)
def test_presets_of_intensities_are_complete(complete, preset):
    assert preset.source
    assert complete.use('intensity', preset.value).faults() == {}


def test_colours_are_those_of_the_classes(complete):
    draft = complete.set_colour(1, '#112233', ('#808080', '#E69F00'))
    assert draft.spec().colours == ('#808080', '#112233')
    more = draft.take('classes', 'background, liver, spleen')
    assert more.spec().colours == (), 'colours of other classes are not guessed at'


def test_a_draft_never_changes_a_mapping_that_it_was_given():
    known = {'intensity': {'clip': [0, 1]}}
    SpecDraft.asking('net', REQUIRED, known).set_intensity_number(0, -5.0)
    assert known == {'intensity': {'clip': [0, 1]}}
