"""Case: what is looked at, where it came from, and what a person should know before believing a number."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from qtpy.QtWidgets import QFileDialog

from napari_segrobust.cases import Expectations, check, samples
from napari_segrobust.ui.inputs.open_case import SIMULATED
from napari_segrobust.ui.sections.base import BoundSection, button, line, quiet
from napari_segrobust.ui.sections.checks import Checks
from napari_segrobust.ui.sections.sample_form import SampleForm
from napari_segrobust.ui.widgets.controls import Combo, buddy, named
from napari_segrobust.ui.widgets.rater_form import RaterForm
from napari_segrobust.ui.widgets.role_chips import RoleChips
from napari_segrobust.ui.widgets.section import Section

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from napari_segrobust.cases import Case, Finding
    from napari_segrobust.ui.app import Explorer
    from napari_segrobust.ui.inputs.open_case import Refusal
    from napari_segrobust.ui.widgets.palette import Palette

CHOOSE = 'choose ...'
FILES = 'Open files ...'
FOLDER = 'Open DICOM folder ...'
#: Level and width in HU.
CT_WINDOWS = {'soft tissue': (40, 400), 'lung': (-600, 1500), 'bone': (400, 1800), 'brain': (40, 80)}
TABLES = 'Tables (*.txt *.ctbl *.csv *.tsv);;All files (*)'
WHOLE_RANGE = 'range of the image'


class CaseSection(BoundSection):
    """Opens samples, files and layers, and says what the open case is."""

    def __init__(self, explorer: Explorer, palette: Palette) -> None:
        super().__init__('Case', explorer, palette)
        self.opener = explorer.opener
        self._checked: tuple[Case, Expectations | None] | None = None
        self._told: Refusal | None = None
        self._windowed: NDArray[np.float32] | None = None
        self._make(palette)
        self._lay_out()
        self._connect()
        self.sync()

    def _make(self, palette: Palette) -> None:
        self.sample = named(Combo(), 'Sample or file', 'Images that come with the package, all offline, or your own')
        self.titles = {spec.title: spec.name for spec in samples().values()}
        self.parameters = SampleForm(palette=palette)
        self.refused = quiet()
        self.resample = button(
            'Resample (nearest neighbour)', 'Bring the masks to the grid of the image', self.opener.resample
        )
        tooltip = 'The file holds several masks, or segments that overlap: each is the mask of one rater'
        self.divide = button('Each of them is a rater', tooltip, self.opener.divide)
        self.proposal = quiet()
        self.use = button('Use these layers', 'Make a case of the layers in the viewer', self._use_layers)
        self.facts = quiet()
        self.grey_window = named(Combo(), 'CT window', 'Level and width of the grey values, in HU')
        self.inputs = Section('Inputs', palette=palette, unfolded=False)
        self.chips = RoleChips()
        self.labels = button(
            'Label names ...', 'Names and colours from a table of ITK-SNAP, Slicer, or a CSV', self._ask_labels
        )
        words = 'How far raters agree, what they would have to settle, and where a model stands among them'
        self.review = button('Review raters', words, self._review)
        self.raters_section = Section('Simulated raters', palette=palette, unfolded=False)
        self.raters = RaterForm(palette=palette)
        self.checks_section = Section('Checks', palette=palette, unfolded=False)
        self.checks = Checks(palette=palette)

    def _lay_out(self) -> None:
        self.body.setSpacing(3)
        self.body.addWidget(line(buddy('open', self.sample), (self.sample, 1)))
        self.body.addWidget(self.parameters)
        self.body.addWidget(self.refused)
        self.body.addWidget(self.resample)
        self.body.addWidget(self.divide)
        self._proposal_line = line((self.proposal, 1), self.use)
        self.body.addWidget(self._proposal_line)
        self.body.addWidget(self.facts)
        self._window_line = line(buddy('window', self.grey_window), (self.grey_window, 1))
        self.body.addWidget(self._window_line)
        folds = (
            (self.inputs, (self.chips, self.labels)),
            (self.raters_section, (self.raters,)),
            (self.checks_section, (self.checks,)),
        )
        self.body.addWidget(self.review)
        for section, parts in folds:
            section.body.setContentsMargins(16, 0, 0, 2)
            section.body.setSpacing(3)
            for part in parts:
                section.body.addWidget(part)
            self.body.addWidget(section)

    def _connect(self) -> None:
        self.sample.currentTextChanged.connect(self._choose)
        self.parameters.changed.connect(self._remake)
        self.grey_window.currentTextChanged.connect(self._set_window)
        self.chips.roles_changed.connect(self._set_roles)
        self.raters.wanted.connect(self.opener.simulate_raters)
        self.links.add(self.opener.changed, self.sync)
        self.links.add(self.session.lanes_ready, self._show_checks)
        self.links.add(self.session.state.events.lanes, self._show_checks)

    # -- showing --------------------------------------------------------------------------------------------

    def sync(self, *_: object) -> None:
        """Show the open case, and what could be opened."""
        case = self.session.case
        self._show_sample(case)
        self._show_refusal()
        proposal = self.opener.proposal
        self._proposal_line.setVisible(proposal is not None)
        if proposal is not None:
            names = ', '.join(layer.name for layer in proposal.layers)
            self.proposal.setText(f'In the viewer: {names}')
        for part in (self.inputs, self.checks_section):
            part.setVisible(case is not None)
        self.review.setVisible(len(self.explorer.review.candidates) > 1)
        self.raters_section.setVisible(case is not None and bool(case.references or case.predictions))
        if case is None:
            self.facts.setText('Open a sample, or drop an image and its masks on the window.')
            self._window_line.setVisible(False)
            self.set_summary('none')
            return
        self._show_case(case)
        self._show_checks()

    def _show_case(self, case: Case) -> None:
        text = describe(case)
        self.set_summary(text)
        self.facts.setText(text)
        self.facts.setToolTip('\n'.join([text, *case.notes]))
        if case.image is not self._windowed:
            self._windowed = case.image
            self._offer_windows(case)
        self._offer_masks(case)
        source = self.opener.source
        items = () if source is None else source.inputs()
        self.chips.set_inputs(items)
        self.inputs.set_summary(', '.join(f'{item.role} {item.name}' for item in items[1:]) or 'image alone')

    def _review(self) -> None:
        from napari_segrobust.ui.review.room import show_review  # it imports the explorer, which is here before it

        show_review(self.explorer.viewer)

    def _offer_masks(self, case: Case) -> None:
        """Masks that raters may redraw: those that were not made so themselves."""
        names = [name for name in (*case.references, *case.predictions) if not name.startswith(SIMULATED)]
        unit = 'mm' if case.geometry.spacing_mm is not None else 'voxels' if case.ndim == 3 else 'px'
        self.raters.set_masks(list(dict.fromkeys(names)), unit)
        count = sum(name.startswith(SIMULATED) for name in case.references)
        self.raters_section.set_summary(f'{count} of them' if count else 'none')

    def _offer_windows(self, case: Case) -> None:
        """A CT opens with the window of soft tissue: in its whole range, air and metal leave that one grey."""
        is_ct = case.in_hounsfield
        self._window_line.setVisible(is_ct)
        if is_ct:
            words = [f'{name} ({level} / {width} HU)' for name, (level, width) in CT_WINDOWS.items()]
            self.grey_window.set_items([WHOLE_RANGE, *words], words[0])
            self._set_window(words[0])

    def _show_sample(self, case: Case | None) -> None:
        made = {} if case is None else case.provenance.get('sample', {})
        title = next((title for title, name in self.titles.items() if name == made.get('name')), None)
        own = [] if case is None or title is not None else [case.name]
        nothing = [CHOOSE] if case is None else []
        shown = title or next(iter(own), CHOOSE)
        self.sample.set_items([*own, *nothing, *self.titles, FILES, FOLDER], shown)
        self.parameters.show_sample(samples().get(made.get('name', '')), made)

    def _show_refusal(self) -> None:
        refusal = self.opener.refusal
        self.refused.setText('' if refusal is None else str(refusal.error))
        self.refused.setProperty('role', '')
        self.refused.setVisible(refusal is not None)
        self.resample.setVisible(refusal is not None and refusal.resampled is not None)
        self.divide.setVisible(refusal is not None and refusal.divided is not None)
        if refusal is not None and refusal is not self._told:
            self.set_unfolded(True)  # once: who folds it has read it
        self._told = refusal

    def _show_checks(self, *_: object) -> None:
        case = self.session.case
        if case is None:
            return
        expected = self._expectations()
        if self._checked is not None and self._checked[0] is case and self._checked[1] == expected:
            return
        self._checked = (case, expected)
        self.session.load(lambda: (case, check(case, expected)), self._take_checks, quiet=True)

    def _take_checks(self, answer: tuple[Case, list[Finding]]) -> None:
        case, findings = answer
        if case is not self.session.case:
            return
        self.checks.set_findings(findings)
        self.checks_section.set_summary(self.checks.summary())
        if any(finding.level == 'problem' for finding in findings):
            self.checks_section.set_unfolded(True)

    def _expectations(self) -> Expectations | None:
        """What the first model lane was made for."""
        lane = next((lane for lane in self.session.state.lanes if not lane.given), None)
        model = None if lane is None else self.session.models.get(lane.model_id)
        return None if model is None else model.spec.expectations

    # -- acting ---------------------------------------------------------------------------------------------

    def _choose(self, title: str) -> None:
        if title in self.titles:
            self.explorer.open_sample(self.titles[title])
        elif title in (FILES, FOLDER):
            self.sync()
            self.ask(folder=title == FOLDER)

    def ask(self, *, folder: bool = False) -> None:
        """Ask for files, or for a folder with a DICOM series, and open them."""
        if folder:
            path = QFileDialog.getExistingDirectory(self, 'Open a folder with one DICOM series')
            paths = [path] if path else []
        else:
            paths, _ = QFileDialog.getOpenFileNames(self, 'Open an image with its masks')
        if paths:
            self.opener.open_files(paths)

    def _remake(self, parameters: dict[str, object]) -> None:
        case = self.session.case
        if case is not None and 'sample' in case.provenance:
            self.explorer.open_sample(case.provenance['sample']['name'], **parameters)

    def _set_roles(self, roles: dict[str, str]) -> None:
        self.opener.set_roles(roles)

    def _use_layers(self) -> None:
        self.opener.open_layers()
        self.inputs.set_unfolded(True)

    def _ask_labels(self) -> None:
        path, _ = QFileDialog.getOpenFileName(self, 'Open a table of label names', '', TABLES)
        if path:
            self.opener.read_labels(Path(path))

    def _set_window(self, words: str) -> None:
        name = words.partition(' (')[0]
        if name in CT_WINDOWS:
            level, width = CT_WINDOWS[name]
            self.explorer.painter.set_contrast((level - width / 2, level + width / 2))
        elif self.session.case is not None:
            self.explorer.painter.set_contrast(self.session.case.intensity_range)


def describe(case: Case) -> str:
    """Name, shape, spacing and orientation in one line; axes in the order of the array, as checks write them."""
    axes = ' '.join('zyx'[-case.ndim :])
    parts = [case.name, ' x '.join(str(n) for n in case.shape) + f' ({axes})']
    spacing = case.geometry.spacing_mm
    parts.append('spacing unknown' if spacing is None else ' x '.join(f'{s:.3g}' for s in spacing) + ' mm')
    letters = case.geometry.letters
    parts.append('orientation unknown' if letters is None else ''.join(end for _, end in letters))
    return ' · '.join(parts)
