"""Bring a model that answers clicks, and see how far it hangs on the hand that clicks.

A stand-in for SAM and its kin, so that the example runs without a download: it floods the image from each point at
three tolerances, and trusts the mask most that hardly changes with the tolerance. What a real one needs is the same:
`spec`, `key`, `device`, `candidates` and `segment`. In the panel it is a lane like any other once its package names a
function that makes it under the entry-point group `napari_segrobust.models`.
"""

import numpy as np
from scipy import ndimage

import napari_segrobust as sr
from napari_segrobust.perturb import new_perturbation
from napari_segrobust.segment import ModelSpec
from napari_segrobust.segment.protocols import Candidate

SEVERITIES = (0, 1, 2, 3, 4, 5)
SEEDS = range(6)


class Flood:
    """Floods from points, inside of boxes; places are in voxels of the image that it is given."""

    spec = ModelSpec(name='flood', dimensions=3, classes=('background', 'object'), prompts=('points', 'boxes'))
    key, device = 'flood 1', 'cpu'

    def candidates(self, image, spacing, shown):
        """Three masks, most trusted first."""
        smooth = ndimage.gaussian_filter(image[0], [1 / mm for mm in spacing])
        scale = float(np.ptp(smooth))
        found = []
        for share in (0.05, 0.1, 0.2):
            tight, mask, loose = (
                self.filled(smooth, shown.prompts, factor * share * scale) for factor in (0.9, 1, 1.1)
            )
            score = float(tight.sum() / max(loose.sum(), 1))  # the stability score of SAM
            found.append(Candidate(np.stack([~mask, mask]).astype(np.float32), score))
        return sorted(found, key=lambda candidate: -candidate.score)

    def segment(self, image, spacing, shown):
        """The most trusted one."""
        return self.candidates(image, spacing, shown)[0].probabilities

    def filled(self, image, prompts, tolerance):
        """Everything that a click reaches, less what the clicks on the background reach."""
        from skimage.segmentation import flood

        sets = {True: np.zeros(image.shape, bool), False: np.zeros(image.shape, bool)}
        points = [(point.at, point.label > 0) for point in prompts.points]
        points += [(np.mean(box.edges, axis=1) - 0.5, True) for box in prompts.boxes if not prompts.points]
        for at, is_object in points:
            sets[is_object] |= flood(image, tuple(round(float(a)) for a in at), tolerance=tolerance)
        mask = sets[True] & ~sets[False]
        allowed = np.zeros(image.shape, bool)
        for box in prompts.boxes:
            allowed[tuple(slice(round(a), round(b)) for a, b in box.edges)] = True
        return mask & allowed if prompts.boxes else mask


case = sr.load_sample('brain')
middle = tuple(slice(n // 2 - half, n // 2 + half) for n, half in zip(case.shape, (4, 40, 40), strict=True))
print('white matter, flooded from one click; a hand that clicks beside it, mean and worst of', len(SEEDS), 'draws')
prompts = sr.Prompts(points=(sr.Point(at=(94.0, 105.0, 72.0)),))
context = sr.Context(box=tuple((part.start, part.stop) for part in middle))
judgement = sr.Judgement(label_map={1: 2})
print(f'{"severity":10}{"sigma":>8}{"dice":>8}{"worst":>8}')
for severity in SEVERITIES:
    jitters = [new_perturbation('point_jitter', severity, seed) for seed in (SEEDS if severity else (0,))]
    dice = [
        sr.run(
            case,
            Flood(),
            sr.Scenario(perturbations=[jitter], context=context, judgement=judgement, prompts=prompts),
            metrics=['dice'],
        )
        .comparison.metrics[2]['dice']
        .value
        for jitter in jitters
    ]
    sigma = sr.perturbations()['point_jitter'].parameters[0].at(severity)
    print(f'{severity:<10}{sigma:5.3g} mm{np.mean(dice):8.3f}{min(dice):8.3f}')
