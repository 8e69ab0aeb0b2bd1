"""Let a network see less: smaller windows, and a context box that hides the rest of the image.

Numbers of a run with a box are taken inside it, so they are compared with the same place of the whole run.
"""

import napari_segrobust as sr

case = sr.load_sample('texture')
model = sr.load_model('texture-unet', device='cpu')
rows, columns = case.shape


def dice(result: sr.Result) -> float:
    """Dice of the one label."""
    return result.comparison.metrics[1]['dice'].value


print(f'whole image, the windows of the model: dice {dice(sr.run(case, model)):.3f}')
for size in (128, 64, 32, 16):
    context = sr.Context(window=(size, size), overlap=0.5, blending='gaussian')
    print(f'windows of {size} x {size}: dice {dice(sr.run(case, model, sr.Scenario(context=context))):.3f}')

box = ((rows // 4, 3 * rows // 4), (columns // 4, 3 * columns // 4))
boxed = sr.run(case, model, sr.Scenario(context=sr.Context(box=box)))
inside = tuple(slice(*side) for side in box)
whole = sr.run(case, model)
same_place = sr.compare(case.references[boxed.walk.reference][inside], whole.labels[inside]).metrics[1]['dice'].value
print(f'inside the box: dice {dice(boxed):.3f} with the box alone, {same_place:.3f} with the whole image')
