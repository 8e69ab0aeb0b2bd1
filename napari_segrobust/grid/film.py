"""The grids of a sweep as a film that plays forth and back, its frames drawn by the code that draws the figure."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING

from napari_segrobust.errors import SegrobustError
from napari_segrobust.files import saving
from napari_segrobust.grid.figure import FigureStyle, compose, writable
from napari_segrobust.grid.raster import draw
from napari_segrobust.pipeline import never

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from PIL import Image

    from napari_segrobust.grid.sweep import Sweep

ENDINGS = ('.mp4', '.gif', '.webp')
#: Pixels across.
WIDTHS = {'.mp4': 1600, '.gif': 1100, '.webp': 1280}
#: Grids that are looked at for the colours of a GIF, which has 255 of them for all its frames.
_PALETTE_FRAMES = 6


def ping_pong(count: int) -> list[int]:
    """Order in which frames are shown: to the last one and back, so that the film can begin again without a jump.

    Examples
    --------
    >>> ping_pong(4), ping_pong(1), ping_pong(2)
    ([0, 1, 2, 3, 2, 1], [0], [0, 1])
    """
    return [*range(count), *range(count - 2, 0, -1)]


def frames(
    sweep: Sweep,
    style: FigureStyle | None = None,
    width: int = 1600,
    cancel: Callable[[], bool] = never,
    progress: Callable[[int, int], None] | None = None,
) -> list[Image.Image]:
    """Draw every grid once, all in one size.

    Parameters
    ----------
    sweep : Sweep
    style : FigureStyle, optional
    width : int
        In pixels.
    cancel, progress : callable, optional
        Asked before, told after each frame.

    Raises
    ------
    SegrobustError
        When `cancel` answered True.
    """
    style = style or FigureStyle()
    made: list[Image.Image] = []
    for grid in sweep.grids:
        if cancel():
            raise SegrobustError('Film cancelled', f'{len(made)} frames were drawn', 'Start it again.')
        made.append(draw(compose(grid, style, sweep), width / style.width))
        if progress is not None:
            progress(len(made), len(sweep.grids))
    # A note in the foot may take a line more in one frame than in another.
    height = max(frame.height for frame in made)
    return [frame if frame.height == height else _taller(frame, height) for frame in made]


def save_film(
    path: str | Path,
    sweep: Sweep,
    style: FigureStyle | None = None,
    *,
    seconds: float = 0.2,
    width: int | None = None,
    cancel: Callable[[], bool] = never,
    progress: Callable[[int, int], None] | None = None,
) -> Path:
    """Write a sweep as a film, forth and back; whole or not at all.

    Parameters
    ----------
    path : str or Path
        Its ending is the format: ``.mp4`` (needs the program ffmpeg, or the package imageio-ffmpeg), ``.gif``,
        ``.webp``.
    sweep : Sweep
    style : FigureStyle, optional
        The order of the rows is that of the last grid throughout: rows do not jump while a film plays.
    seconds : float
        For which a frame is shown.
    width : int, optional
        In pixels.
    cancel, progress : callable, optional

    Raises
    ------
    SegrobustError
        Another ending, no encoder, cancelled, or nothing can be written there.
    """
    path, style = check_film(path), style or FigureStyle()
    ending = path.suffix.lower()
    encoder = find_encoder() if ending == '.mp4' else ''
    drawn = frames(_settled(sweep, style), replace(style, order='as chosen'), width or WIDTHS[ending], cancel, progress)
    order = ping_pong(len(drawn))
    words = next((grid.simulated for grid in reversed(sweep.grids) if grid.simulated), '')
    with saving(path) as temporary:
        turns = [drawn[number] for number in order]
        if ending == '.mp4':
            _write_mp4(temporary, encoder, turns, seconds, words, cancel)
        elif ending == '.gif':
            _write_gif(temporary, drawn, order, seconds, words)
        else:
            options = {'duration': round(1000 * seconds), 'loop': 0, 'quality': 88, 'method': 4}
            turns[0].save(temporary, 'WEBP', save_all=True, append_images=turns[1:], **options)
    return path


def check_film(path: str | Path) -> Path:
    """Say before any work that a film cannot be written there.

    Raises
    ------
    SegrobustError
        Another ending, no such folder, or no encoder.
    """
    path = writable(path, ENDINGS)
    if path.suffix.lower() == '.mp4':
        find_encoder()
    return path


def find_encoder() -> str:
    """Path of a program that writes MP4: ffmpeg, or the one that the package imageio-ffmpeg brings.

    Raises
    ------
    SegrobustError
        There is none.
    """
    found = shutil.which('ffmpeg')
    if found is None:
        try:
            from imageio_ffmpeg import get_ffmpeg_exe

            found = get_ffmpeg_exe()
        except (ImportError, RuntimeError):
            found = None
    if found is None:
        remedy = "Install ffmpeg, or pip install 'napari-segrobust[film]'; or write .gif or .webp, which need neither."
        raise SegrobustError('No MP4', 'the program ffmpeg is not there', remedy)
    return str(found)


def _settled(sweep: Sweep, style: FigureStyle) -> Sweep:
    """The same sweep, each grid with its rows in the order of the last one: then the lanes are counted anew."""
    if style.order == 'as chosen':
        return sweep
    last = sweep.grids[-1]
    metric = style.metric if style.metric is not None else next(iter(last.metrics), 'dice')
    place = {row.lane: number for number, row in enumerate(last.sorted(metric, style.order).rows)}
    grids = [replace(grid, rows=tuple(replace(row, lane=place[row.lane]) for row in grid.rows)) for grid in sweep.grids]
    return replace(sweep, grids=tuple(grids))


def _taller(frame: Image.Image, height: int) -> Image.Image:
    from PIL import Image

    page = Image.new('RGB', (frame.width, height), 'white')
    page.paste(frame, (0, 0))
    return page


def _write_mp4(
    path: Path,
    encoder: str,
    turns: Sequence[Image.Image],
    seconds: float,
    words: str,
    cancel: Callable[[], bool],
) -> None:
    """Hand frames to the encoder one by one; H.264 where it can, else MPEG-4."""
    width, height = turns[0].size
    given = ['-f', 'rawvideo', '-pix_fmt', 'rgb24', '-s', f'{width}x{height}', '-r', f'{1 / seconds:.6g}', '-i', '-']
    why = 'it gave no reason'
    for codec in (['libx264', '-crf', '15', '-preset', 'medium'], ['mpeg4', '-q:v', '2']):
        header = ['-movflags', '+faststart', '-metadata', f'comment={words}']
        made = ['-an', '-c:v', *codec, '-pix_fmt', 'yuv420p', *header]
        command = [encoder, '-y', '-loglevel', 'error', *given, *made, '-f', 'mp4', str(path)]
        with tempfile.TemporaryFile() as said:
            with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=said) as running:
                assert running.stdin is not None
                with suppress(BrokenPipeError):  # it gave up, and says why
                    for frame in turns:
                        if cancel():
                            running.kill()
                            raise SegrobustError('Film cancelled', 'it was not written whole', 'Start it again.')
                        running.stdin.write(frame.tobytes())
                    running.stdin.close()
            if running.returncode == 0:
                return
            said.seek(0)
            lines = said.read().decode(errors='replace').strip().splitlines()
            why = lines[-1] if lines else why
    raise SegrobustError('No MP4', f'ffmpeg failed: {why}', 'Write .gif or .webp.')


def _write_gif(path: Path, drawn: Sequence[Image.Image], order: Sequence[int], seconds: float, words: str) -> None:
    from PIL import Image

    step = max(1, len(drawn) // _PALETTE_FRAMES)
    looked_at = drawn[::step]
    wall = Image.new('RGB', (drawn[0].width, sum(frame.height for frame in looked_at)))
    y = 0
    for frame in looked_at:
        wall.paste(frame, (0, y))
        y += frame.height
    palette = wall.quantize(255, method=Image.Quantize.MAXCOVERAGE)
    few = [frame.quantize(palette=palette, dither=Image.Dither.NONE) for frame in drawn]
    turns = [few[number] for number in order]
    turns[0].save(
        path,
        'GIF',
        save_all=True,
        append_images=turns[1:],
        duration=round(1000 * seconds),
        loop=0,
        comment=words.encode('ascii', 'replace')[:250],
        optimize=False,
    )
