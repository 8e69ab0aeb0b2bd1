"""Adding a perturbation: the catalogue as a list that is searched, with a small picture of what each does."""

from __future__ import annotations

from typing import TYPE_CHECKING

from napari_segrobust.errors import SegrobustError
from napari_segrobust.explore.preview import PreviewCase
from napari_segrobust.judging import clean_of
from napari_segrobust.perturb import Perturbation, get_spec, perturbations
from napari_segrobust.perturb.record import MAX_SEVERITY
from napari_segrobust.ui.connections import Connections
from napari_segrobust.ui.sections.other_words import OTHER_WORDS
from napari_segrobust.ui.widgets.picker import Choice, Picker
from napari_segrobust.ui.widgets.thumbnail import pixmap

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from qtpy.QtCore import QPoint

    from napari_segrobust.cases import Case
    from napari_segrobust.explore.session import Session
    from napari_segrobust.perturb.spec import PerturbationSpec
    from napari_segrobust.ui.app import Explorer
    from napari_segrobust.ui.widgets.palette import Palette

#: Groups in the order in which people look for them; those that are not named here come before the remedies.
GROUPS = ('noise', 'blur', 'intensity', 'resolution', 'geometry', 'content', 'style', 'remedy', 'annotation', 'prompt')
NO_REFERENCE = 'It redraws the reference, and the case has none. Add a reference.'
NO_PROMPTS = 'It moves points and boxes, and no open model is shown any. Open one that is.'
#: Severity of the second picture.
SHOWN = 3.0


class CataloguePicker(Picker):
    """The catalogue, those that are realistic for the open case first.

    Parameters
    ----------
    explorer : Explorer
    palette : Palette
    """

    def __init__(self, explorer: Explorer, palette: Palette, parent: object = None) -> None:
        super().__init__('Add a perturbation', palette=palette, parent=parent)
        self.explorer = explorer
        self.session = explorer.session
        self._preview: PreviewCase | None = None
        self._busy = False
        self.scrolled.connect(self._next)
        self.links = Connections()
        self.links.add(self.session.case_changed, lambda _case: self._forget())

    def open_below(self, corner: QPoint) -> None:
        """Offer what there is for the open case and its shown slice."""
        case, plane = self.session.case, self.session.state.plane
        if case is not None and plane is not None:
            if self._preview is None or not self._preview.shows(case, plane):
                self.forget_pictures()
                self._preview = PreviewCase(case, plane)
        else:
            self._forget()
        self.set_choices(self.choices(case))
        self.open_at(corner)

    def choices(self, case: Case | None) -> list[Choice]:
        """Every perturbation: for the modality first, then in the order of groups and titles."""
        modality = None if case is None else case.likely_modality
        specs = sorted(perturbations().values(), key=lambda spec: (not _fits(spec, modality), *_place(spec, modality)))
        clean = None if case is None else clean_of(case)
        has_target = bool(self.explorer.borrowed.images())
        pointed = takes_prompts(self.session) is not False
        return [
            Choice(
                key=spec.name,
                title=spec.title,
                words=spec.summary,
                section='' if modality is None else f'for {modality}' if _fits(spec, modality) else 'others',
                group=group_words(spec.group),
                more=' '.join((*spec.modalities, spec.name.replace('_', ' '), OTHER_WORDS.get(spec.name, ''))),
                why_not='' if case is None else _why_not(clean, spec, has_target, bool(case.references), pointed),
            )
            for spec in specs
        ]

    def _forget(self) -> None:
        self._preview = None
        self.forget_pictures()

    def _next(self) -> None:
        """Make the pictures of what is in view, one after the other, in the file thread."""
        key, preview = self.wanted(), self._preview
        if self._busy or key is None or preview is None or not self.isVisible():
            return
        self._busy = True

        def make() -> tuple[NDArray, ...]:
            return preview.pictures(key, SHOWN)

        def done(pictures: tuple[NDArray, ...]) -> None:
            self._busy = False
            if preview is self._preview:
                shades = self.explorer.painter.layers.shades()
                self.set_pictures(key, [pixmap(picture, **shades) for picture in pictures])
            self._next()

        self.session.load(make, done, quiet=True)


def _place(spec: PerturbationSpec, modality: str | None) -> tuple[float, str, str]:
    """Where an entry stands in its section: its group by `GROUPS`, what belongs to the modality before all others."""
    own = modality is not None and spec.group.lower() == modality.lower()
    known = GROUPS.index(spec.group) if spec.group in GROUPS else GROUPS.index('remedy') - 0.5
    return (-1 if own else known, spec.group, spec.title)


def group_words(group: str) -> str:
    """Heading of a group: abbreviations of modalities are written in capitals."""
    return group.upper() if len(group) <= 2 else group.replace('_', ' ')


def _fits(spec: PerturbationSpec, modality: str | None) -> bool:
    """Whether an entry is realistic for a modality; one that names none is for all."""
    return modality is None or not spec.modalities or modality in spec.modalities


def _why_not(clean: object, spec: PerturbationSpec, has_target: bool, has_reference: bool, pointed: bool) -> str:
    """Why an entry cannot act on the case; a target may still be chosen where there is an image for it."""
    if spec.kind == 'mask' and not has_reference:
        return NO_REFERENCE
    if spec.kind == 'prompt' and not pointed:
        return NO_PROMPTS
    try:
        clean.check(Perturbation(name=spec.name, severity=MAX_SEVERITY))
    except SegrobustError as error:
        if 'target' in spec.needs and has_target:
            return ''
        return f'{error.why[0].upper()}{error.why[1:]}. {error.remedy}'
    return ''


def takes_prompts(session: Session) -> bool | None:
    """Whether a lane's model is shown points or boxes; None while one that might be is not loaded yet."""
    sources = [lane.source for lane in session.state.lanes if not lane.given]
    found = [bool(session.models[source].spec.prompts) for source in sources if source in session.models]
    return any(found) or (None if len(found) < len(sources) else False)


def first_record(name: str) -> Perturbation:
    """A new entry at severity 0, of the version that the catalogue has."""
    return Perturbation(name=name, version=get_spec(name).version)
