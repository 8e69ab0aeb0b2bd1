import stat
import zipfile

import pytest

from napari_segrobust.errors import ModelError
from napari_segrobust.segment.archive import Limits, open_archive


def write(path, members, compression=zipfile.ZIP_DEFLATED):
    with zipfile.ZipFile(path, 'w', compression) as archive:
        for member, content in members:
            archive.writestr(member, content)
    return path


@pytest.fixture
def refused(tmp_path):
    """Open an archive with these members, and give the one line that it is refused with."""

    def refuse(members, limits=None, **how):
        path = write(tmp_path / 'strange.zip', members, **how)
        with pytest.raises(ModelError) as caught, open_archive(path, limits):
            pass
        assert '\n' not in str(caught.value)
        assert str(caught.value).startswith('strange.zip not loaded: ')
        return caught.value.why

    return refuse


def test_plain_files_are_read_and_unpacked(tmp_path):
    path = write(tmp_path / 'a.zip', [('net/', b''), ('net/x.json', b'{}'), ('net/models/w.pt', b'12345' * 500)])
    with open_archive(path) as archive:
        assert archive.names == ('net/x.json', 'net/models/w.pt')
        assert archive.total == 2502
        assert archive.size('net/x.json') == 2
        assert 'net/x.json' in archive
        assert archive.read('net/x.json') == b'{}'
        archive.extract(tmp_path / 'out')
    assert (tmp_path / 'out/net/models/w.pt').read_bytes() == b'12345' * 500
    assert sorted(p.name for p in (tmp_path / 'out').rglob('*')) == ['models', 'net', 'w.pt', 'x.json']


@pytest.mark.parametrize(
    'name',
    ['../evil', 'a/../../evil', '/etc/evil', 'a//evil', './evil', '..', 'C:/evil', 'a\\..\\..\\evil', 'x:stream'],
)
def test_names_that_lead_out_are_refused(refused, name):
    assert 'leads out of the folder' in refused([('good.txt', b'x'), (name, b'evil')])


def test_a_name_cut_by_a_zero_is_refused(refused, tmp_path):
    path = write(tmp_path / 'x.zip', [('good.txtXevil', b'x')])
    path.write_bytes(path.read_bytes().replace(b'txtXevil', b'txt\0evil'))
    with pytest.raises(ModelError, match='leads out'), open_archive(path):
        pass


@pytest.mark.parametrize('kind', [stat.S_IFLNK, stat.S_IFIFO, stat.S_IFCHR])
def test_links_and_special_files_are_refused(refused, kind):
    info = zipfile.ZipInfo('link')
    info.external_attr = (kind | 0o777) << 16
    assert refused([(info, b'/etc/passwd')]) == 'link is a link or a special file'


def test_two_files_in_one_place_are_refused(refused):
    assert refused([('a/W.pt', b'1'), ('a/w.pt', b'2')]) == 'a/w.pt is there twice'
    assert refused([('a', b'1'), ('a/w.pt', b'2')]) == 'a is a file and a folder'


def test_other_methods_are_refused(refused):
    assert 'only deflate' in refused([('a', b'1')], compression=zipfile.ZIP_LZMA)


def test_an_encrypted_archive_is_refused(tmp_path):
    path = write(tmp_path / 'x.zip', [('a', b'1')])
    content = bytearray(path.read_bytes())
    content[content.index(b'PK\x01\x02') + 8] |= 1
    path.write_bytes(content)
    with pytest.raises(ModelError, match='it is encrypted'), open_archive(path):
        pass


def test_more_than_the_limits_is_refused(refused):
    members = [('a', b'0' * 5000), ('b', b'0' * 5000)]
    assert '2 files, and 1 are' in refused(members, Limits(files=1))
    assert '10000 bytes, and 9999 are' in refused(members, Limits(total=9999))
    assert 'times its size' in refused(members, Limits(free_ratio=9999, ratio=10))


def test_files_that_overlap_count_each_time(tmp_path):
    """One compressed run under many names, as in D. Fifield, "A better zip bomb" (2019)."""
    path = tmp_path / 'bomb.zip'
    with zipfile.ZipFile(path, 'w', zipfile.ZIP_DEFLATED) as archive:
        archive.writestr('0', b'0' * 100_000)
        first = archive.infolist()[0]
        for index in range(1, 100):
            info = zipfile.ZipInfo(str(index))
            for field in ('header_offset', 'CRC', 'compress_size', 'file_size', 'compress_type'):
                setattr(info, field, getattr(first, field))
            archive.filelist.append(info)
    with pytest.raises(ModelError, match='unpacks to 10000000 bytes'), open_archive(path, Limits(total=1_000_000)):
        pass


def test_a_size_that_lies_is_damage(tmp_path):
    path = write(tmp_path / 'x.zip', [('a', b'0' * 5000)])
    content = path.read_bytes()
    path.write_bytes(content.replace((5000).to_bytes(4, 'little'), (10).to_bytes(4, 'little')))
    with open_archive(path) as archive, pytest.raises(ModelError, match='a damaged one'):
        archive.read('a')


def test_what_is_no_archive_or_is_damaged_is_refused(tmp_path):
    path = write(tmp_path / 'x.zip', [('a', b'abc' * 50), ('b', b'abc')], compression=zipfile.ZIP_STORED)
    whole = path.read_bytes()
    for content in (b'', b'hello', whole[: len(whole) // 2]):
        path.write_bytes(content)
        with pytest.raises(ModelError, match='no zip archive or a damaged one'), open_archive(path):
            pass
    path.write_bytes(whole.replace(b'abcabc', b'abcabd', 1))
    with open_archive(path) as archive, pytest.raises(ModelError, match='a damaged one'):
        archive.extract(tmp_path / 'out')
    assert not any((tmp_path / 'out').iterdir())


def test_reading_has_its_own_limit(tmp_path):
    path = write(tmp_path / 'x.zip', [('a', b'123')])
    with open_archive(path) as archive:
        with pytest.raises(ModelError, match='a has 3 bytes, and 2 are allowed'):
            archive.read('a', most=2)
        with pytest.raises(ModelError, match='it holds no b'):
            archive.read('b')


def test_a_folder_in_use_is_left_alone(tmp_path):
    path = write(tmp_path / 'x.zip', [('a', b'123')])
    with open_archive(path) as archive, pytest.raises(ModelError, match='is not empty'):
        archive.extract(tmp_path)
    assert path.exists()
