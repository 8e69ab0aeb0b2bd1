import pytest

from napari_segrobust.segment.size_guards import lengths_that_hold, read_guards, read_size


@pytest.mark.parametrize(
    ('line', 'held'),
    [
        ("L['x'].size()[2] % 8 == 0", [8, 16]),
        ("(2 + 2*(((-1) + L['x'].size()[2]) // 2)) == L['x'].size()[2]", [*range(2, 19, 2)]),
        ("max(1, L['x'].size()[2] // 4) > 3", [16, 17, 18, 19]),
        ("L['x'].size()[2] == L['x'].size()[3]", [12]),
        ("L['x'].size()[2] < 3 or L['x'].size()[2] >= 19", [1, 2, 19]),
        ("7 // (L['x'].size()[2] + 2) == 1", [2, 3, 4, 5]),
    ],
)
def test_conditions_are_arithmetic(line, held):
    (guard,) = read_guards([line], 'x')
    found = lengths_that_hold([guard], [1, 1, 12, 12], axis=2, most=19)
    assert found.tolist() == held


@pytest.mark.parametrize(
    'line',
    [
        "L['y'].size()[2] == 1",
        "L['x'].size()[0] == 1",
        "L['x'].stride()[2] == 1",
        "__import__('os').system('true')",
        "L['x'].size()[2] ** 9**9 == 1",
        '((((((1',
        '-' * 5000 + '1',
        '1 == 1 + ' * 2000 + '1',
        "'a' * 9 == 1",
    ],
)
def test_anything_else_is_left_out(line):
    assert read_guards([line], 'x') == []


def test_sizes_that_follow_from_others_are_arithmetic():
    half = "Add(Mul(Integer(2), FloorDiv(Add(Symbol('s0', positive=True), Integer(-1)), Integer(2))), Integer(2))"
    size = read_size(half, {'s0': (2, 1)})
    assert [int(size([1, 1, n])) for n in (15, 16, 17)] == [16, 16, 18]
    assert int(read_size("Symbol('s1')", {'s1': (2, 8)})([1, 1, 24])) == 3


@pytest.mark.parametrize('expression', ["Symbol('s9')", 'print(1)', "Integer('x')", 'Pow(Integer(9), Integer(9))', '('])
def test_other_expressions_are_left_out(expression):
    assert read_size(expression, {'s0': (2, 1)}) is None
