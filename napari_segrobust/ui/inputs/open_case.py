"""All ways in end in one case: files, layers, samples, other roles. Reading happens in the file thread."""

from __future__ import annotations

import weakref
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from psygnal import Signal

from napari_segrobust.cases import load_sample
from napari_segrobust.cases.label_tables import read_label_table
from napari_segrobust.cases.layers import METADATA_KEY
from napari_segrobust.cases.roles import Role
from napari_segrobust.errors import GridMismatchError, SegmentsError, SegrobustError
from napari_segrobust.explore.amend import carried
from napari_segrobust.ui.canvas.layer_set import IMAGE
from napari_segrobust.ui.connections import Connections
from napari_segrobust.ui.inputs.case_layers import CaseLayers, layer_facts
from napari_segrobust.ui.inputs.rater_masks import MoreRaters, renamed, with_layers
from napari_segrobust.ui.inputs.sources import Files, Held, Layers, Made, Source

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from napari_segrobust.cases.case import Case
    from napari_segrobust.explore.session import Status
    from napari_segrobust.explore.updates import VolumeUpdate
    from napari_segrobust.ui.app import Explorer
    from napari_segrobust.ui.inputs.case_layers import Proposal
    from napari_segrobust.ui.inputs.sources import Roles

#: How the file thread begins its words on what nobody foresaw.
READING_FAILED = 'Reading failed'
#: How the names of raters that we drew begin.
SIMULATED = 'simulated rater '
#: Key under which a layer that our sample made carries its whole case.
CASE_KEY = 'case'


@dataclass(frozen=True)
class Refusal:
    """Why something could not be opened, and what can be done about it.

    Attributes
    ----------
    error : SegrobustError
    resampled : Source or None
        The same inputs, masks resampled by nearest neighbour: a person may choose it.
    divided : Source or None
        The same inputs, each segment of a file a rater: a person may choose it.
    """

    error: SegrobustError
    resampled: Source | None = None
    divided: Source | None = None


