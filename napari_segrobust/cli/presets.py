"""``presets``: levels that benchmarks published, by name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from napari_segrobust.cli._arguments import add_json, write
from napari_segrobust.cli._verb import Verb

if TYPE_CHECKING:
    from argparse import Namespace

    from napari_segrobust.perturb import Preset
    from napari_segrobust.perturb.presets import Level


def _run(arguments: Namespace) -> None:
    from napari_segrobust.perturb import presets

    if write(arguments.json, [_entry(preset) for preset in presets().values()]):
        return
    for preset in presets().values():
        print(f'{preset.name}: {preset.source}')
        print(f'  {preset.note}')
        for name, levels in preset.series.items():
            print(f'  {name}: {", ".join(level.title for level in levels)}')


def _entry(preset: Preset) -> dict[str, Any]:
    plain = ('name', 'title', 'source', 'note', 'size')
    series = {name: [_level(level) for level in levels] for name, levels in preset.series.items()}
    return {**{key: getattr(preset, key) for key in plain}, 'series': series}


def _level(level: Level) -> dict[str, Any]:
    stack = [entry.model_dump(mode='json') for entry in level.stack]
    return {'title': level.title, 'lengths': level.lengths, 'stack': stack}


VERB = Verb('presets', 'list the levels that benchmarks published', add_json, _run)
