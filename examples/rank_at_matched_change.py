"""Rank perturbations by what they do to a network, once all of them change the image equally.

Severity 3 of one perturbation is not severity 3 of another: a ranking by severity ranks the scales. Here each is
brought to the same RMS change first, then run with several draws.

Another change, in percent of the intensity range: ``python rank_at_matched_change.py 12``.
"""

import sys

import napari_segrobust as sr
from napari_segrobust.judging import clean_of
from napari_segrobust.perturb import rank_at_change
from napari_segrobust.spread import spread

CHANGE = float(sys.argv[1]) if len(sys.argv) > 1 else 8.0
NAMES = ('gaussian_noise', 'speckle', 'gaussian_blur', 'motion_blur', 'haze', 'contrast', 'bias_field', 'jpeg', 'stain')
SEEDS = range(3)

case = sr.load_sample('texture')
model = sr.load_model('texture-unet', device='cpu')

rows = []
for found in rank_at_change(clean_of(case), NAMES, CHANGE):
    if found.severity is None:
        print(f'{found.name}: left out, {found.why}')
        continue
    scenario = sr.Scenario(perturbations=[sr.Perturbation(name=found.name, severity=found.severity)])
    # One draw is an anecdote. Where nothing is random there is one draw, and no standard deviation.
    drawn = spread(case, model, scenario, seeds=SEEDS, metrics=['dice']).labels[1]['dice']
    rows.append((drawn.mean, drawn.sd, found))

print(f'dice of texture-unet where every perturbation changes the image by {CHANGE:g} % (RMS), worst first')
for mean, sd, found in sorted(rows, key=lambda row: row[0]):
    told = 'one draw   ' if sd is None else f'sd {sd:.3f}   '
    print(f'{mean:.3f}  {told} SSIM {found.change.ssim:.2f}  {found.name} at severity {found.severity:.2f}')
