"""Numbers of the model against the soft label, and a small reliability diagram to stand beside them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from qtpy.QtWidgets import QLabel, QVBoxLayout, QWidget

from napari_segrobust.compare import metric_specs
from napari_segrobust.digits import MINUS, on_screen, three_digits
from napari_segrobust.review.soft import BINS
from napari_segrobust.ui.review.consensus_numbers import NONE
from napari_segrobust.ui.review.plain_table import PlainTable
from napari_segrobust.ui.review.reliability_plot import ReliabilityPlot
from napari_segrobust.ui.sections.base import quiet

if TYPE_CHECKING:
    from napari_segrobust.ui.review.soft_model import SoftFound
    from napari_segrobust.ui.widgets.palette import Palette

_TITLES = {
    'dice_semimetric': 'DML',
    'soft_dice': 'soft Dice',
}
_VOLUME = (
    'Sum of the soft label, or of the probability, times the volume of a voxel. Bertels 2019, '
    'doi:10.1007/978-3-030-46640-4_9'
)
_BIAS = 'Expected volume of the model minus that of the raters. Popordanoska 2021, doi:10.1007/978-3-030-87193-2_64'
_ECE = (
    f'Calibration error in {BINS} bins of equal width: mean of |share of raters - probability|, weighted by voxels. '
    'Naeini 2015, doi:10.1609/aaai.v29i1.9602, with the share of raters for a hard label'
)
_LEFT_OUT = 'Raters: each against the mean of the others, the least and the most.'
_HEADER = ('', 'model', 'raters')


class SoftPanel(QWidget):
    """Shows what `SoftModel` found, or why there is nothing.

    Parameters
    ----------
    palette : Palette

    Attributes
    ----------
    plot : ReliabilityPlot
        For a place beside the panel.
    """

    def __init__(self, *, palette: Palette) -> None:
        super().__init__()
        self.title = QLabel('Model against the soft label')
        self.title.setToolTip('The soft label is the share of raters that is in: it keeps what a majority throws away')
        self.words = quiet()
        self.table = PlainTable('Model against the soft label')
        self.plot = ReliabilityPlot(palette=palette)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(2)
        layout.addWidget(self.title)
        layout.addWidget(self.words)
        layout.addWidget(self.table, 1)

    def show_found(self, found: SoftFound | str) -> None:
        """Show numbers, or words in their place."""
        known = not isinstance(found, str)
        self.table.setVisible(known)
        self.words.setVisible(not known)
        self.plot.setVisible(False)
        if isinstance(found, str):
            self.title.setText('Model against the soft label')
            self.words.setText(found)
            self.layout().setStretchFactor(self.words, 1)
            return
        self.title.setText(f'{found.name} against the soft label')
        rows, tooltips = soft_rows(found.numbers)
        self.table.set_rows(_HEADER, rows, tooltips)
        self.plot.set_found(found.reliability)
        self.plot.setVisible(found.reliability is not None)


def soft_rows(numbers: dict[str, Any]) -> tuple[list[tuple[str, ...]], list[str]]:
    """Rows of the table, and the definition and source of each."""
    model, unit, specs = numbers['model'], on_screen(numbers['unit']), metric_specs()
    rows, tooltips = [], []
    for key, title in _TITLES.items():
        raters = [value for value in numbers.get('raters', {}).get(key, ()) if value is not None]
        span = f'{three_digits(min(raters))} to {three_digits(max(raters))}' if raters else NONE
        rows.append((title, NONE if model[key] is None else three_digits(model[key]), span))
        spec = specs[key]
        tooltips.append(f'{spec.title}: {spec.formula}\n{spec.summary}\n{spec.source}\n{_LEFT_OUT}')
    if 'ece' not in model:
        rows.append(('volume', 'no probability', f'{three_digits(numbers["expected_volume"])} {unit}'))
        return rows, [*tooltips, _VOLUME]
    volumes = (model['expected_volume'], numbers['expected_volume'])
    rows.append(('volume', *(f'{three_digits(volume)} {unit}' for volume in volumes)))
    bias = model['volume_bias']
    rows.append(('volume bias', f'{"+" if bias > 0 else MINUS}{three_digits(abs(bias))} {unit}' if bias else '0', ''))
    ece = model['ece']
    known = [('region', ece['region']), ('full array', ece['full'])]
    rows += [(f'ECE, {place}', three_digits(v), '') for place, v in known if v is not None]
    return rows, [*tooltips, _VOLUME, _BIAS, *[_ECE] * (len(rows) - len(tooltips) - 2)]
