"""Write docs/benchmarks-perturb.md from what benchmarks/bench_perturb.py left in .benchmarks.

Usage: python tools/perturbation_speed.py
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
PARTS = {
    'image': 'An image of 512 x 512',
    'slice': 'A slice of 512 x 512 of a volume of 32 slices',
    'volume': 'A volume of 128 x 256 x 256',
}
HEAD = """# Speed of the perturbations

Made by `python benchmarks/bench_perturb.py` and `python tools/perturbation_speed.py`, on two cores of a shared server
without a GPU that was busy with other work. One thread each, float32, processor times in ms, the least of several.

Ours is a tick of the severity slider: the draw and the facts of the clean case are kept, the severity moves. Of
[MONAI](https://monai.io) and [TorchIO](https://torchio.org) the transform is made and called on the image, with amounts
that are near ours. Of a slice, they get what they need to give it: the slice alone, or the volume for what goes across
slices. Numbers in brackets say how many times longer they take than ours. Only what a peer has too is in the tables
with peers.
"""


def kept(part: str) -> dict[str, Any]:
    """Return what a part of the benchmark found; empty where it has not been run."""
    path = ROOT / '.benchmarks' / f'perturb_{part}.json'
    return dict(json.loads(path.read_text(encoding='utf-8'))) if path.exists() else {}


def rows(figures: dict[str, float]) -> dict[str, dict[str, float]]:
    """Times by perturbation and library."""
    found: dict[str, dict[str, float]] = {}
    for key, value in figures.items():
        name, library, _ = key.split(', ')
        found.setdefault(name, {})[library] = value
    return found


def compared(found: dict[str, dict[str, float]]) -> list[str]:
    """Table of all that a peer has too."""
    lines = ['| perturbation | ours | MONAI | TorchIO |', '|---|---:|---:|---:|']
    for name, row in found.items():
        cells = [
            f'{row[peer]:.1f} ({row[peer] / row["ours"]:.1f})' if peer in row else '' for peer in ('MONAI', 'TorchIO')
        ]
        if any(cells):
            lines.append(f'| {name} | {row["ours"]:.2f} | {cells[0]} | {cells[1]} |')
    return lines


def main() -> None:
    """Write the page."""
    lines = [HEAD]
    for part, title in PARTS.items():
        if found := kept(part):
            lines += [f'## {title}', '', *compared(rows(found['figures'])), '']
    lines += ['## What was promised and missed', '']
    missed = [
        f'| {key} | {part} | {value:.2g} | {sign} {bound:g} |'
        for part in (*PARTS, 'memory')
        for key, value, sign, bound in kept(part).get('bars', [])
        if not (value < bound if sign == '<' else value > bound)
    ]
    table = ['| what | of | measured | promised |', '|---|---|---:|---:|', *missed]
    lines += [*(table if missed else ['Nothing.']), '']
    ticks, copies = rows(kept('slice').get('figures', {})), kept('memory').get('figures', {})
    lines += [
        '## Every perturbation',
        '',
        'A tick of the shown slice, in ms, and the extra memory of a whole volume in copies of it; one is the result.',
        '',
        '| perturbation | slice, ms | memory, copies |',
        '|---|---:|---:|',
        *(f'| {name} | {row["ours"]:.1f} | {copies.get(name, float("nan")):.2f} |' for name, row in ticks.items()),
    ]
    (ROOT / 'docs' / 'benchmarks-perturb.md').write_text('\n'.join(lines) + '\n', encoding='utf-8')


if __name__ == '__main__':
    main()
