import zipfile

import pytest

from napari_segrobust.errors import ModelError
from napari_segrobust.segment.reading import in_words, one_line, read_file


def test_a_file_is_read(tmp_path):
    path = tmp_path / 'net.pt'
    path.write_bytes(b'weights')
    assert read_file(path) == b'weights'


def test_a_huge_file_is_refused_before_it_is_read(tmp_path):
    path = tmp_path / 'net.pt'
    with path.open('wb') as stream:
        stream.truncate(1 << 42)  # sparse: it takes no room
    with pytest.raises(ModelError, match=r'it has 4\.4e\+03 GB, .* of memory are free') as caught:
        read_file(path)
    assert '\n' not in str(caught.value)


def test_an_archive_that_unpacks_to_nonsense_is_refused(tmp_path):
    path = tmp_path / 'net.pt'
    with zipfile.ZipFile(path, 'w', zipfile.ZIP_DEFLATED) as archive:
        archive.writestr('net/data.pkl', b'0' * (70 << 20))
    with pytest.raises(ModelError, match='times its size'):
        read_file(path)


@pytest.mark.parametrize(
    ('make', 'message'), [(lambda p: p.touch(), 'the file is empty'), (lambda p: p.mkdir(), 'net.pt not read')]
)
def test_what_is_no_file_is_refused(tmp_path, make, message):
    make(tmp_path / 'net.pt')
    with pytest.raises(ModelError, match=message):
        read_file(tmp_path / 'net.pt')
    with pytest.raises(ModelError, match='No such file'):
        read_file(tmp_path / 'other.pt')


def test_words():
    assert [in_words(n) for n in (12, 4200, 3_210_000, 1 << 31)] == ['12 bytes', '4.2 kB', '3.21 MB', '2.15 GB']
    assert one_line(ValueError('a\n  b')) == 'a b'
    assert one_line(ValueError()) == 'ValueError'
