"""Built-in samples, all offline: one file each, found by name. Adding a sample is adding a file with a ``SAMPLE``."""

from __future__ import annotations

from functools import cache
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from napari_segrobust.cases.samples._spec import Choice, Range, SampleSpec
from napari_segrobust.errors import CaseError
from napari_segrobust.registry import discover

if TYPE_CHECKING:
    from collections.abc import Mapping

    from napari_segrobust.cases.case import Case

__all__ = ['Choice', 'Range', 'SampleSpec', 'load_sample', 'samples']


@cache
def samples() -> Mapping[str, SampleSpec]:
    """Return every built-in sample by name."""
    return MappingProxyType({spec.name: spec for spec in discover(__name__, 'SAMPLE')})


def load_sample(name: str, **parameters: Any) -> Case:
    """Make a built-in sample.

    Parameters
    ----------
    name : str
        One of `samples`.
    **parameters
        Its parameters by name; those left out have their defaults.

    Returns
    -------
    Case
        With all parameters in ``provenance["sample"]``.

    Raises
    ------
    CaseError
        Unknown sample or parameter, a value out of range, or a missing extra package.

    Examples
    --------
    >>> case = load_sample('texture', alpha=0.3, seed=4)
    >>> case.image.shape
    (1, 256, 256)
    """
    spec = samples().get(name)
    if spec is None:
        raise CaseError('Sample unknown', f'there is no sample {name!r}', f'Choose one of {", ".join(samples())}.')
    accepted = spec.accept(parameters)
    case = spec.make(**accepted)
    return case.with_masks(provenance={**case.provenance, 'sample': {'name': name, **accepted}})
