"""What a person does to a scene: edits of each prediction, other settings; everything else follows from that."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from psygnal import EventedModel
from pydantic import ConfigDict, Field, PrivateAttr

from napari_segrobust.lab.numbers import Row, rows
from napari_segrobust.lab.scene import DrawnPane, Scene
from napari_segrobust.perturb.edits import MaskEdit

if TYPE_CHECKING:
    from collections.abc import Sequence


class Bench(EventedModel):
    """State of one scene under the hands of a person; changed in the GUI thread only.

    Attributes
    ----------
    scene : Scene
    edits : dict of int to tuple of MaskEdit
        Edits of the prediction, by index of the pane, in order of application.
    settings : dict
        Entries of `MetricSettings` that differ from the scene's, such as ``beta``.
    outer_contours : bool
        Whether holes of both masks are filled before anything is measured.

    Notes
    -----
    Each field has a signal of its name in ``events``. `panes` and `rows` are computed when asked for, from the scene
    as it was drawn: an edit is always applied to the original, so a slider that comes back to 0 brings it back.
    """

    model_config = ConfigDict(extra='forbid', validate_assignment=True)

    scene: Scene
    edits: dict[int, tuple[MaskEdit, ...]] = Field(default_factory=dict)
    settings: dict[str, Any] = Field(default_factory=dict)
    outer_contours: bool = False
    _drawn: tuple[Scene, tuple[DrawnPane, ...]] | None = PrivateAttr(default=None)

    #: What `reset` brings back.
    CHANGES: ClassVar[tuple[str, ...]] = ('edits', 'settings', 'outer_contours')

    @property
    def panes(self) -> tuple[DrawnPane, ...]:
        """The panes as they are now, in order."""
        return tuple(self._now(index, pane) for index, pane in enumerate(self._original()))

    @property
    def rows(self) -> tuple[Row, ...]:
        """The numbers as they are now."""
        return self.rows_of(self.panes)

    @property
    def changed(self) -> bool:
        """Whether anything differs from the scene: its question is then no longer about what is shown."""
        return bool(self.settings) or self.outer_contours or any(e.amount for part in self.edits.values() for e in part)

    def rows_of(self, panes: Sequence[DrawnPane]) -> tuple[Row, ...]:
        """The numbers of `panes`, which are computed already."""
        return rows(self.scene, panes)

    def snapshot(self) -> Bench:
        """A copy of this moment, for a thread to compute `panes` and `rows` with."""
        copy = Bench(**{name: getattr(self, name) for name in ('scene', *self.CHANGES)})
        copy._drawn = self._drawn
        return copy

    def keep(self, snapshot: Bench) -> None:
        """Take over what a snapshot has drawn, so that the next one need not draw it again."""
        self._drawn = snapshot._drawn

    def add(self, pane: int, edit: MaskEdit) -> int:
        """Add an edit to a prediction; return its index there."""
        now = self.edits.get(pane, ())
        self.edits = {**self.edits, pane: (*now, edit)}
        return len(now)

    def change(self, pane: int, index: int, **fields: object) -> None:
        """Replace fields of one edit, such as its amount or its place."""
        now = list(self.edits[pane])
        now[index] = MaskEdit.model_validate({**now[index].model_dump(), **fields})
        self.edits = {**self.edits, pane: tuple(now)}

    def remove(self, pane: int, index: int) -> None:
        """Take an edit away."""
        now = self.edits[pane]
        self.edits = {**self.edits, pane: (*now[:index], *now[index + 1 :])}

    def reset(self) -> None:
        """Bring the scene back as it was."""
        for name in self.CHANGES:
            setattr(self, name, type(self).model_fields[name].get_default(call_default_factory=True))

    def open(self, scene: Scene) -> None:
        """Show another scene, unchanged."""
        self.reset()
        self.scene = scene

    def _original(self) -> tuple[DrawnPane, ...]:
        if self._drawn is None or self._drawn[0] is not self.scene:
            self._drawn = (self.scene, self.scene.draw())
        return self._drawn[1]

    def _now(self, index: int, pane: DrawnPane) -> DrawnPane:
        edits = self.edits.get(index, ())
        if any(edit.amount for edit in edits):
            pane = pane.edited(edits)
        if self.settings:
            pane = pane.with_settings(**self.settings)
        return pane.outer_contours() if self.outer_contours else pane
