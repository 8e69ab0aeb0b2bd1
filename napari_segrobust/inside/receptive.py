"""What a voxel of a network's answer can see, what it does see, and what the window cuts off."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_segrobust.errors import ModelError
from napari_segrobust.inside.effective import influence
from napari_segrobust.inside.graph import record
from napari_segrobust.inside.look import look_at
from napari_segrobust.judging import clean_of
from napari_segrobust.perturbed import PerturbedImage
from napari_segrobust.scenario import Scenario
from napari_segrobust.segment.module import TorchSegmenter
from napari_segrobust.walk import Walk

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from napari_segrobust.cases.case import Case
    from napari_segrobust.inside.effective import Method
    from napari_segrobust.inside.graph import Reach
    from napari_segrobust.inside.look import Box, Edges, Look
    from napari_segrobust.segment.protocols import ImageSource, WholeSegmenter, WindowSegmenter

#: A voxel counts to the effective field from this share of the strongest one: two standard deviations of a Gaussian
#: hold the rest (Luo, Li, Urtasun, Zemel, "Understanding the effective receptive field in deep convolutional neural
#: networks", NeurIPS 2016, section 4).
COUNTED = 1 - 0.9545


@dataclass(frozen=True, eq=False)
class ReceptiveField:
    """The receptive field of one voxel of one model's answer on one image.

    Attributes
    ----------
    model : str
    voxel : tuple of int
        Where it was asked for, in voxels of the case, array order.
    label : int
        Channel of the logits that was followed.
    label_name : str
    box : tuple of (float, float) or None
        The theoretical field: edges in voxels of the case; voxel i reaches from i - 0.5 to i + 0.5. It goes on beyond
        window and image, where the network meets padding. None where the layers cannot be followed.
    seen : tuple of (float, float)
        What the window shows of the image, inside the context box, in the same coordinates.
    cut_off : float or None
        Share of the theoretical field that lies outside `seen`.
    effective : ndarray, shape (*seen on the grid of the model), float32
        How much each voxel of the input moves the logit: absolute gradient, or change by occlusion, summed over
        channels and divided by its largest value.
    origin, scale : tuple of float
        Where its first voxel lies, and how large its voxels are, in voxels of the case.
    method : {'gradient', 'occlusion'}
    size : tuple of int
        Of the theoretical field on the grid of the model, axes of the image; 0 where it is not known.
    counted : int
        Voxels of the effective field: at least 4.55 % of the strongest one.
    notes : tuple of str
        What must be known beside the numbers, a sentence each.
    """

    model: str
    voxel: tuple[int, ...]
    label: int
    label_name: str
    box: Edges | None
    seen: Edges
    cut_off: float | None
    effective: NDArray[np.float32]
    origin: tuple[float, ...]
    scale: tuple[float, ...]
    method: Method
    size: tuple[int, ...]
    counted: int
    notes: tuple[str, ...] = ()

    @property
    def used(self) -> float | None:
        """Voxels of the effective field as a share of those of the theoretical one that are seen."""
        if self.box is None or self.cut_off is None:
            return None
        visible = math.prod(self.size) * (1 - self.cut_off)
        return self.counted / visible if visible else None

    def to_dict(self) -> dict[str, Any]:
        """Numbers for other programs: JSON without arrays."""
        return {
            'model': self.model,
            'voxel': list(self.voxel),
            'label': self.label_name,
            'theoretical': None if self.box is None else {'size': list(self.size), 'box': [list(e) for e in self.box]},
            'seen': [list(edge) for edge in self.seen],
            'cut_off_share': self.cut_off,
            'effective': {'method': self.method, 'voxels': self.counted, 'share_of_seen': self.used},
            'notes': list(self.notes),
        }


def receptive_field(
    case: Case,
    model: WindowSegmenter | WholeSegmenter,
    voxel: Sequence[int],
    scenario: Scenario | None = None,
    *,
    label: int | None = None,
    method: Method | None = None,
) -> ReceptiveField:
    """Say what of the image a voxel of the answer can see, and what it does see.

    Parameters
    ----------
    case : Case
    model : WindowSegmenter
        From `load_model`. Models that take the whole image are refused.
    voxel : sequence of int
        In voxels of the case, array order.
    scenario : Scenario, optional
        Its perturbations and its context count; the default is the clean image through the model's own windows.
    label : int, optional
        Channel of the logits; default is the one that wins at the voxel.
    method : {'gradient', 'occlusion'}, optional
        Default is the gradient where the model has one.

    Returns
    -------
    ReceptiveField

    Raises
    ------
    ModelError
        The model cannot be looked into, or has no gradient and one was asked for.
    ContextError
        The voxel lies outside the context box.

    Notes
    -----
    The theoretical field follows boxes back through every operation of the network (see `inside.graph`). The
    effective one is the gradient of the voxel's logit with respect to the input, in float32, of this one image; Luo et
    al. (2016) average it over random ones.

    Examples
    --------
    >>> from napari_segrobust.cases import load_sample
    >>> from napari_segrobust.segment import load_model
    >>> found = receptive_field(load_sample('texture'), load_model('texture-unet', device='cpu'), (64, 64))
    >>> found.size
    (31, 31)
    """
    walk = Walk(case, model, scenario or Scenario())
    image = PerturbedImage(case, walk.image_stack, clean_of(case))
    return field_of(walk, image, voxel, label=label, method=method)


def field_of(
    walk: Walk,
    image: ImageSource,
    voxel: Sequence[int],
    *,
    label: int | None = None,
    method: Method | None = None,
) -> ReceptiveField:
    """Do the same for a walk whose perturbed image is at hand.

    Raises
    ------
    ModelError, ContextError
        As in `receptive_field`.
    Interrupted
        At a checkpoint, where nobody waits any more.
    """
    look = look_at(walk.model, image, walk.scenario.context, voxel)
    reach, why = _reach(look)
    found = influence(look, label, method, None if reach is None else reach.box)
    box = None if reach is None else look.on_grid(reach.box)
    effective = look.put_back(found.strength[None])[0]
    top = float(effective.max())
    effective = effective / np.float32(top) if top > 0 else effective
    spec = look.model.spec
    first = tuple(lo for lo, _ in look.seen)
    return ReceptiveField(
        model=spec.name,
        voxel=tuple(int(v) for v in voxel),
        label=found.label,
        label_name=spec.classes[found.label],
        box=None if box is None else look.on_case(box),
        seen=look.on_case(look.seen),
        cut_off=None if box is None else _outside(box, look.seen),
        effective=effective,
        origin=tuple(o + s * p for o, s, p in zip(look.grid.origin, look.grid.scale, first, strict=True)),
        scale=look.grid.scale,
        method=found.method,
        size=(0,) * len(look.seen) if box is None else tuple(hi - lo for lo, hi in box),
        counted=int((effective >= COUNTED).sum()) if top > 0 else 0,
        notes=tuple(_notes(reach, why, look, found.words, top)),
    )


def _reach(look: Look) -> tuple[Reach | None, str]:
    """The theoretical field, or why there is none."""
    model = look.model
    if not isinstance(model, TorchSegmenter):
        return None, 'The theoretical field is not known: the layers of this model cannot be followed.'
    try:
        graph = record(model.module, model.spec.channels, look.shape)
        return graph.reach(tuple((v, v + 1) for v in look.place)), ''
    except ModelError as error:
        return None, f'The theoretical field is not known: {error.why}.'


def _outside(box: Box, seen: Box) -> float:
    inside = [max(min(hi, b) - max(lo, a), 0) for (lo, hi), (a, b) in zip(box, seen, strict=True)]
    return 1 - math.prod(inside) / math.prod(hi - lo for lo, hi in box)


def _notes(reach: Reach | None, why: str, look: Look, words: str, top: float) -> list[str]:
    notes = [note for note in (why, words) if note]
    if reach is not None and reach.everywhere:
        notes.append(f'It sees its whole window, through {" and ".join(reach.everywhere)}.')
    if reach is not None and reach.statistics:
        notes.append(f'{reach.statistics[0].capitalize()} takes mean and deviation of the whole window beside the box.')
    if look.model.spec.mirror_axes:
        notes.append('Of the mirrored passes the plain one alone is followed.')
    if not look.grid.is_case:
        notes.append('On the grid of the model, which is not that of the image.')
    if not top:
        notes.append('Nothing in the window moves this logit.')
    return notes
