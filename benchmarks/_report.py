"""What every benchmark prints and keeps: its figures, beside the facts of the machine they were taken on."""

from __future__ import annotations

import json
import os
import platform
import time
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psutil

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

#: A figure, its value, '<' or '>', and the bound.
Bar = tuple[str, float, str, float]
FOLDER = Path(__file__).parents[1] / '.benchmarks'


def machine() -> dict[str, Any]:
    """Facts without which a time means nothing. The load is that of the whole machine over the last minute."""
    return {
        'cpu': _cpu(),
        'cores': len(psutil.Process().cpu_affinity()) if hasattr(psutil.Process, 'cpu_affinity') else os.cpu_count(),
        'memory_gib': round(psutil.virtual_memory().total / 2**30),
        'load': round(psutil.getloadavg()[0], 1),
        'python': platform.python_version(),
        **{name: version(name) for name in ('numpy', 'torch', 'monai', 'napari')},
    }


def report(
    name: str, figures: Mapping[str, Any], bars: Sequence[tuple[str, float, str, float]], notes: str = ''
) -> None:
    """Print a benchmark's table and write it to ``.benchmarks/<name>.json``.

    Parameters
    ----------
    name : str
    figures : mapping of str to float, int, str or list
    bars : sequence of Bar
        What was promised, each with whether it was kept.
    notes : str
        A line on what was measured.
    """
    facts = machine()
    print(', '.join(f'{key} {value}' for key, value in facts.items()))
    if notes:
        print(notes)
    width = max(map(len, [*figures, *(bar[0] for bar in bars)]))
    for key, value in figures.items():
        print(f'  {key:<{width}}  {value:.4g}' if isinstance(value, float) else f'  {key:<{width}}  {value}')
    for key, value, sign, bound in bars:
        kept = value < bound if sign == '<' else value > bound
        print(f'  {key:<{width}}  {value:.4g} {sign} {bound:g}: {"kept" if kept else "MISSED"}')
    FOLDER.mkdir(exist_ok=True)
    content = {
        'when': time.strftime('%Y-%m-%dT%H:%M:%S'),
        'machine': facts,
        'figures': dict(figures),
        'bars': list(bars),
    }
    (FOLDER / f'{name}.json').write_text(json.dumps(content, indent=1, default=str), encoding='utf-8')


def _cpu() -> str:
    info = Path('/proc/cpuinfo')
    if info.exists():
        lines = info.read_text(encoding='utf-8').splitlines()
        return next((line.partition(':')[2].strip() for line in lines if line.startswith('model name')), 'unknown')
    return platform.processor() or platform.machine()
