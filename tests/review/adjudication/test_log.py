"""Lines stay; what is torn is dropped and told, what is broken is refused, and one process writes."""

from __future__ import annotations

import errno
import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from napari_segrobust.errors import ReviewError
from napari_segrobust.review.adjudication.log import Log, parse, read


@pytest.fixture
def path(tmp_path):
    """A log of three lines behind its first."""
    path = tmp_path / 'a.jsonl'
    with Log.open(path, {'about': 'Zoë'}, 'test') as log:
        for number in range(3):
            log.add({'n': number, 'text': 'line\nof two'})
    return path


def test_what_was_added_is_read(path):
    stored = read(path, 'test')
    assert stored.first['about'] == 'Zoë'
    assert [line['n'] for line in stored.lines] == [0, 1, 2]
    assert (stored.torn, path.read_bytes().count(b'\n')) == (0, 4)


def test_a_log_goes_on_where_it_was(path):
    with Log.open(path, {'about': 'another'}, 'test') as log:
        assert (log.begun, log.stored.first['about']) == (False, 'Zoë')
        log.add({'n': 3})
    assert [line['n'] for line in read(path, 'test').lines] == [0, 1, 2, 3]


def test_torn_at_every_byte(path):
    whole = path.read_bytes()
    ends = [i + 1 for i, byte in enumerate(whole) if byte == 10]
    for cut in range(len(whole) + 1):
        stored = parse(whole[:cut], 'a', 'test')
        kept = [end for end in ends if end <= cut]
        assert (len(stored.lines), bool(stored.first)) == (max(len(kept) - 1, 0), bool(kept))
        assert (stored.torn, stored.size) == (cut - max(kept, default=0), max(kept, default=0))


@pytest.mark.parametrize('tail', [b'{"n":', b'\0' * 50, b'{"n": 3, "te\0\0\0\0"}\n', b'7\n'])
def test_after_a_power_cut_it_goes_on(path, tail):
    path.write_bytes(path.read_bytes() + tail)
    with Log.open(path, {}, 'test') as log:
        assert log.stored.torn == len(tail)
        log.add({'n': 3})
    assert [line['n'] for line in read(path, 'test').lines] == [0, 1, 2, 3]


def test_a_torn_first_line_begins_anew(tmp_path):
    path = tmp_path / 'a.jsonl'
    path.write_bytes(b'{"log":"napari-segrobust te')
    with Log.open(path, {'about': 'new'}, 'test') as log:
        assert log.begun
    assert read(path, 'test').first['about'] == 'new'


@pytest.mark.parametrize('number', [1, 2, 3])
def test_a_broken_line_is_named(path, number):
    lines = path.read_bytes().splitlines()
    lines[number - 1] = lines[number - 1][:-3]
    path.write_bytes(b'\n'.join(lines) + b'\n')
    before = path.read_bytes()
    for call in (lambda: read(path, 'test'), lambda: Log.open(path, {}, 'test')):
        with pytest.raises(ReviewError, match=rf'Log broken: line {number} of a.jsonl is no line'):
            call()
    assert path.read_bytes() == before


@pytest.mark.parametrize('change', [lambda lines: lines.pop(2), lambda lines: lines.insert(1, lines.pop(2))])
def test_a_line_taken_out_or_moved_is_noticed(path, change):
    lines = path.read_bytes().splitlines()
    change(lines)
    path.write_bytes(b'\n'.join(lines) + b'\n')
    with pytest.raises(ReviewError, match=r'line \d of a.jsonl does not follow'):
        read(path, 'test')


def test_a_changed_line_is_noticed(path):
    path.write_bytes(path.read_bytes().replace(b'"n":1', b'"n":9'))
    with pytest.raises(ReviewError, match=r'line 4 of a.jsonl does not follow'):
        read(path, 'test')


@given(st.one_of(st.binary(), st.integers(0, 24).map(lambda n: b'{"log":"napari-segrobust'[:n])))
def test_any_bytes_are_a_torn_beginning_or_refused(data):
    magic = b'{"log":"napari-segrobust'
    if magic.startswith(data[: len(magic)]):
        stored = parse(data, 'a', 'test')
        assert (stored.first, stored.lines, stored.torn) == ({}, (), len(data))
    else:
        with pytest.raises(ReviewError, match=r'^Not a log: a holds something else\.'):
            parse(data, 'a', 'test')


def test_a_file_of_somebody_else_is_not_touched(tmp_path):
    path = tmp_path / 'letter.txt'
    path.write_text('Dear colleague')
    with pytest.raises(ReviewError, match=r'Not a log: letter\.txt'):
        Log.open(path, {}, 'test')
    assert path.read_text() == 'Dear colleague'


def test_another_kind_and_another_version_are_refused(path):
    with pytest.raises(ReviewError, match=r'Another kind of log'):
        read(path, 'trial')
    path.write_bytes(path.read_bytes().splitlines()[0].replace(b'"schema":1', b'"schema":2') + b'\n')
    with pytest.raises(ReviewError, match=r'has schema 2, this version reads 1'):
        read(path, 'test')


def test_one_at_a_time(path):
    with Log.open(path, {}, 'test') as log:
        with pytest.raises(ReviewError, match=r'Log in use: another window or process works on a\.jsonl'):
            Log.open(path, {}, 'test')
        log.add({'n': 3})
    with Log.open(path, {}, 'test') as log:
        assert len(log.stored.lines) == 4


def test_no_place_for_it(tmp_path):
    with pytest.raises(ReviewError, match=r'Log not usable: a\.jsonl'):
        Log.open(tmp_path / 'nowhere' / 'a.jsonl', {}, 'test')
    with pytest.raises(ReviewError, match=r'Log not usable'):
        read(tmp_path / 'a.jsonl', 'test')


@pytest.mark.parametrize('call', ['write', 'fsync'])
def test_a_full_disk_leaves_the_log_as_it_was(path, monkeypatch, call):
    real, before = os.write, path.read_bytes()

    def half(handle, data):
        real(handle, data[: len(data) // 2])
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    def none(handle):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with Log.open(path, {}, 'test') as log:
        with monkeypatch.context() as full:
            full.setattr(os, call, half if call == 'write' else none)
            with pytest.raises(ReviewError, match=r'Log not usable: a\.jsonl: No space left on device'):
                log.add({'n': 3})
        assert path.read_bytes() == before
        log.add({'n': 4})
    assert [line['n'] for line in read(path, 'test').lines] == [0, 1, 2, 4]


def test_every_line_is_on_disk_before_it_counts(path, monkeypatch):
    synced = []
    monkeypatch.setattr(os, 'fsync', lambda handle: synced.append(os.fstat(handle).st_size))
    with Log.open(path, {}, 'test') as log:
        log.add({'n': 3})
        assert synced == [path.stat().st_size]
    synced.clear()
    Log.open(path.with_name('new.jsonl'), {}, 'test').release()
    assert len(synced) == 2
