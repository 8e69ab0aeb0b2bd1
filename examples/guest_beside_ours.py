"""Put a transform of MONAI or TorchIO into a stack by its name, beside ours, and see what a seed decides.

Of ours a seed decides the draw and severity the amount. A guest draws its amount too, so that every seed is another
amount, and there is no severity to turn up: no curve of a guest is shown anywhere.
"""

import napari_segrobust as sr
from napari_segrobust.errors import SegrobustError
from napari_segrobust.judging import clean_of
from napari_segrobust.perturb import measure_change, new_perturbation, perturb_block

#: Ours with a severity; a guest with its own arguments, by their names in its library.
ENTRIES = {
    'bias_field': {},
    'monai:RandBiasField': {},
    'gaussian_noise': {},
    'monai:RandGaussianNoise': {'std': 0.1},
    'ghosting': {},
    'torchio:RandomGhosting': {},
}
SEEDS = (0, 1, 2, 3)

case = sr.load_sample('texture')
model = sr.load_model('texture-unet', device='cpu')
clean = clean_of(case)
whole = tuple(slice(0, length) for length in case.shape)

print(f'{"RMS change and dice for seeds":30}', *(f'{seed:12d}' for seed in SEEDS))
for name, parameters in ENTRIES.items():
    cells = []
    try:
        for seed in SEEDS:
            entry = new_perturbation(name, 2.0, seed).model_copy(update={'parameters': parameters})
            change = measure_change(clean.image, perturb_block(clean, [entry], block=whole), clean.intensity_range)
            result = sr.run(case, model, sr.Scenario(perturbations=[entry]))
            dice = result.comparison.metrics[1]['dice'].value
            cells.append(f'{change.rms_percent:5.1f} % {dice:.3f}')
    except SegrobustError as error:  # TorchIO is an extra: pip install "napari-segrobust[guests]"
        cells = [str(error)]
    print(f'{name:30}', *cells)
