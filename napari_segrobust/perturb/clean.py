"""The clean case that perturbations act on, with everything that they share at every severity."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_segrobust.errors import PerturbationError
from napari_segrobust.perturb.catalogue import amounts, get_spec
from napari_segrobust.perturb.fields import FieldStore
from napari_segrobust.perturb.regions import RegionWeights

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    import torch
    from numpy.typing import NDArray

    from napari_segrobust.perturb.record import Perturbation, Region
    from napari_segrobust.perturb.spec import Block, PerturbationSpec, Shape, Spacing

#: Bounds on what families measured on the clean case, and on what reaches them, in bytes.
_FACTS_BYTES = 256 * 2**20
_SURVEY_BYTES = 512 * 2**20


class Clean:
    """A clean case: its image, its masks, and the draws, weights and facts that depend on nothing else.

    Parameters
    ----------
    image : ndarray, shape (C, *spatial), float32
        Never changed.
    intensity_range : (float, float)
        The robust (lo, hi), see `intensity_range`.
    spacing : tuple of float or None
        In mm in array order; None makes every length one of voxels.
    references : mapping of str to ndarray, optional
        Label masks (*spatial); the first is the default.
    masks : mapping of str to ndarray, optional
        Masks that regions were drawn on, by content hash.
    targets : mapping of str to ndarray, optional
        Other images (*any spatial) by content hash.
    modality : str, optional
        Such as "MR"; None where it is not known.
    fields : FieldStore, optional
        Where drawn fields are kept; one of its own by default.
    region_weights : callable, optional
        ``region_weights(region, block)``: weights from 0 to 1, (*block) float32, None for 1 everywhere.

    Notes
    -----
    One for each case and run, owned by whoever runs the pipeline. Any thread may call it.
    """

    def __init__(
        self,
        image: NDArray[np.float32],
        intensity_range: tuple[float, float],
        spacing: Spacing | None = None,
        *,
        references: Mapping[str, NDArray[Any]] | None = None,
        masks: Mapping[str, NDArray[Any]] | None = None,
        targets: Mapping[str, NDArray[Any]] | None = None,
        modality: str | None = None,
        fields: FieldStore | None = None,
        region_weights: Callable[[Region, Block], NDArray[np.float32] | None] | None = None,
    ) -> None:
        self.image = image
        self.intensity_range = intensity_range
        self.known_spacing = spacing
        self.references = references or {}
        self.masks = masks or {}
        self.targets = targets or {}
        self.modality = modality
        self.fields = FieldStore() if fields is None else fields
        self.region_weights = region_weights or RegionWeights(self.references, self.shape, spacing, self.masks)
        self._facts = FieldStore(_FACTS_BYTES)
        self._surveys = FieldStore(_SURVEY_BYTES)

    @property
    def shape(self) -> Shape:
        """Spatial shape."""
        return self.image.shape[1:]

    @property
    def spacing(self) -> Spacing:
        """In mm in array order, 1 where unknown."""
        return self.known_spacing or (1.0,) * len(self.shape)

    @cached_property
    def minmax(self) -> tuple[float, float]:
        """Least and largest finite value; (value, value + 1) of a constant image."""
        finite = np.isfinite(self.image)
        values = self.image if finite.all() else self.image[finite]
        lo, hi = (float(values.min()), float(values.max())) if values.size else (0.0, 1.0)
        return (lo, hi) if hi > lo else (lo, lo + 1.0)

    @cached_property
    def finite(self) -> bool:
        """Whether every value is finite, and far enough from the largest number to stay so on any scale."""
        if not self.image.size:
            return True
        return max(abs(float(self.image.min())), abs(float(self.image.max()))) < 1e30  # both are NaN if a value is

    def scale(self, record: Perturbation) -> tuple[float, float]:
        """(lo, hi) of the scale that a record asks for."""
        if record.scale == 'minmax':
            return self.minmax
        return (0.0, 255.0) if record.scale == 'byte' else self.intensity_range

    def labels(self, record: Perturbation) -> NDArray[Any]:
        """Label mask (*spatial) of the reference that a record's region names, of the first one otherwise."""
        if not self.references:
            raise unmet(get_spec(record.name), 'it uses the reference mask, and the case has none', 'Add a reference.')
        name = record.region.reference or next(iter(self.references))
        if name not in self.references:
            known = ', '.join(self.references)
            raise unmet(get_spec(record.name), f'the case has no reference {name!r}', f'Choose one of: {known}.')
        return self.references[name]

    def target(self, record: Perturbation) -> NDArray[Any]:
        """Return the other image that a record names."""
        if record.target is None or record.target not in self.targets:
            why = (
                'it leads towards another image, and none is chosen' if record.target is None else 'that image is gone'
            )
            raise unmet(get_spec(record.name), why, 'Choose another image layer of the same kind of organ.')
        return self.targets[record.target]

    def check(self, record: Perturbation) -> None:
        """Refuse a record that this case cannot serve.

        Raises
        ------
        PerturbationError
            An unmet need, a channel that is not there, an unknown name or parameter.
        """
        spec = get_spec(record.name)
        amounts(record)
        channels = len(self.image)
        if 'rgb' in spec.needs and channels != 3:
            raise unmet(spec, f'it acts on red, green and blue, and the image has {channels} channel(s)', 'Use colour.')
        if 'channels' in spec.needs and channels < 2:
            raise unmet(spec, 'it acts between channels, and the image has one', 'Load the channels together.')
        if 'reference' in spec.needs:
            self.labels(record)
        if 'target' in spec.needs:
            self.target(record)
        if spec.expects == 'HU' and self.modality not in (None, 'CT'):
            raise unmet(spec, f'it acts on Hounsfield units, and the image is {self.modality}', 'Open a CT.')
        missing = [c for c in record.channels or () if c >= channels]
        if missing:
            raise unmet(spec, f'there is no channel {missing[0]}', f'Choose from 0 to {channels - 1}.')

    def drawn(self, record: Perturbation, device: str = 'cpu') -> Mapping[str, torch.Tensor]:
        """Field of a record, as in `make_field`, as tensors."""
        return self.fields.get(record.name, record.seed, len(self.image), self.shape, self.spacing, device)

    def measured(self, record: Perturbation, device: str = 'cpu') -> Mapping[str, torch.Tensor]:
        """What the family of a record measured on this case, as tensors."""
        measure = get_spec(record.name).measure
        if measure is None:
            return {}
        return self._facts.get_or_make(_facts_key(record), lambda: measure(self, record, amounts(record)), device)

    def surveyed(
        self,
        record: Perturbation,
        before: Sequence[Perturbation],
        make: Callable[[], Mapping[str, NDArray[Any]]],
        device: str = 'cpu',
    ) -> Mapping[str, torch.Tensor]:
        """What `make` finds on the image that reaches a record after all that acts before it, as tensors."""
        earlier = tuple(entry.model_dump_json() for entry in before)
        return self._surveys.get_or_make((*_facts_key(record), record.seed, earlier), make, device)


def _facts_key(record: Perturbation) -> tuple[object, ...]:
    """All of a record that facts may depend on: nothing that severity drives."""
    values = amounts(record)
    fixed = tuple((p.name, values[p.name]) for p in get_spec(record.name).parameters if p.fixed)
    return (record.name, record.scale, record.region.reference, record.target, fixed)


def unmet(spec: PerturbationSpec, why: str, remedy: str) -> PerturbationError:
    """Say why a perturbation cannot act on a case."""
    return PerturbationError(f'{spec.title[0].upper()}{spec.title[1:]} unusable', why, remedy)
