"""How a prediction is judged: which labels, where, and by what beyond its labels."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np

from napari_segrobust.compare import compare as compare_masks
from napari_segrobust.compare import metric_specs
from napari_segrobust.perturb import Clean, carried, perturb_labels

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any

    from numpy.typing import NDArray

    from napari_segrobust.cases.case import Case
    from napari_segrobust.compare import Comparison
    from napari_segrobust.perturb import FieldStore
    from napari_segrobust.walk import Walk

    Block = tuple[slice, ...]


class Probabilities(Protocol):
    """What is asked of an inference: probabilities (K, *block) of its classes."""

    def probabilities(self, block: Block | None = None) -> NDArray[np.float32]:
        """Return those of a block, of the whole when None."""


@dataclass(frozen=True, eq=False)
class Evidence:
    """What metrics need beyond two masks, as far as the wanted ones need it.

    Attributes
    ----------
    probability, soft_reference : mapping of label to ndarray (*spatial), or None
        The soft reference lies where the reference lies; there is none of a reference that was redrawn.
    image : ndarray (*spatial), or None
        First channel of the case's own image, where the reference lies: what was done to its intensities is no property
        of a mask.
    """

    probability: Mapping[int, NDArray[np.float32]] | None = None
    soft_reference: Mapping[int, NDArray[np.float32]] | None = None
    image: NDArray[np.float32] | None = None

    def across(self, axis: int) -> Evidence:
        """Drop an axis of length one."""

        def flat(maps: Mapping[int, NDArray[np.float32]] | None) -> Mapping[int, NDArray[np.float32]] | None:
            return None if maps is None else {label: array.squeeze(axis) for label, array in maps.items()}

        image = None if self.image is None else self.image.squeeze(axis)
        return Evidence(flat(self.probability), flat(self.soft_reference), image)


def clean_of(case: Case, fields: FieldStore | None = None) -> Clean:
    """Return what perturbations of a case share at every severity; `fields` that were drawn for its image are kept."""
    return Clean(
        case.image,
        case.intensity_range,
        case.geometry.spacing_mm,
        references=case.references,
        masks=case.drawn_masks,
        targets=case.targets,
        modality=case.likely_modality or 'of another kind',
        fields=fields,
    )


def reference_labels(walk: Walk, clean: Clean, block: Block | None = None) -> NDArray[Any] | None:
    """Return the reference of a walk, carried along by warps, redrawn by noise of annotations; None without one.

    Parameters
    ----------
    walk : Walk
    clean : Clean
        Of the walk's case.
    block : tuple of slice, optional
        A part of the image; the whole when None.
    """
    if walk.reference is None:
        return None
    return perturb_labels(clean, walk.case.references[walk.reference], walk.reference_stack, block=block)


def gather(
    walk: Walk,
    run: Probabilities | None,
    metrics: Sequence[str] | None,
    block: Block | None = None,
    clean: Clean | None = None,
) -> Evidence:
    """Gather what `metrics` need: nothing is copied or computed that none of them asks for.

    Parameters
    ----------
    walk : Walk
    run : Probabilities or None
        An inference whose windows in `block` are done; None for a mask that was given.
    metrics : sequence of str or None
        Keys; None is every metric.
    block : tuple of slice, optional
        A part of the image; the whole when None.
    clean : Clean, optional
        Of the walk's case, for what a warp carries along.

    Returns
    -------
    Evidence
        On `block`, every axis kept.
    """
    specs = metric_specs()
    needs = {need for key in (specs if metrics is None else metrics) for need in specs[key].needs}
    soft = walk.case.soft_references.get(walk.reference or '') if walk.reference_stack == walk.frame else None

    def moved(maps: NDArray[np.float32]) -> NDArray[np.float32]:
        if not walk.frame:
            return maps if block is None else maps[(slice(None), *block)]
        return carried(clean or clean_of(walk.case), maps, walk.frame, block=block)

    return Evidence(
        _by_label(walk, run, block) if run is not None and 'probability' in needs else None,
        dict(enumerate(moved(soft[1:]), start=1)) if soft is not None and 'soft_reference' in needs else None,
        moved(walk.case.image[:1])[0] if 'image' in needs else None,
    )


def _by_label(walk: Walk, run: Probabilities, block: Block | None) -> dict[int, NDArray[np.float32]] | None:
    """Probability of each label that a class of the model stands for; None where the model gives none."""
    if walk.model is None or walk.model.spec.activation == 'none':
        return None
    exclusive = walk.model.spec.has_background_channel
    channels = run.probabilities(block)
    found: dict[int, NDArray[np.float32]] = {}
    for value, k in enumerate(walk.model.spec.foreground, start=1):
        channel = channels[k]
        label = walk.label_map.get(value, 0)
        if label and label in found:
            # Of classes that exclude each other one or the other; of independent ones the likelier.
            found[label] = np.minimum(found[label] + channel, 1) if exclusive else np.maximum(found[label], channel)
        elif label:
            found[label] = channel
    return found


def valid(walk: Walk) -> NDArray[np.bool_] | None:
    """Where numbers may be taken from: inside the context box; None means everywhere."""
    box = walk.scenario.context.box
    if box is None:
        return None
    mask = np.zeros(walk.case.shape, bool)
    mask[tuple(slice(*side) for side in box)] = True
    return mask


def measured_labels(walk: Walk) -> list[int]:
    """Label values that are compared: those the model can predict, or, where it knows none, those the masks hold."""
    if walk.model is not None and set(walk.label_map.values()) - {0}:
        return sorted(set(walk.label_map.values()) - {0})
    masks = [walk.case.predictions.get(walk.given or ''), walk.case.references.get(walk.reference or '')]
    found = {int(v) for mask in masks if mask is not None for v in np.unique(mask)}
    return sorted(found - {0})


def compare_with_reference(
    walk: Walk,
    run: Probabilities | None,
    labels: NDArray[Any],
    where: NDArray[np.bool_] | None,
    metrics: Sequence[str] | None = None,
    *,
    reference: NDArray[Any] | None,
    clean: Clean,
) -> Comparison | None:
    """Predicted labels against the reference as `reference_labels` gives it; None where there is none."""
    if reference is None:
        return None
    evidence = gather(walk, run, metrics, clean=clean)
    return compare_masks(
        reference,
        labels,
        spacing=walk.case.geometry.spacing_mm,
        labels=measured_labels(walk),
        settings=walk.scenario.judgement.settings,
        metrics=metrics,
        valid=where,
        probability=evidence.probability,
        soft_reference=evidence.soft_reference,
        image=evidence.image,
    )
