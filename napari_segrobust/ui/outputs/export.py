"""What leaves the program: settled results only, written whole, each saying what was simulated."""

from __future__ import annotations

import csv
import io
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from napari.utils.notifications import show_info, show_warning
from qtpy.QtGui import QGuiApplication

from napari_segrobust.cases.save import save_image
from napari_segrobust.cases.stored import stem
from napari_segrobust.errors import SegrobustError
from napari_segrobust.files import saving
from napari_segrobust.perturb import simulated_text
from napari_segrobust.run_file import write_json
from napari_segrobust.ui.canvas.burn import burn, pixels
from napari_segrobust.ui.canvas.overlays import RESEARCH
from napari_segrobust.ui.outputs.diagnostics import diagnostics
from napari_segrobust.ui.outputs.replay import as_command, as_python, settled

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from napari_segrobust.ui.app import Explorer
    from napari_segrobust.ui.outputs.replay import Settled
    from napari_segrobust.ui.results import Results

SCHEMA = 1
IMAGES = 'Images (*.nii.gz *.nii *.nrrd *.mha *.tif *.npy)'
TABLES = 'Tables (*.csv)'
PICTURES = 'Pictures (*.png)'


class Export:
    """Exports of one explorer. GUI thread; volumes are written in the file thread.

    Parameters
    ----------
    explorer : Explorer
    results : Results
        Whose table and curve are exported.
    """

    def __init__(self, explorer: Explorer, results: Results) -> None:
        self._explorer = explorer
        self._session = explorer.session
        self._results = results
        #: What can be exported to a file: name to (words, file types, ending, writer).
        self.kinds: dict[str, tuple[str, str, str, Callable[[Path], None]]] = {
            'prediction': ('Prediction', IMAGES, '.nii.gz', self.prediction),
            'error': ('Error map', IMAGES, '.nii.gz', self.error),
            'image': ('Perturbed image', IMAGES, '.nii.gz', self.image),
            'table': ('Table', TABLES, '.csv', self.table),
            'curve': ('Curve', f'{TABLES};;{PICTURES}', '.csv', self.curve),
            'picture': ('Picture of the canvas', PICTURES, '.png', self.picture),
        }
        #: What can be copied: name to (words, maker of the text).
        self.copies: dict[str, tuple[str, Callable[[], str]]] = {
            'table': ('Table', self.table_text),
            'command': ('As command', lambda: as_command(self._session, explorer.lane)),
            'python': ('As Python', lambda: as_python(self._session, explorer.lane)),
            'diagnostics': ('Diagnostics', lambda: diagnostics(self._session)),
        }

    def save(self, kind: str, path: str | Path) -> bool:
        """Write one thing; where that cannot be done one line says why. True when it was begun."""
        try:
            self.kinds[kind][3](Path(path))
        except SegrobustError as error:
            show_warning(str(error))
            return False
        return True

    def copy(self, kind: str) -> bool:
        """Put one thing on the clipboard; where that cannot be done one line says why."""
        try:
            text = self.copies[kind][1]()
        except SegrobustError as error:
            show_warning(str(error))
            return False
        QGuiApplication.clipboard().setText(text)
        show_info(f'{self.copies[kind][0]}: copied')
        return True

    # -- volumes --------------------------------------------------------------------------------------------

    def prediction(self, path: Path) -> None:
        """Predicted labels, on the grid and in the axis order of the source."""
        found = self._settled()
        self._write_volume(path, found.view.labels, found, 'prediction')

    def error(self, path: Path) -> None:
        """Error codes of the shown label: 1 true positive, 2 false positive, 3 false negative, 4 wrong class."""
        found = self._settled()
        if found.view.error is None:
            raise SegrobustError('No error map', 'there is no reference', 'Give a mask the role of the reference.')
        self._write_volume(path, found.view.error, found, 'error map')

    def image(self, path: Path) -> None:
        """The image as the canvas shows it and the models saw it; a given mask saw none."""
        found = self._settled()
        seen = next((lane.now for lane in found.update.request.lanes if lane.now.model is not None), found.walk)
        self._write_volume(path, found.update.image, replace(found, walk=seen), 'image')

    def _write_volume(self, path: Path, array: NDArray[Any], found: Settled, what: str) -> None:
        case, record = found.walk.case, self._record(found, what)

        def write() -> Path:
            save_image(path, array, case.geometry, description=record['simulated'] or what)
            write_json(_beside(path), record)
            return path

        self._session.load(write, lambda done: show_info(f'Wrote {done.name}'), quiet=True)

    # -- numbers and pictures -------------------------------------------------------------------------------

    def table_text(self) -> str:
        """The table as CSV, with label, scope and what was simulated in every row."""
        found = self._settled()
        state, case = self._session.state, found.walk.case
        label = 'all' if state.label is None else case.label_name(state.label)
        return _with_columns(
            self._results.table.as_csv(),
            {'label': label, 'scope': state.scope, 'source': found.source, 'simulated': self._simulated(found)},
        )

    def table(self, path: Path) -> None:
        """Write the table as CSV."""
        _write_bytes(path, self.table_text().encode())
        show_info(f'Wrote {path.name}')

    def curve(self, path: Path) -> None:
        """Write the curve: its points as CSV, or with the ending .png what it looks like."""
        found = self._settled()
        text = self._simulated(found)
        if path.suffix.lower() == '.png':
            image = self._results.curve.image()
            plain = pixels(image.convertToFormat(image.Format.Format_RGBA8888))
            _write_png(path, burn(plain, f'{text}. {RESEARCH}'.removeprefix('. ')))
        else:
            _write_bytes(path, _with_columns(self._results.curve.as_csv(), {'simulated': text}).encode())
        show_info(f'Wrote {path.name}')

    def picture(self, path: Path) -> None:
        """Write the canvas as it is, with what was simulated and what it is for in a strip above."""
        self._settled()
        shot = self._explorer.viewer.screenshot(canvas_only=True, flash=False)
        _write_png(path, self._explorer.overlays.burnt(shot))
        show_info(f'Wrote {path.name}')

    # -- inside ---------------------------------------------------------------------------------------------

    def _settled(self) -> Settled:
        return settled(self._session, self._explorer.lane)

    def _simulated(self, found: Settled) -> str:
        case = found.walk.case
        unit = 'HU' if case.in_hounsfield else None
        length = 'mm' if case.geometry.has_spacing else 'voxels'
        return simulated_text(found.walk.stack, case.intensity_range, unit, length, case.label_name)

    def _record(self, found: Settled, what: str) -> dict[str, Any]:
        """What a file cannot say in its header: no names of files or patients."""
        walk = found.walk
        return {
            'schema': SCHEMA,
            'what': what,
            'simulated': self._simulated(found) or None,
            'use': RESEARCH,
            'case_key': walk.case.key,
            'model': {'name': walk.model_name, 'key': walk.model_key, 'given': walk.model is None},
            'label': self._session.state.label,
            'scenario': walk.scenario.model_dump(mode='json'),
        }


def _beside(path: Path) -> Path:
    """``prediction.nii.gz`` has its record in ``prediction.json``."""
    return path.with_name(f'{stem(path)}.json')


def _with_columns(text: str, columns: dict[str, str]) -> str:
    """CSV with more columns, the same in every row."""
    lines = list(csv.reader(io.StringIO(text)))
    if not lines:
        return text
    out = io.StringIO()
    writer = csv.writer(out, lineterminator='\n')
    writer.writerow([*lines[0], *columns])
    writer.writerows([*line, *columns.values()] for line in lines[1:])
    return out.getvalue()


def _write_bytes(path: Path, content: bytes) -> None:
    with saving(path) as temporary:
        temporary.write_bytes(content)


def _write_png(path: Path, picture: NDArray[np.uint8]) -> None:
    from PIL import Image

    out = io.BytesIO()
    Image.fromarray(np.ascontiguousarray(picture)).save(out, 'PNG')
    _write_bytes(path, out.getvalue())
