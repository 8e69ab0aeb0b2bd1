"""The raters of the open case as one agreement, measured in the file thread while somebody watches. GUI thread."""

from __future__ import annotations

from dataclasses import replace
from operator import attrgetter
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from psygnal import Signal

from napari_segrobust.errors import ReviewError, SegrobustError
from napari_segrobust.review.marks import told_apart
from napari_segrobust.ui.connections import Connections
from napari_segrobust.ui.review.put_away import PutAway
from napari_segrobust.ui.review.settings import ReviewSettings

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Mapping

    from napari_segrobust.cases import Case
    from napari_segrobust.review import Agreement
    from napari_segrobust.review.adjudication import Adjudication
    from napari_segrobust.review.gate import Admitted
    from napari_segrobust.ui.app import Explorer

#: Key where there is nothing to review; None is that nobody has looked yet.
_NOTHING = 'nothing'
_TOO_FEW = ReviewError('Nothing to review', 'the case has fewer than two masks of raters', 'Add masks of raters.')


class Review:
    """Several raters of the open case: what the pages of the review are about.

    Parameters
    ----------
    explorer : Explorer

    Notes
    -----
    Nothing is measured while nobody watches. An agreement belongs to its masks, label, tolerance and settings: as soon
    as one of them changes it is gone, and with it every part; what was on its way for the old one is dropped. No number
    is there while the gate refuses: `refusal` says why. Settings last as long as the image; what they say of a mask
    that is gone does not count.
    """

    #: The agreement, a part of it, the refusal, the settings, or how raters are called.
    changed: ClassVar[Signal] = Signal()
    #: People are blinded, or no longer.
    blinded: ClassVar[Signal] = Signal()

    def __init__(self, explorer: Explorer) -> None:
        self._explorer, self._session = explorer, explorer.session
        self._watching: set[str] = set()
        self._key: Hashable = None
        self._parts: dict[Hashable, Any] = {}
        self._asked: set[Hashable] = set()
        self._changes = 0
        self._image: str | None = None
        self._renaming: dict[str, str] = {}
        #: The case that was opened last, and what is known of its image and the masks of all candidates.
        self._opened: Case | None = None
        self._of: Hashable = None
        self.settings = ReviewSettings()
        self.agreement: Agreement | None = None
        #: What came to the gate, and what was found there; None while it is on its way, or could not be read at all.
        self.admitted: Admitted | None = None
        #: Why there is no agreement; None where there is one, or where it is on its way.
        self.refusal: SegrobustError | None = None
        #: Names that stand for the raters while people are blinded; None where the raters' own are shown.
        self.blinding: dict[str, str] | None = None
        #: Whether numbers of a model stay hidden: an adjudication is open.
        self.model_hidden = False
        #: What the explorer draws itself, hidden while pages draw and while people are blinded.
        self.put_away = PutAway(explorer.painter)
        #: Disputes that are being settled, or were settled last; None where nobody adjudicates.
        self.adjudication: Adjudication | None = None
        self._links = Connections()
        session, events = self._session, self._session.state.events
        self._links.add(session.case_changed, self._on_case)
        for signal in (session.case_amended, events.label, events.tolerance_mm):
            self._links.add(signal, self.follow)

    def close(self) -> None:
        """Cut the connections. Idempotent."""
        self._links.close()
        self._watching.clear()
        self._release()

    def watch(self, who: str, on: bool = True) -> None:
        """Keep the agreement up for somebody, or no longer."""
        (self._watching.add if on else self._watching.discard)(who)
        if on:
            self.follow()

    # -- what is reviewed -----------------------------------------------------------------------------------------

    @property
    def case(self) -> Case | None:
        """The open case."""
        return self._session.case

    @property
    def candidates(self) -> tuple[str, ...]:
        """Masks that may take part: those with the role of raters, or every reference where none has it."""
        case = self.case
        return () if case is None else case.raters or tuple(case.references)

    @property
    def names(self) -> tuple[str, ...]:
        """Masks that take part, further readings of one rater among them."""
        return tuple(name for name in self.candidates if name not in self.settings.left_out)

    @property
    def label(self) -> int:
        """The label that is meant: the explorer's, or the smallest that a rater drew where it shows all."""
        case, shown = self.case, self._session.state.label
        if shown is not None or case is None:
            return 1 if shown is None else shown
        values = [int(mask[mask > 0].min()) for mask in map(case.references.__getitem__, self.names) if mask.any()]
        return min(values, default=1)

    @property
    def is_current(self) -> bool:
        """Whether the agreement is that of the state: nobody may have watched when it changed."""
        return self.agreement is not None and self._key == self._what()

    @property
    def key(self) -> Hashable:
        """Of everything the agreement depends on."""
        return self._key

    @property
    def is_pending(self) -> bool:
        """Whether an agreement is on its way."""
        return self.agreement is None and self.refusal is None and self._key not in (None, _NOTHING)

    def change(self, **changes: Any) -> None:
        """Change settings by name; what was measured with the old ones goes."""
        self.settings = replace(self.settings, **changes)
        self._changes += 1
        self.follow()

    def rename(self, names: Mapping[str, str]) -> None:
        """Call masks by other names, here and everywhere; what was said of them stays said."""
        self._renaming = dict(names)
        self._explorer.opener.rename(names)

    def blind(self, names: dict[str, str] | None) -> None:
        """Call raters by other names, or by their own again; the model is hidden as long."""
        self._blind(names)
        self.changed.emit()

    def _blind(self, names: dict[str, str] | None) -> None:
        self.blinding, self.model_hidden = names, names is not None
        # Reference, prediction and their errors lead the eye, and their names would tell.
        self.put_away.ask(self, self.model_hidden)
        self._explorer.painter.hide_names(self.model_hidden)
        self.blinded.emit()

    def title(self, name: str) -> str:
        """How a rater is called here."""
        return name if self.blinding is None else self.blinding.get(name, '?')

    @property
    def common(self) -> str:
        """What the titles of all raters begin with, such as "simulated rater"; empty where nothing."""
        return told_apart([self.title(name) for name in self._all_names])[0]

    def short(self, name: str) -> str:
        """How a rater is called where room is scarce, beside `common`."""
        names = self._all_names
        shorts = told_apart([self.title(one) for one in names])[1]
        return dict(zip(names, shorts, strict=True)).get(name, self.title(name))

    @property
    def _all_names(self) -> tuple[str, ...]:
        return (*self.names, *self.settings.volumes_ml)

    def adjudicate(self, adjudication: Adjudication | None) -> None:
        """Settle disputes: raters go by its letters, and the model is hidden, until it is closed or let go."""
        if adjudication is not self.adjudication:
            self._release()
        self.adjudication = adjudication
        if adjudication is None or adjudication.closed:
            self.blind(None)
        else:
            self.blind({name: adjudication.shown(name) for name in adjudication.blinding.order})

    def model_seen(self) -> None:
        """Numbers of a model are in view: the log of an open adjudication keeps that."""
        if self.adjudication is None or self.adjudication.closed:
            return
        try:
            self.adjudication.show_model()
        except SegrobustError as error:
            self._session.complain(str(error))

    def _release(self) -> None:
        if self.adjudication is not None:
            self.adjudication.release()
        self.adjudication = None

    # -- the agreement --------------------------------------------------------------------------------------------

    def follow(self, *_: object) -> None:
        """Measure the raters of the state, unless they are measured or on their way."""
        if not self._watching:
            return
        case, key = self.case, self._what()
        if key == self._key:
            return
        self._forget(key)
        if key != _NOTHING and case is not None:
            job = _job(case, self.names, self.label, self._session.state.tolerance_mm, self.settings)
            # Read in the file thread: what a newer key waits for is not measured first.
            self._session.load(
                lambda: job() if key == self._key else None, lambda found: self._take(key, found), quiet=True
            )
        else:
            self.refusal = _TOO_FEW
        self.changed.emit()

    def ask(self, key: Hashable, compute: Callable[[Agreement], Any]) -> Any:
        """What `compute` makes of the agreement; None until it is there, and `changed` says when.

        Parameters
        ----------
        key : hashable
            What it is called: one answer is kept for each, as long as the agreement lasts.
        compute : callable
            Called in the file thread. A `SegrobustError` it raises is kept as the answer.

        Returns
        -------
        object or None
        """
        if self.agreement is None or key in self._parts:
            return self._parts.get(key)
        if key not in self._asked:
            self._asked.add(key)
            agreement, of = self.agreement, self._key

            def attempt() -> Any:
                try:
                    return compute(agreement) if of == self._key else None
                except SegrobustError as error:
                    return error

            self._session.load(attempt, lambda found: self._take_part(of, key, found), quiet=True)
        return None

    def part(self, name: str) -> Any:
        """An attribute of the agreement, such as ``pairwise``; None until it is there."""
        return self.ask(name, attrgetter(name))

    def _what(self) -> Hashable:
        """Key of everything an agreement depends on."""
        case, state = self.case, self._session.state
        if case is None or len(self.names) < 2:
            return _NOTHING
        masks = tuple((name, case.mask_key(name)) for name in self.names)
        return case.key, masks, self.label, state.tolerance_mm, self._changes

    def _forget(self, key: Hashable) -> None:
        self._key, self.admitted, self.agreement, self.refusal = key, None, None, None
        self._parts, self._asked = {}, set()

    def _take(self, key: Hashable, found: Agreement | SegrobustError | None) -> None:
        if key != self._key or found is None:
            return
        if isinstance(found, SegrobustError):
            self.refusal = found
        else:
            self.admitted = found.admitted
            doubt = next((doubt for doubt in found.admitted.doubts if not doubt.allowed), None)
            self.agreement = found if doubt is None else None
            self.refusal = (
                None if doubt is None else ReviewError(doubt.what, doubt.why, 'Settle it on the page Raters.')
            )
        self.changed.emit()

    def _take_part(self, of: Hashable, key: Hashable, found: Any) -> None:
        if of == self._key:
            self._parts[key] = found
            self.changed.emit()

    def _on_case(self, case: Case) -> None:
        """Settings belong to the image they were made for: masks may come, go and be renamed.

        Another reference beside the same raters changes nothing; who opens the very case again begins anew.
        """
        before, self._opened = self._opened, case
        of = case.key, tuple((name, case.mask_key(name)) for name in self.candidates)
        if of == self._of and case is not before:
            self.follow()
            self.changed.emit()
            return
        self._of = of
        self._release()
        names, self._renaming = self._renaming, {}
        if case.key != self._image:
            self.settings = ReviewSettings()
        elif names and case.references.keys() >= {*names.values()}:
            # A name that was refused has opened no case.
            self.settings = self.settings.renamed(names)
        self._image = case.key
        self._blind(None)
        self._changes += 1
        self._forget(None)
        self.follow()
        self.changed.emit()


def _job(
    case: Case, names: tuple[str, ...], label: int, tolerance_mm: float, settings: ReviewSettings
) -> Callable[[], Agreement | SegrobustError]:
    """What the file thread does to get the agreement, or why there is none."""

    def job() -> Agreement | SegrobustError:
        from napari_segrobust.review import agree
        from napari_segrobust.review.meaning import meanings_of

        raters = {name: case.references[name] for name in names}
        try:
            return agree(
                raters,
                spacing=case.geometry.spacing_mm,
                valid={n: np.asarray(settings.looked[n], bool) for n in names if n in settings.looked} or None,
                label={name: settings.labels.get(name, label) for name in names},
                tolerance_mm=tolerance_mm,
                margin=settings.margin,
                sessions={n: of for n, of in settings.sessions.items() if n in raters and of in raters} or None,
                volumes_ml=settings.volumes_ml or None,
                allow=[name for name in settings.allow if name in raters],
                geometry=case.geometry,
                meanings=meanings_of(case),
                # Everything that is doubtful is shown at once; `Review` refuses.
                strict=False,
            )
        except SegrobustError as error:
            return error

    return job
