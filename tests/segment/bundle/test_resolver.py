import copy

import pytest
from monai.bundle import ConfigParser

from napari_segrobust.errors import ModelError
from napari_segrobust.segment.bundle.resolver import Component, Config, Unread

CONTENT = {
    'size': 96,
    'half': '$@size // 2',
    'same': '@size',
    'nested': {'list': [1, {'deep': '@half'}, '@same'], 'text': 'a@b.com', 'percent': '5%'},
    'item': '@nested::list::1::deep',
    'old': '@nested#list#0',
    'copied': '%nested::list',
    'relative': {'above': '@::::size', 'beside': '@::own', 'own': 4},
    'sum': '$@relative::own + @nested::list::0',
    'path': "$'/models/' + 'model.pt'",
}


@pytest.mark.parametrize('name', [*CONTENT, 'nested::list::1', 'relative::above'])
def test_entries_are_what_monai_makes_of_them(name):
    parser = ConfigParser(copy.deepcopy(CONTENT))
    assert Config(CONTENT).get(name) == parser.get_parsed_content(name)


def test_what_is_not_there_is_the_default():
    config = Config({'a': {'b': [1]}})
    assert config.get('c') is None
    assert config.get('a::b::1', 5) == 5
    assert config.get('a::b::x', 5) == 5
    assert 'a::b::0' in config
    assert 'a::c' not in config


def test_components_are_named_and_not_built():
    config = Config({'n': 2, 'net': {'_target_': 'os.system', 'command': 'true', '_desc_': 'x', '_requires_': '$f()'}})
    assert config.get('net') == Component('os.system', {'command': 'true'}, 'net')


@pytest.mark.parametrize('disabled', [True, 'true', ' True ', '$not @off', '@on'])
def test_disabled_components_are_left_out(disabled):
    content = {
        'on': True,
        'off': False,
        'steps': [{'_target_': 'A'}, {'_target_': 'B', '_disabled_': disabled}],
        'named': {'b': {'_target_': 'B', '_disabled_': disabled}},
    }
    config = Config(content)
    assert config.get('steps') == [Component('A', {}, 'steps::0')]
    assert config.get('named') == {}


def test_arguments_are_resolved_when_they_are_asked_for():
    found = Config(
        {'net': {'_target_': 'A', 'broken': '@nothing', 'fine': 3, 'off': {'_target_': 'B', '_disabled_': True}}}
    )
    arguments = found.get('net').arguments
    assert arguments['fine'] == 3
    assert arguments.get('off') is None
    with pytest.raises(ModelError, match='refers to nothing'):
        arguments['broken']


def test_expressions_join_lists_of_components_whatever_these_hold():
    content = {'a': [{'_target_': 'A', 'x': '$f()'}], 'b': [{'_target_': 'B'}], 'all': '$@a + @b'}
    assert [item.target for item in Config(content).get('all')] == ['A', 'B']


def test_what_hangs_on_an_expression_says_so():
    found = Config({'steps': [{'_target_': 'B', '_disabled_': '$f()', '_mode_': 'callable'}]}).get('steps')
    assert found[0].arguments == {'_disabled_': Unread('$f()', 'steps::0::_disabled_'), '_mode_': 'callable'}


def test_expressions_are_left_alone_or_given_to_whoever_may_evaluate_them():
    content = {'a': '$f()', 'b': '$@a + 1', 'c': {'d': '@a'}, 'e': {'f': '$@a'}}
    assert Config(content).get('b') == Unread('$@a + 1', 'b')
    assert Config(content).get('c') == {'d': Unread('$f()', 'a')}
    asked = []
    config = Config(content, evaluate=lambda place: asked.append(place) or 7)
    assert config.get('b') == 8
    assert config.get('e') == {'f': 7}
    assert asked == ['a', 'a']


def test_macros_copy_from_other_files_of_the_bundle():
    others = {'configs/train.json': {'net': {'channels': [1, '@n']}}}
    config = Config({'n': 5, 'net': '%configs/train.json#net', 'all': '%configs/train.json'}, others.__getitem__)
    assert config.get('net') == {'channels': [1, 5]}
    assert config.get('all') == {'net': {'channels': [1, 5]}}


@pytest.mark.parametrize(
    ('content', 'message'),
    [
        ({'x': '@y'}, 'it refers to y, which is not there'),
        ({'x': '@y', 'y': ['@x']}, 'it refers to itself by way of x and y'),
        ({'x': '$@x + 1'}, 'it refers to itself'),
        ({'x': '%y'}, 'it copies y, which is not there'),
        ({'x': '%x'}, '%x copies itself'),
        ({'x': '%a.json::y'}, 'cannot be read here'),
        ({'x': '@::::::y'}, 'goes above the first level'),
    ],
)
def test_broken_references_are_refused(content, message):
    with pytest.raises(ModelError, match=message) as caught:
        Config(content).get('x')
    assert '\n' not in str(caught.value)


def test_configs_that_grow_without_end_are_refused():
    content = {f'x{n}': [f'@x{n + 1}', f'@x{n + 1}'] for n in range(60)} | {'x60': 1}
    with pytest.raises(ModelError, match='refer to each other without end'):
        Config(content).get('x0')
    copies = {f'x{n}': [f'%x{n + 1}', f'%x{n + 1}'] for n in range(60)} | {'x60': 1}
    with pytest.raises(ModelError, match='refer to each other without end'):
        Config(copies).get('x0')
