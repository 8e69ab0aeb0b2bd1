"""Films read back: the right pictures in the right order."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys

import numpy as np
import pytest
from PIL import Image, ImageSequence

from napari_segrobust.errors import SegrobustError
from napari_segrobust.grid import film
from napari_segrobust.grid.figure import FigureStyle

ORDER = [0, 1, 2, 1]


@pytest.fixture
def drawn(ball_sweep):
    return [np.asarray(frame, int) for frame in film.frames(ball_sweep, width=300)]


def nearest(frames, drawn):
    """Which of the drawn pictures each frame is."""
    return [int(np.argmin([np.abs(np.asarray(frame, int) - one).mean() for one in drawn])) for frame in frames]


def test_forth_and_back():
    assert [film.ping_pong(n) for n in (1, 2, 3, 5)] == [[0], [0, 1], [0, 1, 2, 1], [0, 1, 2, 3, 4, 3, 2, 1]]


@pytest.mark.parametrize('ending', ['gif', 'webp'])
def test_pictures_come_back_in_order(ball_sweep, drawn, tmp_path, ending):
    path = film.save_film(tmp_path / f'grid.{ending}', ball_sweep, width=300, seconds=0.25)
    with Image.open(path) as image:
        assert image.info['loop'] == 0
        assert ending == 'webp' or image.info['comment'].startswith(b'SIMULATED gaussian noise')
        frames = [frame.convert('RGB') for frame in ImageSequence.Iterator(image)]
        assert image.info['duration'] == 250
    assert nearest(frames, drawn) == ORDER
    assert max(np.abs(np.asarray(f, int) - drawn[n]).mean() for f, n in zip(frames, ORDER, strict=True)) < 6


def test_an_encoder_is_told_everything(ball_sweep, drawn, tmp_path, monkeypatch):
    """A program that stands in for ffmpeg keeps what it was given, byte for byte."""
    stand_in = tmp_path / 'bin' / 'ffmpeg'
    stand_in.parent.mkdir()
    body = "import sys; open(sys.argv[-1], 'wb').write(' '.join(sys.argv).encode() + b'|' + sys.stdin.buffer.read())"
    stand_in.write_text(f'#!{sys.executable}\n{body}\n')
    stand_in.chmod(0o755)
    monkeypatch.setenv('PATH', f'{stand_in.parent}{os.pathsep}{os.environ["PATH"]}')
    path = film.save_film(tmp_path / 'grid.mp4', ball_sweep, width=300, seconds=0.25)
    words, _, pixels = path.read_bytes().partition(b'|')
    rows, columns = drawn[0].shape[:2]
    assert f'-s {columns}x{rows} -r 4 '.encode() in words
    assert b'comment=SIMULATED gaussian noise' in words
    turns = np.frombuffer(pixels, np.uint8).reshape(-1, rows, columns, 3)
    np.testing.assert_array_equal(turns, np.stack([drawn[number] for number in ORDER]))
    stand_in.write_text(f'#!{sys.executable}\nimport sys; sys.exit("no room")\n')
    with pytest.raises(SegrobustError, match=r'ffmpeg failed: no room\. Write \.gif'):
        film.save_film(path, ball_sweep, width=300)
    assert path.read_bytes().startswith(words[:20]), 'the old film is not touched'


def test_mp4_by_a_real_encoder(ball_sweep, drawn, tmp_path):
    from imageio_ffmpeg import get_ffmpeg_exe

    path = film.save_film(tmp_path / 'grid.mp4', ball_sweep, width=300)
    command = [get_ffmpeg_exe(), '-loglevel', 'error', '-i', str(path), '-f', 'rawvideo', '-pix_fmt', 'rgb24', '-']
    pixels = subprocess.run(command, check=True, capture_output=True).stdout
    assert nearest(np.frombuffer(pixels, np.uint8).reshape(-1, *drawn[0].shape), drawn) == ORDER


def test_without_an_encoder_one_line_says_so(ball_sweep, tmp_path, monkeypatch):
    monkeypatch.setattr(shutil, 'which', lambda _name: None)
    monkeypatch.setitem(sys.modules, 'imageio_ffmpeg', None)
    with pytest.raises(SegrobustError, match=r'No MP4: .*\. Install ffmpeg, .*\.gif') as raised:
        ball_sweep.save_film(tmp_path / 'grid.mp4')
    assert '\n' not in str(raised.value)


def test_rows_do_not_jump_while_a_film_plays(ball_sweep, monkeypatch):
    orders = []
    monkeypatch.setattr(film, 'compose', lambda grid, style, sweep: orders.append((grid, style)) or 1 / 0)
    with pytest.raises(ZeroDivisionError):
        film.save_film('grid.gif', ball_sweep, FigureStyle(order='worst first'))
    grid, style = orders[0]
    worst = [row.name for row in ball_sweep.at().sorted('dice', 'worst first').rows]
    assert [row.name for row in grid.sorted('dice', style.order).rows] == worst


def test_cancelled_and_impossible_films(ball_sweep, tmp_path):
    with pytest.raises(SegrobustError, match='Film cancelled: 0 frames'):
        film.save_film(tmp_path / 'grid.gif', ball_sweep, cancel=lambda: True)
    with pytest.raises(SegrobustError, match=r'the ending \.avi'):
        ball_sweep.save_film(tmp_path / 'grid.avi')
    assert not list(tmp_path.iterdir())
