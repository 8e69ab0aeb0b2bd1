"""Stack three perturbations, one of them in a region; see what each adds; save the stack, load it, get the same bits.

Change the stack, or run another: ``python stack_and_recipe.py my-recipe.json``.
"""

import sys
import tempfile
from pathlib import Path

import numpy as np

import napari_segrobust as sr
from napari_segrobust.perturb import describe, load_recipe, save_recipe, stage_of

case = sr.load_sample('texture')
model = sr.load_model('texture-unet', device='cpu')


def ran(stack) -> sr.Result:
    """Perturb the sample, and run the network on it."""
    return sr.run(case, model, sr.Scenario(perturbations=tuple(stack)))


def dice(result: sr.Result) -> float:
    """Dice of the one label."""
    return result.comparison.metrics[1]['dice'].value


if len(sys.argv) > 1:
    recipe, _ = load_recipe(sys.argv[1])
    stack = recipe.stack
else:
    # Speckle in the object alone, fading in over 6 pixels; the other two act everywhere. A stack acts from first to
    # last, and `stage_of` sorts it into the order in which images are made: here blur, haze, noise.
    inside = sr.Region(kind='foreground', feather_mm=6.0)
    speckle = sr.Perturbation(name='speckle', severity=1, seed=7, region=inside)
    haze = sr.Perturbation(name='haze', severity=2, seed=7)
    blur = sr.Perturbation(name='motion_blur', severity=1, seed=7)
    stack = tuple(sorted((speckle, haze, blur), key=stage_of))

print(f'dice {dice(ran(())):.3f}  clean')
for count in range(1, len(stack) + 1):
    words = describe(stack[count - 1], case.intensity_range, length_unit='pixels')
    print(f'dice {dice(ran(stack[:count])):.3f}  + {words}')

path = Path(tempfile.mkdtemp(prefix='segrobust-')) / 'stack.json'
save_recipe(path, stack)
again, _ = load_recipe(path)
same = np.array_equal(ran(stack).labels, ran(again.stack).labels)
print(f'{path.name}: {"the same prediction" if same else "another prediction"} after loading')
