"""Packs for people under the same noise, out; masks that they drew, in. Both in the file thread."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from qtpy.QtCore import Signal
from qtpy.QtWidgets import QFileDialog, QHBoxLayout, QLineEdit, QWidget

from napari_segrobust.errors import ReviewError, SegrobustError
from napari_segrobust.review.standing import references_of
from napari_segrobust.review.under_noise import HumanCurve, by_reader, gather, human_curve, pack, read_key
from napari_segrobust.ui.connections import Connections
from napari_segrobust.ui.sections.base import button
from napari_segrobust.ui.widgets.controls import IntBox, buddy, named

if TYPE_CHECKING:
    from napari_segrobust.cases import Case
    from napari_segrobust.review.under_noise import Gathered, Key
    from napari_segrobust.ui.app import Explorer

_USUAL = '0, 1, 2, 3'


class Readers(QWidget):
    """One line of controls: which severities, how often, and the two doors.

    Parameters
    ----------
    explorer : Explorer
    """

    #: Other masks, or other words.
    changed = Signal()

    def __init__(self, explorer: Explorer) -> None:
        super().__init__()
        self.explorer, self.session, self.review = explorer, explorer.session, explorer.review
        self.gathered: Gathered | None = None
        #: What was written, or went wrong.
        self.said = ''
        self.severities = named(QLineEdit(_USUAL), 'Severities for the readers', 'Of the perturbation in focus, 0 to 5')
        self.severities.setFixedWidth(72)
        words = 'How often each image is shown again under another code: it gives intra-rater agreement'
        self.repeats = named(IntBox(0, 9, width=28), 'Repeats', words)
        words = 'Write the perturbed images under code names for people to draw on; the key stays beside the folder'
        self.packing = button('Pack for readers ...', words, self.ask_pack)
        words = 'The key, then the folder that holds a folder of masks for each reader'
        self.gathering = button('Masks of readers ...', words, self.ask_masks)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        for part in (
            buddy('severities', self.severities),
            self.severities,
            buddy('repeats', self.repeats),
            self.repeats,
            self.packing,
            self.gathering,
        ):
            layout.addWidget(part)
        self._links = Connections()
        self._links.add(self.session.case_changed, self._on_case)

    def shutdown(self) -> None:
        """Cut the connections. Idempotent."""
        self._links.close()

    def curve(self) -> HumanCurve | None:
        """What the readers have against the references of the review; None until it is measured."""
        gathered = self.gathered
        if gathered is None:
            return None
        found = self.review.ask(
            ('readers', id(gathered)), lambda agreement: human_curve(gathered, references_of(agreement))
        )
        return found if isinstance(found, HumanCurve) else None

    def why_not(self, fixed: str | None) -> str:
        """Why the readers' curve is not shown beside a curve that holds `fixed`; "" where it is."""
        case, gathered = self.review.case, self.gathered
        if case is None or gathered is None:
            return ''
        key = gathered.key
        if key.label != self.review.label:
            return f'The readers drew {key.structure}: choose that label to see their curve.'
        if fixed != key.curve(case):
            return f'The readers drew under {key.along}, seed {key.stack[key.swept].seed}: set that stack.'
        return ''

    # -- out ----------------------------------------------------------------------------------------------------

    def ask_pack(self) -> None:
        """Ask for the folder of the readers."""
        path = QFileDialog.getExistingDirectory(self, 'An empty folder for the readers')
        if path:
            self.write_pack(Path(path))

    def write_pack(self, out: Path) -> None:
        """Write the images of the stack in focus into a folder, and the key beside it."""
        case, state = self.review.case, self.session.state
        if case is None:
            return
        try:
            levels = [float(part) for part in self.severities.text().replace(';', ',').split(',') if part.strip()]
        except ValueError:
            self._say('Severities are numbers with commas between, such as 0, 1, 2.5.')
            return
        stack, focus, label, repeats = state.acting, state.focus, self.review.label, self.repeats.value()
        key = out.parent / f'{out.name}-key.json'
        self._say('writing ...')

        def job() -> Key | SegrobustError:
            try:
                return pack(case, stack, levels, out, key, swept=focus, label=label, repeats=repeats)
            except SegrobustError as error:
                return error

        self.session.load(job, self._links.until_cut(lambda found: self._packed(found, out, key)), quiet=True)

    def _packed(self, found: Key | SegrobustError, out: Path, key: Path) -> None:
        if isinstance(found, SegrobustError):
            self._say(str(found))
            return
        self._say(f'{len(found.images)} images in {out.name}, with a letter to the readers. Keep {key.name} from them.')

    # -- in -----------------------------------------------------------------------------------------------------

    def ask_masks(self) -> None:
        """Ask for a key and for the readers' folders."""
        key, _ = QFileDialog.getOpenFileName(self, 'Key of the pack', '', 'Keys (*.json)')
        folder = QFileDialog.getExistingDirectory(self, 'Folder with a folder of masks for each reader') if key else ''
        if key and folder:
            self.read_masks(Path(key), Path(folder))

    def read_masks(self, key: Path, folder: Path) -> None:
        """Read what the readers drew; the pack itself may lie among their folders."""
        case = self.review.case
        if case is None:
            return
        self._say('reading ...')
        take = self._links.until_cut(lambda found: self._take(found, case))
        self.session.load(lambda: _gathered(key, folder, case), take, quiet=True)

    def _take(self, found: Gathered | SegrobustError, case: Case) -> None:
        if self.review.case is None or self.review.case.key != case.key:
            return
        if isinstance(found, SegrobustError):
            self._say(str(found))
            return
        self.gathered = found
        count, problems = len(found.readings), len(found.problems)
        readers = f'{len(found.readers)} reader{"" if len(found.readers) == 1 else "s"}'
        more = f'; {problems} not used or missing: {found.problems[0]}' if problems else ''
        self._say(f'{count} masks of {readers}{more}')

    def _on_case(self, case: Case) -> None:
        """Masks belong to the image, whoever its raters are."""
        if self.gathered is not None and self.gathered.key.case != case.key:
            self.gathered = None
        self._say('')

    def _say(self, words: str) -> None:
        self.said = words
        self.changed.emit()


def _gathered(key: Path, folder: Path, case: Case) -> Gathered | SegrobustError:
    """Read masks. File thread."""
    try:
        found = read_key(key)
        inside = [path for path in sorted(folder.iterdir()) if path.is_dir()] or [folder]
        return gather(found, by_reader(inside), case)
    except SegrobustError as error:
        return error
    except OSError as error:
        return ReviewError(f'{folder.name} cannot be read', error.strerror or str(error), 'Check the folder.')
