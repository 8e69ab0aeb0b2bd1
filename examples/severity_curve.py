"""Turn up the noise, run the network again at each step, and print how its Dice falls.

Change the perturbation, the sample or the models: ``python severity_curve.py gaussian_blur``.
"""

import sys

import napari_segrobust as sr

PERTURBATION = sys.argv[1] if len(sys.argv) > 1 else 'gaussian_noise'
MODELS = ('texture-unet', 'texture-noskip')

case = sr.load_sample('texture')
models = [sr.load_model(name, device='cpu') for name in MODELS]

print('severity', *MODELS)
for severity in (0, 1, 2, 3, 4, 5):
    # The seed decides the draw, severity its amount: the noise grows, it is never another one.
    stack = (sr.Perturbation(name=PERTURBATION, severity=severity, seed=7),)
    row = []
    for model in models:
        result = sr.run(case, model, sr.Scenario(perturbations=stack))
        row.append(result.comparison.metrics[1]['dice'].value)
    bars = ' '.join(f'{dice:5.3f} {"#" * round(20 * dice):20}' for dice in row)
    print(f'{severity:8} {bars}')