class OpenCase:
    """Opens cases in one explorer. GUI thread.

    Parameters
    ----------
    explorer : Explorer

    Notes
    -----
    One thing is read at a time; of those that wait, the newest wins.
    """

    #: Inputs, proposal or refusal have changed.
    changed: ClassVar[Signal] = Signal()

    def __init__(self, explorer: Explorer) -> None:
        self._explorer = explorer
        self._session = explorer.session
        self.source: Source | None = None
        self.refusal: Refusal | None = None
        self.layers = CaseLayers(explorer.viewer, self._session, explorer.painter, explorer.open_case)
        self._case: Case | None = None
        self._reading: Source | None = None
        self._waiting: tuple[Source, Callable[[], tuple[Source, Case]]] | None = None
        self._error: SegrobustError | None = None
        self._show_worst = False
        self._by_itself = False
        #: Layers that became raters.
        self._taken: weakref.WeakSet[Any] = weakref.WeakSet()
        self._compare_with: str | None = None
        self._links = Connections()
        self._links.add(self.layers.proposed, self._on_proposal)
        self._links.add(self._session.status_changed, self._on_status)
        self._links.add(self._session.case_changed, self._on_case)
        self._links.add(self._session.volume_ready, self._on_volume)

    def close(self) -> None:
        """Cut the connections. Idempotent."""
        self._links.close()
        self.layers.close()

    # -- ways in --------------------------------------------------------------------------------------------

    def open_files(self, paths: Sequence[str | Path]) -> None:
        """Read an image with its masks; their content says which is which."""
        self._open(Files(tuple(Path(path) for path in paths)))

    def open_sample(self, name: str, **parameters: Any) -> None:
        """Make a built-in sample."""
        self.open_made(partial(load_sample, name, **parameters))

    def open_made(self, make: Callable[[], Case]) -> None:
        """Show the case that `make` gives."""
        self._open(Made(make))

    def open_layers(self, proposal: Proposal | None = None) -> None:
        """Make a case of layers; by default of those that are proposed."""
        self._by_itself = False
        chosen = self.layers.proposal if proposal is None else proposal
        facts = tuple(layer_facts(layer, role) for layer, role in zip(chosen.layers, chosen.roles, strict=True))
        self._open(Layers(chosen.layers, facts, {fact.name: str(fact.role) for fact in facts}))

    def set_roles(self, roles: Roles) -> None:
        """Give the inputs of the open case other roles; only another image is read anew."""
        source = self.source
        if source is None or roles == source.roles:
            return
        self._by_itself = False
        other = source.with_roles(_one_image(roles, source.roles))
        if other is None:
            self._tell(Refusal(SegrobustError('Image kept', 'this case has one image', 'Open the other one.')))
            return
        self._open(other)

    def resample(self) -> None:
        """Do what the refusal offers: resample masks by nearest neighbour."""
        if self.refusal is not None and self.refusal.resampled is not None:
            self._open(self.refusal.resampled)

    def read_labels(self, path: str | Path) -> None:
        """Take names and colours of labels from a table."""
        case = self._session.case
        if case is None:
            return
        source = self.source or Held.of(case)

        def named() -> tuple[Source, Case]:
            provenance = {**case.provenance, 'label_table': {'path': str(Path(path).resolve())}}
            return source, case.with_masks(labels=read_label_table(Path(path)), provenance=provenance)

        self._open(source, named)

    def simulate_raters(self, name: str, count: int, sd_mm: float, correlation_mm: float, seed: int) -> None:
        """Redraw a mask of the open case as simulated raters would, and add them as raters; never as experts."""
        case = self._session.case
        if case is None:
            return

        def drawn() -> tuple[Source, Case]:
            from napari_segrobust.perturb.raters import virtual_raters

            mask = case.references.get(name)
            mask = case.predictions[name] if mask is None else mask
            spacing = case.geometry.spacing_mm
            options = {'sd_mm': sd_mm, 'correlation_mm': correlation_mm, 'seed': seed}
            made = virtual_raters(mask, count, spacing=spacing, **options)
            kept = {key: one for key, one in case.references.items() if not key.startswith(SIMULATED)}
            raters = (*(rater for rater in case.raters if rater in kept), *made)
            facts = {key: {'simulated': {'of': name, **options}} for key in made}
            known = {key: fact for key, fact in case.provenance.get('raters', {}).items() if key in kept}
            provenance = {**case.provenance, 'raters': {**known, **facts}}
            other = case.with_masks(references={**kept, **made}, raters=raters, provenance=provenance)
            return Held.of(other), other

        self._open(self.source or Held.of(case), drawn)

    def add_reference(self, name: str, make: Callable[[Case], Case]) -> None:
        """Show the open case as `make` gives it, and compare with its reference `name`; made in the file thread."""
        case = self._session.case
        if case is None:
            return

        def made() -> tuple[Source, Case]:
            other = make(case)
            return Held.of(other), other

        self._compare_with = name
        self._open(self.source or Held.of(case), made)

    def add_raters(self, paths: Sequence[str | Path]) -> None:
        """Add the masks of files, folders and patterns to the open case as raters; without one they are a case."""
        self._open(MoreRaters(self._session.case, tuple(Path(path) for path in paths)))

    def divide(self) -> None:
        """Do what the refusal offers: make a rater of each segment."""
        if self.refusal is not None and self.refusal.divided is not None:
            self._open(self.refusal.divided)

    def add_rater_layers(self, layers: Sequence[Any]) -> None:
        """Add layers of labels to the open case as raters; ours stand for them from then on."""
        case = self._session.case
        if case is None:
            return
        drawn = layer_facts(self._explorer.painter.layers.get(IMAGE, 0, IMAGE), Role.IMAGE)
        masks = [layer_facts(layer, Role.RATER) for layer in layers]

        def added() -> tuple[Source, Case]:
            other = with_layers(case, drawn, masks)
            return Held.of(other), other

        self._taken.update(layers)
        for layer in layers:
            layer.visible = False
        self._open(self.source or Held.of(case), added)

    def rename(self, names: Mapping[str, str]) -> None:
        """Call references by other names, old name to new name."""
        case = self._session.case
        if case is None:
            return

        def named() -> tuple[Source, Case]:
            other = renamed(case, names)
            return Held.of(other), other

        self._open(self.source or Held.of(case), named)

    @property
    def loose_masks(self) -> tuple[Any, ...]:
        """Layers of labels in the viewer that are in no case."""
        mine = self.source.layers if isinstance(self.source, Layers) else ()
        return tuple(
            layer
            for layer, role in zip(self.layers.proposal.layers, self.layers.proposal.roles, strict=True)
            if role is not Role.IMAGE and layer not in mine and layer not in self._taken and not _from_sample(layer)
        )

    @property
    def proposal(self) -> Proposal | None:
        """Layers that could be a case and are not the open one."""
        proposal = self.layers.proposal
        mine = self.source.layers if isinstance(self.source, Layers) else ()
        fresh = [layer for layer in proposal.layers if layer not in mine and not _from_sample(layer)]
        return proposal if fresh and Role.IMAGE in proposal.roles else None

    # -- reading --------------------------------------------------------------------------------------------

    def _open(self, source: Source, load: Callable[[], tuple[Source, Case]] | None = None) -> None:
        self._waiting = (source, load or source.load)
        if self._reading is None:
            self._begin()

    def _begin(self) -> None:
        if self._waiting is None:
            return
        (source, load), self._waiting = self._waiting, None
        self._reading, self._error = source, None

        def read() -> tuple[Source, Case]:
            try:
                return load()
            except SegrobustError as error:
                self._error = error
                raise

        self._session.load(read, self._done)

    def _done(self, found: tuple[Source, Case]) -> None:
        self._reading = None
        source, case = found
        self.refusal = None
        self._show(source, case)
        self._begin()

    def _on_status(self, status: Status) -> None:
        """A file that cannot be read: the session says so in its status, and we offer what can be done."""
        ours = str(self._error) if self._error is not None else READING_FAILED
        if self._reading is None or status.kind != 'failed' or not status.text.startswith(ours):
            return
        source, self._reading = self._reading, None
        error = self._error or SegrobustError(READING_FAILED, status.text.partition(': ')[2], 'See the log.')
        resampled = source.resampled() if isinstance(error, GridMismatchError) else None
        may_divide = isinstance(error, SegmentsError) and isinstance(source, Files | MoreRaters)
        self._tell(Refusal(error, resampled, source.divided('raters') if may_divide else None))
        self._begin()

    def _tell(self, refusal: Refusal) -> None:
        self.refusal = refusal
        self.changed.emit()

    # -- showing --------------------------------------------------------------------------------------------

    def _show(self, source: Source, case: Case) -> None:
        """Show a case; what is looked at stays where it is when the grid does."""
        explorer, old = self._explorer, self._session.case
        if old is not None and old.key == case.key:
            case = carried(old, case)
        self._case, self.source = case, source
        if isinstance(source, Layers):
            explorer.painter.place(case, source.image)
        if old is None or not _alike(old, case):
            self._show_worst = True
            explorer.open_case(case)
            return
        viewer, state = explorer.viewer, self._session.state
        camera, step, label = viewer.scene.camera, viewer.dims.current_step, state.label
        center, zoom = camera.center, camera.zoom
        lanes = [lane for lane in state.lanes if not lane.given or lane.source in case.predictions]
        explorer.open_case(case, lanes or None)
        camera.center, camera.zoom = center, zoom
        viewer.dims.current_step = step
        if label is None or label in explorer.painter.label_values():
            state.label = label
        name, self._compare_with = self._compare_with, None
        if name in case.references:
            state.reference = name
            self._session.history.commit()

    def _on_case(self, case: Case) -> None:
        """A case that was opened elsewhere has roles too."""
        if case is not self._case:
            self._case, self.source, self.refusal = case, Held.of(case), None
        self.changed.emit()

    def _on_proposal(self, proposal: Proposal) -> None:
        sample = next((case for case in map(_sample_case, proposal.layers) if case is not None), None)
        if sample is not None and sample is not self._case:
            for layer in proposal.layers:
                if _from_sample(layer):
                    layer.visible = False  # ours stand for them
            self._explorer.open_case(sample)
        elif proposal.is_complete and self._may_open(proposal):
            self.open_layers(proposal)
            self._by_itself = True
        self.changed.emit()

    def _may_open(self, proposal: Proposal) -> bool:
        """Layers become a case by themselves while none is open, and those that were dropped with them join it."""
        if self._by_itself:
            mine = self._reading or self.source
            return isinstance(mine, Layers) and set(mine.layers) < set(proposal.layers)
        return self._session.case is None and self._reading is None

    def look(self) -> None:
        """Take in the layers that were there before; called once the panel is up."""
        self._on_proposal(self.layers.propose())

    def _on_volume(self, update: VolumeUpdate) -> None:
        """Bring the worst error of masks that were given into view, once."""
        if not self._show_worst or not update.lanes or not self._session.settled:
            return
        self._show_worst = False
        items = self._explorer.navigator.items
        if items and any(lane.given for lane in self._session.state.lanes):
            self._explorer.navigator.fly(items[0])
            self._explorer.viewer.reset_view()


def _alike(one: Case, other: Case) -> bool:
    """Whether two cases are one image with other masks, or one sample with other parameters."""
    samples = [case.provenance.get('sample', {}).get('name', case.name) for case in (one, other)]
    return one.shape == other.shape and samples[0] == samples[1]


def _one_image(roles: Roles, before: Roles) -> Roles:
    """A second image takes the place of the first, which takes the other's old role."""
    old = [key for key, role in before.items() if role == Role.IMAGE]
    new = [key for key, role in roles.items() if role == Role.IMAGE and key not in old]
    if not new:
        return roles
    return {**roles, **dict.fromkeys(old, before[new[0]])}


def _from_sample(layer: Any) -> bool:
    return 'sample' in layer.metadata.get(METADATA_KEY, {}).get('provenance', {})


def _sample_case(layer: Any) -> Case | None:
    return layer.metadata.get(METADATA_KEY, {}).get(CASE_KEY)
