"""``metrics``: the registry, with definitions, needs, and what an empty mask gives."""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING, Any

from napari_segrobust.cli._arguments import add_json, write
from napari_segrobust.cli._verb import Verb

if TYPE_CHECKING:
    from argparse import Namespace

    from napari_segrobust.compare import MetricSpec


def _run(arguments: Namespace) -> None:
    from napari_segrobust.compare import metric_specs

    specs = metric_specs().values()
    if write(arguments.json, [_entry(spec) for spec in specs]):
        return
    for spec in specs:
        print(f'{spec.key:40} {spec.family:16} {spec.title}: {spec.formula}')


def _entry(spec: MetricSpec) -> dict[str, Any]:
    """Everything but the function."""
    return {field.name: getattr(spec, field.name) for field in fields(spec) if field.name != 'compute'}


VERB = Verb('metrics', 'list the metrics', add_json, _run)
