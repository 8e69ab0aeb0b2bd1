"""Score the demo models and write the table that their cards are filled from.

``python tools/score_demo_models.py`` scores all of them; names score some and keep the other rows. Exit 1 when a
model misses what it was trained for.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

import torch
from demo_training.exams import EXAMS, NOISE, grade

from napari_segrobust.segment import load_model
from napari_segrobust.segment.zoo import FOLDER, zoo_names, zoo_spec

#: Least Dice (mean over classes) on clean cases of each exam that is passed or failed.
PASS = {
    'brain': {'held_out': 0.90, 'template': 0.90, 'deformed': 0.80},
    'lesion': {'held_out': 0.85},
    'texture': {'held_out': 0.85},
}
#: Least loss of Dice under noise, and least spread of the noisy Dice over a family.
LOSS, SPREAD = 0.10, 0.05


def misses(table: dict[str, dict[str, Any]]) -> list[str]:
    """Say what falls short of `PASS`, `LOSS` and `SPREAD`."""
    found, noisy = [], {}
    for name, row in table.items():
        family = zoo_spec(name).card['sample']
        for exam, least in PASS[family].items():
            if row[exam]['clean']['mean'] < least:
                found.append(f'{name}: {exam} {row[exam]["clean"]["mean"]:.3f} is below {least}')
        exam = row['held_out']
        if exam['clean']['mean'] - exam['noisy']['mean'] < LOSS:
            found.append(f'{name}: loses less than {LOSS} under noise')
        noisy.setdefault(family, []).append(exam['noisy']['mean'])
    found += [
        f'{f}: spread under noise below {SPREAD}' for f, v in noisy.items() if len(v) > 1 and max(v) - min(v) < SPREAD
    ]
    return found


def main() -> int:
    """Read the command line, score, write, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('names', nargs='*', metavar='NAME', help='default: all of them')
    parser.add_argument('--device', default='auto')
    parser.add_argument('--out', type=Path, default=FOLDER / 'scores.json')
    options = parser.parse_args()
    torch.set_num_threads(1)
    table = json.loads(options.out.read_text())['models'] if options.out.exists() else {}
    table = {name: row for name, row in table.items() if name in zoo_names()}
    models = {name: load_model(name, device=options.device) for name in options.names or zoo_names()}
    for family, exams in EXAMS.items():
        members = {name: model for name, model in models.items() if model.spec.card['sample'] == family}
        table.update({name: {'key': model.key} for name, model in members.items()})
        for exam, questions in exams.items() if members else ():
            for name, row in grade(members, questions).items():
                table[name][exam] = row
                clean, noisy = row['clean']['mean'], row['noisy']['mean']
                print(f'{name:18s} {row["words"]:55s} clean {clean:.3f}  noisy {noisy:.3f}', flush=True)
    content = {
        'schema': 1,
        'made_by': 'tools/score_demo_models.py',
        'metric': 'dice',
        'noise': dict(zip(('name', 'severity', 'seed'), NOISE, strict=True)),
        'models': dict(sorted(table.items())),
    }
    options.out.write_text(json.dumps(content, indent=1) + '\n')
    short = misses(table)
    print('\n'.join(short))
    return 1 if short else 0


if __name__ == '__main__':
    sys.exit(main())
