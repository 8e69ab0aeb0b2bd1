"""The demo, driven as a hand would: noise from 0 to 5, then a stack of three; what came of both is written to disk."""

from __future__ import annotations

import csv
import time
from typing import TYPE_CHECKING, Any

import napari
import numpy as np
from qtpy.QtTest import QTest

from napari_segrobust.cases import load_sample
from napari_segrobust.cases.save import save_image
from napari_segrobust.errors import SegrobustError
from napari_segrobust.explore.table import measured
from napari_segrobust.files import replacing
from napari_segrobust.perturb import simulated_text
from napari_segrobust.segment.zoo import scores
from napari_segrobust.ui.demo_stack import RECIPE_FILE, build_stack, save_stack, told
from napari_segrobust.ui.docks import open_docks
from napari_segrobust.ui.hands import drag_to, wait

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from napari_segrobust.explore.session import Session
    from napari_segrobust.ui.app import Explorer

SEVERITIES = tuple(float(s) for s in np.arange(0, 5.5, 0.5))
PICTURED = (0.0, 1.0, 2.5, 5.0)
WHITE_MATTER = 2
METRICS_FILE = 'metrics.csv'
STACK_PICTURE = 'window_stack.png'
STACK_PREDICTION = 'prediction_stack.nii.gz'


def prediction_name(severity: float) -> str:
    """File of the prediction at a severity."""
    return f'prediction_severity_{severity:.1f}.nii.gz'


def record(folder: Path, severities: tuple[float, ...] = SEVERITIES, size: tuple[int, int] = (1440, 900)) -> None:
    """Open the brain sample, move the noise slider, stack three perturbations; write pictures, predictions, a table.

    Parameters
    ----------
    folder : Path
        Made when it is not there.
    severities : tuple of float
        Stops of the slider, multiples of its step.
    size : (int, int)
        Of the window, in pixels.

    Raises
    ------
    SegrobustError
        When a severity is not answered.
    """
    folder.mkdir(parents=True, exist_ok=True)
    start = time.perf_counter()
    viewer = napari.Viewer(title='napari-segrobust demo')
    viewer.window.resize(*size)
    explorer, panel, _ = open_docks(viewer)
    session = explorer.session
    explorer.session.load(lambda: load_sample('brain'), explorer.open_case)
    wait(session, lambda: session.volume is not None and session.settled)
    print(f'first picture and numbers after {time.perf_counter() - start:.1f} s')
    session.state.update({'label': WHITE_MATTER, 'scope': 'volume'})
    wait(session, lambda: session.settled)
    slider = panel.perturb.rows[0].severity
    rows, pictures = [], []
    for severity in severities:
        drag_to(slider, severity)
        wait(session, lambda: session.settled)
        rows.append(_row(session, severity))
        _save_prediction(session, folder / prediction_name(severity))
        if severity in PICTURED:
            pictures.append(folder / f'window_severity_{severity:.1f}.png')
            _picture(viewer, pictures[-1])
    _write_table(folder / METRICS_FILE, rows)
    pictures += _more_pictures(viewer, explorer, folder)
    build_stack(explorer, panel, WHITE_MATTER)
    pictures.append(folder / STACK_PICTURE)
    _picture(viewer, pictures[-1])
    _save_prediction(session, folder / STACK_PREDICTION)
    save_stack(session, panel, folder)
    _report(folder, rows, told(session), pictures, time.perf_counter() - start)
    viewer.close()


def _row(session: Session, severity: float) -> dict[str, object]:
    volume = session.volume
    if volume is None or session.case is None:
        raise SegrobustError('Demo stopped', 'there is no result', 'Run it again, or see the log.')
    values = measured(volume.lanes[0].accuracy, WHITE_MATTER) if volume.lanes[0].accuracy else {}
    row: dict[str, object] = {
        'severity': severity,
        'label': session.case.label_name(WHITE_MATTER),
        'scope': 'volume',
    }
    row.update({key: '' if value.value is None else value.value for key, value in values.items()})
    plane = session.plane
    row['shown_slice_ms'] = '' if plane is None else round(plane.ms, 1)
    row['whole_volume_ms'] = round(volume.ms, 1)
    return row


def _save_prediction(session: Session, path: Path) -> None:
    volume = session.volume
    if volume is not None:
        text = simulated_text(volume.request.stack, volume.request.case.intensity_range)
        save_image(path, volume.lanes[0].labels, volume.request.case.geometry, description=text)


def _write_table(path: Path, rows: list[dict[str, object]]) -> None:
    with replacing(path) as temporary, temporary.open('w', newline='', encoding='utf-8') as file:
        writer = csv.DictWriter(file, fieldnames=list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)


def _picture(viewer: napari.Viewer, path: Path) -> None:
    QTest.qWait(200)  # let the canvas draw what was painted
    viewer.screenshot(str(path), canvas_only=False, flash=False)


def _more_pictures(viewer: napari.Viewer, explorer: Explorer, folder: Path) -> list[Path]:
    """Side by side with the clean image, and the light theme."""
    paths = [folder / 'side_by_side.png', folder / 'light_theme.png']
    explorer.layout.toggle()
    _picture(viewer, paths[0])
    explorer.layout.toggle()
    viewer.theme = 'light'
    _picture(viewer, paths[1])
    viewer.theme = 'dark'
    return paths


def _report(
    folder: Path, rows: list[dict[str, object]], stack: list[str], pictures: list[Path], seconds: float
) -> None:
    print(f'{"severity":>8}  white matter Dice')
    for row in rows:
        print(f'{row["severity"]:8}  {row["dice"]:.4f}')
    print('three together, the noise in one label only:')
    for words in stack:
        print(f'  {words}')
    print('scores of the demo models (teaching only):')
    for name, facts in scores().items():
        if name.startswith('brain'):
            for words in score_lines(name, facts):
                print(words)
    print(f'wrote to {folder.resolve()} in {seconds:.0f} s:')
    for name in (METRICS_FILE, RECIPE_FILE, *(path.name for path in pictures)):
        print(f'  {name}')
    print(f'  {prediction_name(0.0)} ... {prediction_name(SEVERITIES[-1])}, {STACK_PREDICTION}')


def score_lines(name: str, facts: Mapping[str, Any]) -> list[str]:
    """Measured Dice of a demo model, each with the words that say on what; the one that counts comes first."""
    return [
        f'{name}: Dice {exam["clean"]["mean"]:.3f} clean, {exam["noisy"]["mean"]:.3f} noisy ({exam["words"]})'
        for exam in (facts.get(kind) for kind in ('held_out', 'deformed', 'template'))
        if exam
    ]
