"""The second half of the demo: three perturbations together, one of them in a region, made by hand in the panel."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtCore import Qt
from qtpy.QtTest import QTest

from napari_segrobust.compare import metric_specs
from napari_segrobust.digits import three_digits
from napari_segrobust.perturb import simulated_text
from napari_segrobust.ui.hands import add_entry, choose, drag_to, wait

if TYPE_CHECKING:
    from pathlib import Path

    from napari_segrobust.compare import MetricValue
    from napari_segrobust.explore.session import Session
    from napari_segrobust.explore.table import Row
    from napari_segrobust.ui.app import Explorer
    from napari_segrobust.ui.panel import Panel

RECIPE_FILE = 'stack.json'
#: What is typed into the catalogue, and the severity; put into physical order afterwards.
STACK = (('rician', 4.0), ('ghosting', 1.5), ('bias field', 3.0))
#: Which of them acts in one label only, and how softly.
LIMITED, FEATHER_MM = 'rician', 3.0
PRINTED = ('dice', 'nsd', 'hd95')


def build_stack(explorer: Explorer, panel: Panel, label: int) -> None:
    """Take away what is there, and stack three; the first is limited to a label, with a soft edge.

    Returns when every slice is done.
    """
    session, section = explorer.session, panel.perturb
    for row in list(section.rows):
        QTest.mouseClick(row.remove, Qt.MouseButton.LeftButton)
    for words, severity in STACK:
        row = add_entry(section, words)
        if words == LIMITED:
            choose(row.region, session.case.label_name(label))
            QTest.mouseClick(row.more, Qt.MouseButton.LeftButton)
            drag_to(row.details.feather.control, FEATHER_MM)
            QTest.mouseClick(row.more, Qt.MouseButton.LeftButton)
        drag_to(row.severity, severity)
    section.order.trigger()
    wait(session, lambda: session.settled)


def save_stack(session: Session, panel: Panel, folder: Path) -> Path:
    """Write the stack as a recipe, as *Save recipe ...* does once a file was chosen."""
    path = folder / RECIPE_FILE
    path.unlink(missing_ok=True)
    panel.perturb.save_recipe(path)
    wait(session, path.exists)
    return path


def told(session: Session) -> list[str]:
    """What was simulated, in the words on the canvas, and what came of it, each number beside its clean value."""
    request = session.current
    rows = {row.key: row for row in session.table()[0]}
    numbers = [_number(rows[key]) for key in PRINTED]
    words = simulated_text(request.stack, request.case.intensity_range)
    return [words, f'{request.case.label_name(session.state.label)}: {", ".join(numbers)}']


def _number(row: Row) -> str:
    unit = f' {row.now.unit}' if row.now.unit else ''
    return f'{metric_specs()[row.key].title} {_digits(row.now)}{unit} (clean {_digits(row.baseline)})'


def _digits(value: MetricValue) -> str:
    return 'undefined' if value.value is None else three_digits(value.value)
