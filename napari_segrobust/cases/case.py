"""A case: an image with its references and the predictions that came with it, on one grid."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field, replace
from functools import cached_property
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from napari_segrobust.errors import CaseError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from napari_segrobust.geometry import GridGeometry

#: Images of unknown modality whose least value lies between these are in Hounsfield units.
_AIR, _LOWEST_HU = -900, -4096


@dataclass(frozen=True, slots=True)
class Label:
    """Name and colour of a label value; the colour is (R, G, B) from 0 to 255, or None for the default."""

    name: str
    color: tuple[int, int, int] | None = None


@dataclass(frozen=True)
class Expectations:
    """What a model was made for: filled by `segment`, checked by `cases.preflight`.

    Attributes
    ----------
    intensity_range : (float, float) or None
        Where p1 and p99 of a fitting image lie, in the image's own unit.
    modality : str or None
        "MR", "CT", ...
    channels : int or None
        Number of image channels.
    orientation : str or None
        Letters of the stored axes, such as "SPL"; None when any will do.
    """

    intensity_range: tuple[float, float] | None = None
    modality: str | None = None
    channels: int | None = None
    orientation: str | None = None


@dataclass(frozen=True, eq=False)
class Case:
    """What is looked at. Arrays are never changed; everything lies on `geometry`.

    Attributes
    ----------
    name : str
        For people; never a patient's name.
    image : ndarray, shape (C, [Z,] Y, X), float32
    geometry : GridGeometry
        Grid of image and masks, canonical order.
    references : mapping of str to ndarray
        Rater name to label mask, shape ([Z,] Y, X), uint8 (uint16 above 255 labels). The first is the default.
    predictions : mapping of str to ndarray
        Masks that were given rather than computed.
    soft_references : mapping of str to ndarray
        Rater name to probabilities (K, [Z,] Y, X) float32, background first, where a reference is uncertain.
    labels : mapping of int to Label
        Names and colours of label values.
    raters : tuple of str
        Names in `references` that were given the role of one rater among several.
    modality : str or None
    provenance : mapping
        Where it came from: file names and content hashes, header facts, no patient data.
    drawn_masks : mapping of str to ndarray
        Masks (*spatial) on which regions of perturbations were drawn, by content hash.
    targets : mapping of str to ndarray
        Other images (*any spatial) that perturbations lead towards, by content hash.
    notes : tuple of str
        What was done on reading that a person must know ("mask re-ordered from LAS to SPL").
    """

    name: str
    image: NDArray[np.float32]
    geometry: GridGeometry
    references: Mapping[str, NDArray[Any]] = field(default_factory=dict)
    predictions: Mapping[str, NDArray[Any]] = field(default_factory=dict)
    soft_references: Mapping[str, NDArray[np.float32]] = field(default_factory=dict)
    labels: Mapping[int, Label] = field(default_factory=dict)
    raters: tuple[str, ...] = ()
    modality: str | None = None
    provenance: Mapping[str, Any] = field(default_factory=dict)
    drawn_masks: Mapping[str, NDArray[Any]] = field(default_factory=dict)
    targets: Mapping[str, NDArray[Any]] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for name in (
            'references',
            'predictions',
            'soft_references',
            'labels',
            'provenance',
            'drawn_masks',
            'targets',
        ):
            object.__setattr__(self, name, MappingProxyType(dict(getattr(self, name))))

    @property
    def shape(self) -> tuple[int, ...]:
        """Spatial shape, ([Z,] Y, X)."""
        return self.geometry.shape

    @property
    def ndim(self) -> int:
        """Number of spatial axes."""
        return self.geometry.ndim

    @cached_property
    def key(self) -> str:
        """Content hash of image and grid: the same voxels in the same place have the same key."""
        digest = hashlib.sha256(np.ascontiguousarray(self.image).data)
        # Adding 0 makes -0 and 0 one number.
        digest.update(repr((self.image.shape, (self.geometry.affine.round(6) + 0.0).tolist())).encode())
        return digest.hexdigest()[:16]

    def mask_key(self, name: str, *, given: bool = False) -> str:
        """Content hash of a reference, or of a given prediction: a mask that changes changes its key.

        Parameters
        ----------
        name : str
        given : bool
            Whether `name` is one of the predictions.
        """
        known = self._mask_keys
        if (name, given) not in known:
            mask = (self.predictions if given else self.references)[name]
            digest = hashlib.sha256(np.ascontiguousarray(mask).data)
            digest.update(f'{mask.dtype} {mask.shape}'.encode())
            known[name, given] = digest.hexdigest()[:16]
        return known[name, given]

    @cached_property
    def _mask_keys(self) -> dict[tuple[str, bool], str]:
        return {}

    @cached_property
    def intensity_range(self) -> tuple[float, float]:
        """(lo, hi) of the intensity scale u = (x - lo) / (hi - lo): p1 and p99 of the clean case.

        Images of 8 bit have their minimum and maximum (``provenance["dtype"] == "uint8"``).
        """
        if self.provenance.get('dtype') == 'uint8':
            lo, hi = float(self.image.min()), float(self.image.max())
        else:
            lo, hi = (float(v) for v in np.percentile(self.image, (1, 99)))
        return (lo, hi) if hi > lo else (lo, lo + 1.0)

    @cached_property
    def in_hounsfield(self) -> bool:
        """Whether values are in Hounsfield units: a CT says so; of an unknown modality air tells, near -1000."""
        if self.modality is not None:
            return self.modality == 'CT'
        return _AIR > float(np.nanmin(self.image)) >= _LOWEST_HU

    @property
    def likely_modality(self) -> str | None:
        """What is said of it, or CT where its values tell."""
        return 'CT' if self.in_hounsfield else self.modality

    def label_name(self, value: int) -> str:
        """Name of a label value, "label 5" where none is known."""
        label = self.labels.get(value)
        return label.name if label else f'label {value}'

    def drawn_mask(self, key: str | None) -> NDArray[Any] | None:
        """Return the mask (*spatial) that was drawn on the case and has this content hash; None stays None.

        Raises
        ------
        CaseError
            It is not with the case.
        """
        if key is not None and key not in self.drawn_masks:
            why = f'{self.name} has none of content {key[:8]}'
            raise CaseError('What was drawn is gone', why, 'Draw it again, or load the recipe that it was saved with.')
        return None if key is None else self.drawn_masks[key]

    def with_masks(self, **changes: Any) -> Self:
        """Return the same case with other references, predictions, raters, labels or notes."""
        return replace(self, **changes)

    def amended(self, drawn_masks: Mapping[str, NDArray[Any]], targets: Mapping[str, NDArray[Any]]) -> Self:
        """Return the same case with other drawn masks and targets; what is known of image and masks stays known."""
        other = replace(self, drawn_masks=drawn_masks, targets=targets)
        known = ('key', 'intensity_range', '_mask_keys')
        other.__dict__.update({name: self.__dict__[name] for name in known if name in self.__dict__})
        return other
