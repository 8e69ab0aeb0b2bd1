"""What the compute thread answers. Each answer carries its request; arrays in it are never written again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np
    from numpy.typing import NDArray

    from napari_segrobust.compare import Comparison, ErrorItems
    from napari_segrobust.explore.resolve import Request
    from napari_segrobust.perturb.change import Change
    from napari_segrobust.segment.grid import ModelGrid


#: Why a plane is provisional.
ONE_LAYER = 'one layer of windows'
BEFORE_POST = 'steps after the network come with the last window'


@dataclass(frozen=True, eq=False)
class LaneView:
    """What one lane shows, on a plane or on the whole grid.

    Attributes
    ----------
    index : int
        The lane.
    labels, baseline_labels : ndarray
        Predicted labels, now and in the baseline.
    error : ndarray uint8 or None
        Error codes; None without a reference.
    change : ndarray uint8
        Change codes against the baseline, where a warp of the image carries it; 0 while it cannot be carried there.
    error_picture, change_picture : ndarray uint8
        The same as the canvas shows them, with a second cue beside colour (see `picture`).
    valid : ndarray of bool or None
        Where numbers were taken from; None is everywhere.
    accuracy, baseline_accuracy : Comparison or None
        Against the reference, now and in the baseline; each against its own, as warps and noise of annotations made it.
    stability : Comparison or None
        Prediction now against the baseline's, which a warp of the image carries along; None in a provisional picture,
        and while the baseline cannot be carried there.
    probability : ndarray float32 or None
        The channel that the state asked for.
    without : Comparison or None
        Against the reference under the same perturbations without remedies, where one acts.
    items : ErrorItems or None
        The list of errors; whole results alone have one. Where the lane is not its own baseline, each says what became
        of it since.
    network : ndarray (C, *spatial) float32 or None
        What the network is given, where that was asked for: on `network_grid`, of a plane its plane `network_plane`.
    network_range : (float, float)
        What the clean case's range of intensities becomes before it.
    network_grid : ModelGrid or None
        The grid of the network; None where that is the case's.
    network_plane : int
    reference, baseline_reference : ndarray or None
        What the predictions were compared with, now and in the baseline: carried along by warps of the image, redrawn
        by noise of annotations. None without a reference.
    provisional : bool
        On a plane: steps after the network are still to come, for they need the whole; nothing is measured.
    votes : ndarray uint8 or None
        How many members of an ensemble say the shown label, or any label, where that was asked for.
    """

    index: int
    labels: NDArray[Any]
    baseline_labels: NDArray[Any]
    error: NDArray[np.uint8] | None
    change: NDArray[np.uint8]
    error_picture: NDArray[np.uint8] | None
    change_picture: NDArray[np.uint8]
    valid: NDArray[np.bool_] | None
    accuracy: Comparison | None
    baseline_accuracy: Comparison | None
    stability: Comparison | None
    without: Comparison | None = None
    probability: NDArray[np.float32] | None = None
    items: ErrorItems | None = None
    network: NDArray[np.float32] | None = None
    network_range: tuple[float, float] = (0.0, 1.0)
    network_grid: ModelGrid | None = None
    network_plane: int = 0
    reference: NDArray[Any] | None = None
    baseline_reference: NDArray[Any] | None = None
    provisional: bool = False
    votes: NDArray[np.uint8] | None = None

    @property
    def nbytes(self) -> int:
        """Bytes of the arrays."""
        maps = (self.error, self.change, self.error_picture, self.change_picture)
        arrays = (
            self.labels,
            self.baseline_labels,
            *maps,
            self.valid,
            self.probability,
            self.reference,
            self.network,
            self.votes,
        )
        return sum(a.nbytes for a in (*arrays, self.items) if a is not None)


@dataclass(frozen=True, eq=False)
class PlaneUpdate:
    """The shown plane is ready (or a provisional picture of it).

    Attributes
    ----------
    image, baseline_image : ndarray (C, rows, columns) float32
        The perturbed plane, and the same plane of the baseline.
    lanes : tuple of LaneView
    provisional : bool
        True when made of one layer of windows only; drawn hatched, never measured. Lanes may be provisional besides.
    ms : float
        From the change of state to here.
    rms_percent : float
        How far the image is from the clean one, see `perturb.change`.
    """

    request: Request
    image: NDArray[np.float32]
    baseline_image: NDArray[np.float32]
    lanes: tuple[LaneView, ...]
    provisional: bool
    ms: float
    rms_percent: float = 0.0

    @property
    def why_provisional(self) -> str:
        """Why it is not final, or not all of it; empty where it is."""
        if self.provisional:
            return ONE_LAYER
        return BEFORE_POST if any(view.provisional for view in self.lanes) else ''


@dataclass(frozen=True, eq=False)
class VolumeUpdate:
    """Every voxel of every lane is final."""

    request: Request
    image: NDArray[np.float32]
    baseline_image: NDArray[np.float32]
    lanes: tuple[LaneView, ...]
    ms: float
    rms_percent: float = 0.0


@dataclass(frozen=True, eq=False)
class ExtrasUpdate:
    """What was asked for of the shown plane beside the metrics, see `state.Extra`.

    Attributes
    ----------
    change : Change or None
        Of the shown plane against the clean one.
    texture, clean_texture : float or None
        Texture difference of the label against the rest, now and clean; higher is easier. None without a reference.
    rows : tuple of (ndarray, ndarray)
        The shown plane before and after each entry of the stack, (C, rows, columns), reduced in size.
    """

    request: Request
    change: Change | None = None
    texture: float | None = None
    clean_texture: float | None = None
    rows: tuple[tuple[NDArray[np.float32], NDArray[np.float32]], ...] = ()


@dataclass(frozen=True, eq=False)
class Progress:
    """Windows done and planned, over all lanes."""

    request: Request
    done: int
    total: int
    device: str


@dataclass(frozen=True, eq=False)
class Failure:
    """The request could not be answered; the last good result stays.

    Attributes
    ----------
    message : str
        "what: why. remedy"
    """

    request: Request
    message: str


@dataclass(frozen=True, eq=False)
class Notice:
    """Something that a person should know and that stopped nothing ("out of GPU memory: went on with the CPU").

    `anew` where what was asked must be asked again: an ensemble lost a member, and is another model now.
    """

    request: Request
    message: str
    anew: bool = False


Update = PlaneUpdate | VolumeUpdate | ExtrasUpdate | Progress | Failure | Notice
#: What crosses from the compute thread: an update, or a call that the GUI thread makes.
Answer: TypeAlias = 'Update | Callable[[], None]'
