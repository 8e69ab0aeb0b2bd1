"""One way through the stages, and the keys that say what two ways may share."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from napari_segrobust.cases.case import Label
from napari_segrobust.cases.label_tables import propose_label_map
from napari_segrobust.errors import CaseError
from napari_segrobust.perturb import told_spacing
from napari_segrobust.perturb.catalogue import get_spec
from napari_segrobust.perturb.masks import acts_on_image, carries, mask_record, mask_stack
from napari_segrobust.perturb.prompting import acts_on_prompts, prompt_stack
from napari_segrobust.segment.ensemble import fitted, incompleteness
from napari_segrobust.segment.post import Post, size_unit
from napari_segrobust.segment.precision import precision_of
from napari_segrobust.segment.source import ArraySource

if TYPE_CHECKING:
    from collections.abc import Sequence

    from napari_segrobust.cases.case import Case
    from napari_segrobust.perturb.record import Perturbation
    from napari_segrobust.scenario import Scenario
    from napari_segrobust.segment.protocols import WholeSegmenter, WindowSegmenter


def make_key(*parts: object) -> str:
    """Short content hash of anything JSON can hold, for cache keys and records."""
    return hashlib.sha256(json.dumps(parts, sort_keys=True, default=str).encode()).hexdigest()[:16]


def perturb_key(case: Case, stack: Sequence[Perturbation]) -> str:
    """Key of an image seen through a stack, and of the spacing that is told of it; what acts on masks is no part of it.

    Masks that perturbations use, or that their regions are drawn on, are part of it.
    """
    acting = [p for p in stack if acts_on_image(p)]
    return make_key(case.key, [p.model_dump(mode='json') for p in acting], _drawn_on(case, acting))


def _drawn_on(case: Case, stack: Sequence[Perturbation]) -> list[str]:
    return [
        case.mask_key(p.region.reference or next(iter(case.references)))
        for p in stack
        if case.references
        and (p.region.kind in ('foreground', 'background', 'label') or 'reference' in get_spec(p.name).needs)
    ]


def curve_key(case: Case, stack: Sequence[Perturbation], focus: int) -> str:
    """Key of everything that a curve over the severity of one entry holds fixed; slice, label and model are not in it.

    Parameters
    ----------
    case : Case
    stack : sequence of Perturbation
        As it acts.
    focus : int
        The entry whose severity is swept; outside of the stack none is.
    """
    others = [p.model_dump(mode='json') for i, p in enumerate(stack) if i != focus]
    focused = stack[focus].draw_key() if 0 <= focus < len(stack) else None
    return make_key(case.key, others, focused, focus)


@dataclass(frozen=True, eq=False)
class Walk:
    """One way through the stages: this case, perturbed so, seen by this model so, judged so.

    Attributes
    ----------
    case : Case
    model : WindowSegmenter, WholeSegmenter or None
        None stands for a mask that was given: `given` names it. Of an ensemble, those that can take the image.
    scenario : Scenario
    given : str or None
        Name of the given prediction in the case.
    """

    case: Case
    model: WindowSegmenter | WholeSegmenter | None
    scenario: Scenario
    given: str | None = None

    def __post_init__(self) -> None:
        if self.model is None and self.given not in self.case.predictions:
            known = ', '.join(self.case.predictions) or 'none'
            raise CaseError('No such prediction', str(self.given), f'Choose one of: {known}.')
        if self.model is not None:
            geometry = self.case.geometry
            told = told_spacing(geometry.spacing, self.scenario.stack)
            seen = fitted(self.model, ArraySource(self.case.image, told, geometry.has_spacing))
            object.__setattr__(self, 'model', seen)  # frozen for everybody else

    @cached_property
    def stack(self) -> tuple[Perturbation, ...]:
        """What acts; where the mask was given, noise of annotations alone does, on the reference."""
        return tuple(p for p in self.scenario.stack if self._hears(p))

    def _hears(self, entry: Perturbation) -> bool:
        if acts_on_prompts(entry):
            return self.model is not None and bool(self.model.spec.prompts)
        return self.model is not None or not acts_on_image(entry)

    @cached_property
    def image_stack(self) -> tuple[Perturbation, ...]:
        """What acts on the image, or on what its header says."""
        return tuple(p for p in self.stack if acts_on_image(p))

    @cached_property
    def reference_stack(self) -> tuple[Perturbation, ...]:
        """What acts on the reference: warps of the image that carry it along, and noise of annotations."""
        return mask_stack(self.stack, len(self.case.image))

    @cached_property
    def prompt_stack(self) -> tuple[Perturbation, ...]:
        """What acts on prompts: warps of the image that carry them along, and imprecise hands."""
        return prompt_stack(self.stack, len(self.case.image))

    @property
    def moves_prompts(self) -> bool:
        """Whether a hand moves what the model is shown."""
        return any(map(acts_on_prompts, self.stack))

    @cached_property
    def frame(self) -> tuple[Perturbation, ...]:
        """The warps that carry the reference: where they differ, two predictions lie in different places."""
        return tuple(p for p in self.reference_stack if carries(p, len(self.case.image)))

    @property
    def model_name(self) -> str:
        """Name of the model, or of the given prediction."""
        return str(self.given) if self.model is None else self.model.spec.name

    @property
    def model_key(self) -> str:
        """Content hash of the model, or key of the given prediction."""
        return self.case.mask_key(str(self.given), given=True) if self.model is None else self.model.key

    @cached_property
    def perturb_key(self) -> str:
        """Decides the perturbed image."""
        return perturb_key(self.case, self.image_stack)

    @cached_property
    def infer_key(self) -> str:
        """Decides the probabilities; device and precision are those of the moment when this is first asked for."""
        computed_on = () if self.model is None else (self.model.device, precision_of(self.model).half)
        context = self.scenario.context.model_dump(mode='json')
        return make_key(self.perturb_key, self.model_key, computed_on, context, *self._prompts_key())

    def _prompts_key(self) -> tuple[object, ...]:
        """What a promptable model is shown, and what moves that; nothing for any other."""
        if self.model is None or not self.model.spec.prompts:
            return ()
        return self.scenario.prompts.model_dump(mode='json'), [mask_record(p) for p in self.prompt_stack]

    @property
    def post(self) -> Post:
        """Steps after the network; none where the mask was given."""
        if self.model is None:
            return Post()
        return self.scenario.judgement.post or self.model.spec.post

    @property
    def notices(self) -> list[str]:
        """What a person must know of it beforehand, and afterwards: who is missing, and what sizes are counted in."""
        said = [incompleteness(self.model)] if incompleteness(self.model) else []
        if self.post.minimum_ml and self.case.geometry.spacing_mm is None:
            unit = size_unit(self.case.ndim, None)
            said.append(f'The spacing is unknown: components of at least {self.post.minimum_ml:g} {unit} were kept.')
        return said

    @cached_property
    def raw_label_key(self) -> str:
        """Decides the predicted labels before the steps after the network."""
        return make_key(self.infer_key, self.scenario.judgement.threshold, sorted(self.label_map.items()))

    @cached_property
    def label_key(self) -> str:
        """Decides the predicted labels."""
        return make_key(self.raw_label_key, self.post.model_dump())

    @cached_property
    def compare_key(self) -> str:
        """Decides the comparison with the reference."""
        settings = asdict(self.scenario.judgement.settings)
        return make_key(self.label_key, self.reference_key, settings)

    @cached_property
    def reference_key(self) -> str | None:
        """Decides the voxels of the reference as it is compared; None where the case has none."""
        if self.reference is None:
            return None
        acting, mask = self.reference_stack, self.case.mask_key(self.reference)
        records = [mask_record(p) for p in acting]
        return make_key(mask, records, _drawn_on(self.case, acting), self.case.key) if acting else mask

    @cached_property
    def frame_key(self) -> str:
        """Decides where a prediction lies against the unmoved case."""
        return make_key([mask_record(p) for p in self.frame], _drawn_on(self.case, self.frame))

    @property
    def reference(self) -> str | None:
        """Name of the reference in use, None where the case has none."""
        name = self.scenario.judgement.reference
        if name is None:
            return next(iter(self.case.references), None)
        if name not in self.case.references:
            raise CaseError('No such reference', name, f'Choose one of: {", ".join(self.case.references) or "none"}.')
        return name

    @cached_property
    def label_map(self) -> dict[int, int]:
        """Model class to reference label; a class that maps to 0 is background to the comparison.

        Proposed by equal names; one class and one label are each other's. Without a reference every class keeps
        its number. What nothing says is left at 0: numbers that happen to be equal mean nothing.
        """
        chosen = self.scenario.judgement.label_map
        if chosen is not None:
            return dict(chosen)
        if self.model is None:
            return {}
        names = self.model.spec.labelled
        classes = range(1, len(names) + 1)
        if self.reference is None:
            return {value: value for value in classes}
        labels = {v: label for v, label in self.case.labels.items() if v} or self._unnamed_labels()
        if len(labels) == len(names) == 1:
            return {1: next(iter(labels))}
        proposed = propose_label_map(names, labels)
        return {value: proposed.get(value, 0) for value in classes}

    @cached_property
    def classes(self) -> dict[int, Label]:
        """What the model calls the label values that its classes stand for, and in which colours it shows them."""
        if self.model is None:
            return {}
        spec, mapped = self.model.spec, reversed(self.label_map.items())
        return {value: Label(spec.labelled[k - 1], spec.colour(k)) for k, value in mapped if value}

    def _unnamed_labels(self) -> dict[int, str]:
        mask = self.case.references[self.reference or '']
        return {int(v): self.case.label_name(int(v)) for v in np.unique(mask) if v}
