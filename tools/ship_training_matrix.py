"""Make demo models of the first seed of a training matrix: ``python tools/ship_training_matrix.py FOLDER``.

FOLDER is what ``napari-segrobust reproduce training-matrix --out FOLDER`` wrote. Weights are stored as float16. Score
them with score_demo_models.py afterwards.
"""

from __future__ import annotations

import sys
from pathlib import Path

from safetensors.torch import load_file, save

from napari_segrobust.cases.case import Expectations
from napari_segrobust.papers.matrix_experiment import MatrixPlan, spec_of, training_of
from napari_segrobust.papers.variants import VARIANTS
from napari_segrobust.segment.spec_file import write_spec
from napari_segrobust.segment.zoo import FOLDER

SEED = 1


def main(folder: Path) -> None:
    """Write weights and spec of every training."""
    plan = MatrixPlan()
    for key, variant in VARIANTS.items():
        training = training_of(plan, key, SEED)
        held = load_file(folder / 'networks' / f'{training.name}.safetensors')
        path = FOLDER / f'texture-trained-{key}.safetensors'
        path.write_bytes(save({k: v.half() if v.is_floating_point() else v for k, v in held.items()}))
        card = {
            'title': f'Texture blobs, 2D U-Net, training: {variant.title}',
            'use': 'teaching only',
            'sample': 'texture',
            'data': f"Brick blobs on grass, from scikit-image's photographs, alpha 0.1. Trained: {variant.words}.",
            'protocol': (
                f'`napari-segrobust reproduce training-matrix`, seed {SEED}: {plan.steps} batches of {plan.batch}; one '
                'network and seven trainings, so that what differs is the training.'
            ),
            'limits': 'One seed of three: the matrix in docs/papers.md has all. Held-out images are other crops.',
        }
        spec = spec_of(training, card['title'])
        told = write_spec(
            path, spec.model_copy(update={'card': card, 'expectations': Expectations(modality='photograph')})
        )
        # A demo model is called as its file is.
        lines = told.read_text(encoding='utf-8').splitlines(keepends=True)
        told.write_text(''.join(line for line in lines if not line.startswith('name = "matrix-')), encoding='utf-8')
        print(f'{path.name}: {path.stat().st_size / 1e6:.2f} MB')


if __name__ == '__main__':
    main(Path(sys.argv[1]))
