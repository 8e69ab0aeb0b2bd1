"""Case: what is looked at, where it came from, and what a person should know before believing a number."""

from __future__ import annotations

from typing import TYPE_CHECKING

from napari_segrobust.cases import samples
from napari_segrobust.ui.sections.base import BoundSection, line, quiet
from napari_segrobust.ui.widgets.controls import Combo, buddy, named

if TYPE_CHECKING:
    from napari_segrobust.cases import Case
    from napari_segrobust.ui.app import Explorer
    from napari_segrobust.ui.widgets.palette import Palette

CHOOSE = 'choose ...'


class CaseSection(BoundSection):
    """Opens samples and says what the open case is."""

    def __init__(self, explorer: Explorer, palette: Palette) -> None:
        super().__init__('Case', explorer, palette)
        self.sample = named(Combo(), 'Sample', 'Images that come with the package, all offline')
        self.titles = {spec.title: spec.name for spec in samples().values()}
        self.sample.set_items([CHOOSE, *self.titles], CHOOSE)
        self.facts = quiet()
        self.body.addWidget(line(buddy('sample', self.sample), (self.sample, 1)))
        self.body.addWidget(self.facts)
        self.sample.currentTextChanged.connect(self._open_sample)
        self.links.add(self.session.case_changed, self.sync)
        self.sync()

    def sync(self, *_: object) -> None:
        """Show the open case."""
        case = self.session.case
        if case is None:
            self.facts.setText('Open a sample, or drop an image and its masks on the window.')
            self.set_summary('none')
            return
        text = describe(case)
        self.set_summary(text)
        self.facts.setText('\n'.join([text, *case.notes]))
        sample = case.provenance.get('sample', {}).get('name')
        shown = next((title for title, name in self.titles.items() if name == sample), CHOOSE)
        self.sample.set_items([CHOOSE, *self.titles], shown)

    def _open_sample(self, title: str) -> None:
        if title in self.titles:
            self.explorer.open_sample(self.titles[title])


def describe(case: Case) -> str:
    """Name, shape, spacing and orientation in one line."""
    parts = [case.name, ' x '.join(str(n) for n in case.shape)]
    spacing = case.geometry.spacing_mm
    parts.append('spacing unknown' if spacing is None else ' x '.join(f'{s:.3g}' for s in spacing) + ' mm')
    letters = case.geometry.letters
    parts.append('orientation unknown' if letters is None else ''.join(end for _, end in letters))
    return ' · '.join(parts)
