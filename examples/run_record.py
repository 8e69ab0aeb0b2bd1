"""Run headless, write everything down, and repeat it from the record to the same bytes.

The same as the command line: ``napari-segrobust run ... --out first`` and ``run --from first/run.json --out second``.
"""

import sys
import tempfile
from pathlib import Path

from napari_segrobust.cli import main

folder = Path(sys.argv[1] if len(sys.argv) > 1 else tempfile.mkdtemp(prefix='segrobust-'))
first, second = folder / 'first', folder / 'second'

asked = ['--sample', 'texture', '--model', 'texture-unet', '--perturb', 'gaussian_noise:2:7', '--perturb', 'gamma:1']
assert main(['run', *asked, '--device', 'cpu', '--out', str(first)]) == 0
assert main(['run', '--from', str(first / 'run.json'), '--out', str(second)]) == 0

for path in sorted(first.iterdir()):
    same = path.read_bytes() == (second / path.name).read_bytes()
    print(f'{path.name:20} {"the same bytes" if same else "differs, as times do"}')
