"""The metric registry: one file per family, each with a tuple `METRICS`. A new file is all that a new family takes."""

from __future__ import annotations

from functools import cache
from types import MappingProxyType
from typing import TYPE_CHECKING

from napari_segrobust.registry import discover

if TYPE_CHECKING:
    from collections.abc import Mapping

    from napari_segrobust.compare.spec import MetricSpec


@cache
def metric_specs() -> Mapping[str, MetricSpec]:
    """Every metric by its key."""
    found: list[MetricSpec] = discover(__name__, 'METRICS')
    return MappingProxyType({spec.key: spec for spec in found})
