"""Train the demo models from nothing: ``python tools/train_demo_models.py brain-unet lesion-unet3d``.

Everything is generated, seeded and written here; on one CPU core a model takes 2 to 10 minutes. The same seed
gives the same weights on the same machine with the same torch. Score what comes out with score_demo_models.py.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import torch
from demo_training.fit import fit
from demo_training.recipes import RECIPES
from safetensors.torch import save

from napari_segrobust.segment.networks import build_network
from napari_segrobust.segment.zoo import FOLDER, zoo_spec


def train(name: str, steps: int | None, device: str, folder: Path) -> Path:
    """Train one model and write its weights as float16; return where they are."""
    recipe = RECIPES[name]
    torch.manual_seed(recipe.seed)
    network = build_network(zoo_spec(name).architecture or {})
    print(f'{name}: {sum(p.numel() for p in network.parameters()):,} parameters', flush=True)
    fit(network, recipe, steps or recipe.steps, device, log=lambda line: print(line, flush=True))
    weights = {k: v.half() if v.is_floating_point() else v for k, v in network.state_dict().items()}
    path = folder / f'{name}.safetensors'
    path.write_bytes(save(weights))
    return path


def main() -> None:
    """Read the command line and train."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('names', nargs='*', choices=[[], *RECIPES], metavar='NAME', help='default: all of them')
    parser.add_argument('--steps', type=int, help='instead of the number in the recipe')
    parser.add_argument('--device', default='auto', help='auto, cpu, cuda or mps')
    parser.add_argument('--threads', type=int, default=1, help='CPU threads of torch')
    parser.add_argument('--out', type=Path, default=FOLDER, help='folder for the weights')
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    device = ('cuda' if torch.cuda.is_available() else 'cpu') if options.device == 'auto' else options.device
    for name in options.names or RECIPES:
        path = train(name, options.steps, device, options.out)
        print(f'{path} ({path.stat().st_size / 1e6:.2f} MB)', flush=True)


if __name__ == '__main__':
    main()
