import pytest

from napari_segrobust.segment.bundle.expressions import NotUnderstood, read_expression

KNOWN = {'a': 3, 'b': 2.5, 'root': '/bundle', 'flag': True, 'size': [96, 96, 64], 'net::channels': [4, 8]}


@pytest.mark.parametrize(
    ('text', 'value'),
    [
        ('1', 1),
        ("'a'", 'a'),
        ('None', None),
        ('-@a', -3),
        ('@a * 2 + 1', 7),
        ('@b // 1', 2.0),
        ("@root + '/models/model.pt'", '/bundle/models/model.pt'),
        ('[@a] * 3', [3, 3, 3]),
        ('@size[-1]', 64),
        ('@net::channels + [16]', [4, 8, 16]),
        ('len(@size)', 3),
        ('max(@size) / 2', 48.0),
        ('(1, @a)', (1, 3)),
        ("{'x': @a}['x']", 3),
        ('[1.5] * 3 if @flag else [3.0] * 3', [1.5, 1.5, 1.5]),
        ('not @flag', False),
        ('@a > 2 and @b < 3', True),
        ('@a == 4 or @b', 2.5),
        ('1 < @a <= 3', True),
        ('int(@b)', 2),
    ],
)
def test_harmless_expressions_have_the_value_that_python_gives_them(text, value):
    found = read_expression(text, KNOWN.__getitem__)
    assert found == value
    assert type(found) is type(value)
    names = {name.replace('::', '_'): known for name, known in KNOWN.items()}
    assert eval(text.replace('::', '_').replace('@', ''), {}, names) == value


@pytest.mark.parametrize(
    'text',
    [
        "__import__('os').system('true')",
        'open("x")',
        'torch.device("cpu")',
        '@root.upper()',
        '().__class__',
        '[x for x in @size]',
        'lambda x: x > 0',
        'f"{@a}"',
        'import os',
        'a',
        'int',
        'len',
        'max(@size, key=len)',
        '@size[0:1]',
        '{**@size}',
        'print(1)',
        "'%0999999999d' % 1",
        '9 ** 9 ** 9',
        "'a' * 999999",
        '[0] * 999999999',
        '[[0] * 1000] * 1000',
        '@a << 9999',
        '1 / 0',
        '@size[7]',
        "int('x')",
        "'a' + 1",
        '(' * 500 + ')' * 500,
        '-' * 5000 + '1',
        '1 +',
        '',
        'True if',
        'x := 3',
        '*@size',
        "b'bytes'",
        '1j',
        '...',
    ],
)
def test_everything_else_is_left_alone(text):
    with pytest.raises(NotUnderstood):
        read_expression(text, KNOWN.__getitem__)


@pytest.mark.parametrize(('first', 'text'), [(7, '@x * @x'), ([1, 2, 3, 4], '@x + @x')])
def test_numbers_and_lists_do_not_grow_without_end(first, text):
    def grow(value):
        for _ in range(20):
            value = read_expression(text, {'x': value}.__getitem__)

    with pytest.raises(NotUnderstood):
        grow(first)
