from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from napari_segrobust.files import new_folder, replacing

if TYPE_CHECKING:
    from pathlib import Path


def test_all_or_nothing_is_written(tmp_path: Path) -> None:
    path = tmp_path / 'a.txt'
    path.write_text('old')

    def fail() -> None:
        with replacing(path) as temporary:
            temporary.write_text('half')
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert path.read_text() == 'old'
    with replacing(path) as temporary:
        temporary.write_text('new')
    assert path.read_text() == 'new'
    assert os.listdir(tmp_path) == ['a.txt']


def test_a_folder_is_there_whole_or_not_at_all(tmp_path: Path) -> None:
    path = tmp_path / 'deep' / 'pack'

    def fail() -> None:
        with new_folder(path) as temporary:
            (temporary / 'a.txt').write_text('half')
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert os.listdir(tmp_path / 'deep') == []
    path.mkdir()
    with new_folder(path) as temporary:
        (temporary / 'a.txt').write_text('new')
    assert os.listdir(tmp_path / 'deep') == ['pack']
    assert (path / 'a.txt').read_text() == 'new'
    with pytest.raises(FileExistsError, match='not empty'), new_folder(path):
        pass
    assert (path / 'a.txt').read_text() == 'new'
