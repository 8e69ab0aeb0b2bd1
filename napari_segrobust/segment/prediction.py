"""What a model says about an image: probabilities, and the labels that follow from them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_segrobust.context.record import Context, make_context
from napari_segrobust.segment.ensemble import fitted, incompleteness
from napari_segrobust.segment.inference import start_inference
from napari_segrobust.segment.post import finish_labels
from napari_segrobust.segment.protocols import Shown
from napari_segrobust.segment.source import ArraySource

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from napari_segrobust.cases.case import Case
    from napari_segrobust.prompts import Prompts
    from napari_segrobust.segment.post import Post
    from napari_segrobust.segment.protocols import WholeSegmenter, WindowSegmenter
    from napari_segrobust.segment.spec import ModelSpec


@dataclass(frozen=True, eq=False)
class Prediction:
    """A finished segmentation.

    Attributes
    ----------
    probabilities : ndarray, shape (K, *spatial), float32
        One channel per class of the model; zero outside the context box.
    labels : ndarray, shape (*spatial), uint8
        0 is background (uint16 above 255 labels).
    valid : ndarray, shape (*spatial), bool
        Inside the context box.
    name : str
        Of the model; that of an incomplete ensemble says so.
    messages : tuple of str
        What happened that a person must know.
    """

    probabilities: NDArray[np.float32]
    labels: NDArray[Any]
    valid: NDArray[np.bool_]
    name: str = ''
    messages: tuple[str, ...] = ()


def labels_from(
    probabilities: NDArray[np.float32],
    spec: ModelSpec,
    threshold: float | None = None,
    label_map: Mapping[int, int] | None = None,
) -> NDArray[Any]:
    """Labels of probabilities.

    Parameters
    ----------
    probabilities : ndarray, shape (K, ...), float32
    spec : ModelSpec
        Says whether a channel is the background, and which.
    threshold : float, optional
        Probability above which a class is taken: for a background and one class, and for independent classes
        (sigmoid), of which the most probable one above it is shown. The spec's own when None. Three and more
        classes with a background have no threshold: the most probable one is taken, the first of equals.
    label_map : mapping of int to int, optional
        Model class (0 is background, 1 the first class after it) to label value. A class that it leaves out
        becomes background. None keeps the classes.

    Returns
    -------
    ndarray, shape (...), uint8
        uint16 above 255 labels. Where all probabilities are zero the label is 0.
    """
    threshold = spec.threshold if threshold is None else threshold
    candidates = [probabilities[k] for k in spec.foreground]
    if len(candidates) == 1 or not spec.has_background_channel:
        best = np.full(probabilities.shape[1:], threshold, np.float32)
    else:
        best = probabilities[spec.background]
    values = [k if label_map is None else label_map.get(k, 0) for k in range(1, len(candidates) + 1)]
    kind = np.uint16 if max(values) > 255 else np.uint8
    labels = np.zeros(best.shape, kind)
    for value, probability in zip(values, candidates, strict=True):
        labels = np.where(probability > best, kind(value), labels)
        best = np.maximum(best, probability)
    return labels


def predict(
    case: Case,
    model: WindowSegmenter | WholeSegmenter,
    window: Sequence[int] | None = None,
    overlap: float | None = None,
    blending: str | None = None,
    context: Context | None = None,
    post: Post | None = None,
    prompts: Prompts | None = None,
) -> Prediction:
    """Segment the image of a case.

    Parameters
    ----------
    case : Case
    model : WindowSegmenter or WholeSegmenter
        From `load_model`.
    window, overlap, blending
        Sliding plan; each overrides `context`, and what both leave open is the model's default.
    context : Context, optional
        What the model may see.
    post : Post, optional
        Steps after the network; the model's own when None.
    prompts : Prompts, optional
        What a promptable model is shown, in voxels of the case.

    Returns
    -------
    Prediction
        Labels are the model's own classes.

    Raises
    ------
    ModelError
        The model cannot take this image, was not shown what it needs, or failed.
    ContextError
        Window, overlap or box cannot be used.

    Examples
    --------
    >>> prediction = predict(case, load_model('brain-unet'))  # doctest: +SKIP
    >>> prediction.labels.shape == case.shape  # doctest: +SKIP
    True
    """
    given = {'window': None if window is None else tuple(window), 'overlap': overlap, 'blending': blending}
    chosen = (context or Context()).model_dump() | {name: value for name, value in given.items() if value is not None}
    source = ArraySource(case.image, case.geometry.spacing, case.geometry.has_spacing)
    model = fitted(model, source)
    shown = None if prompts is None else Shown(prompts, case.drawn_mask(prompts.scribbles))
    run = start_inference(model, source, make_context(**chosen), shown=shown)
    run.advance(*run.pending())
    probabilities = run.probabilities()
    labels = labels_from(probabilities, model.spec)
    finished = finish_labels(labels, model.spec.post if post is None else post, case.geometry.spacing_mm)
    said = [*run.messages, *filter(None, [incompleteness(model)])]
    run.messages.clear()
    return Prediction(probabilities, finished, run.valid(), model.spec.name, tuple(dict.fromkeys(said)))
