"""A small head-like image and two masks in files, and a way to say words to the command line."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from napari_segrobust.cases import save_image
from napari_segrobust.cli import main
from napari_segrobust.geometry import GridGeometry

Say = Callable[..., str]


@pytest.fixture
def files(tmp_path: Path) -> Path:
    """Folder with ``image``, ``reference``, ``prediction`` (a shift by one column) and ``elsewhere`` (another grid)."""
    rng = np.random.default_rng(3)
    z, y, x = np.ogrid[:4, :32, :32]
    disc = ((y - 16) ** 2 + (x - 14) ** 2 <= 64) & (z > 0)
    # Stored as (Left, Posterior, Superior): reading turns it into (Superior, Posterior, Left).
    grid = GridGeometry(disc.shape[::-1], np.diag([-1.0, -1.0, 3.0, 1.0])).canonical()
    image = (100 * disc + rng.normal(40, 3, disc.shape)).astype(np.float32)
    save_image(tmp_path / 'image.nii.gz', image, grid)
    save_image(tmp_path / 'reference.nii.gz', disc.astype(np.uint8), grid)
    save_image(tmp_path / 'prediction.nii.gz', np.roll(disc, 1, axis=2).astype(np.uint8), grid)
    other = GridGeometry((32, 30, 4), np.diag([-1.0, -1.0, 3.0, 1.0])).canonical()
    save_image(tmp_path / 'elsewhere.nii.gz', np.ones(other.shape, np.uint8), other)
    return tmp_path


@pytest.fixture
def say(files: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Say:
    """Say words in the folder of the files; they must succeed without complaint. Returns standard output."""
    monkeypatch.chdir(files)

    def run(words: str) -> str:
        status = main(words.split())
        out, complaint = capsys.readouterr()
        assert (status, complaint) == (0, '')
        return out

    return run


@pytest.fixture
def refused(files: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Say:
    """Say words in the folder of the files; they must be refused in one line, which is returned."""
    monkeypatch.chdir(files)

    def run(words: str) -> str:
        try:
            status = main(words.split())
        except SystemExit as stop:
            status = stop.code
        out, complaint = capsys.readouterr()
        assert status == 2
        assert out == ''
        (line,) = complaint.splitlines()
        what, why = line.split(': ', 1)
        assert what
        assert '. ' in why, 'a complaint ends with its remedy'
        return line

    return run
