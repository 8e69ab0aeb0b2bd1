"""Compare two masks: numbers with their units, the error map, and the errors worth a look.

Run it as it is, or give two files: ``python compare_two_masks.py reference.nii.gz prediction.nii.gz``.
"""

import sys

import numpy as np

import napari_segrobust as sr


def load(paths: list[str]) -> tuple[np.ndarray, np.ndarray, tuple[float, ...] | None]:
    """Two masks on one grid, and the voxel size in mm: from files, or the built-in phantom and a simulated rater."""
    if paths:
        reference, prediction = paths
        # The reference stands in for the image it was drawn on; another grid is refused, not resampled.
        case = sr.load_case(reference, references={'a': reference}, predictions={'b': prediction})
        return case.references['a'], case.predictions['b'], case.geometry.spacing_mm
    case = sr.load_sample('lesion')
    rater = next(mask for name, mask in case.references.items() if 'misses' in name)
    return case.references['phantom'], rater, case.geometry.spacing_mm


reference, prediction, spacing = load(sys.argv[1:])
comparison = sr.compare(reference, prediction, spacing=spacing, tolerance_mm=2.0)

for label, values in comparison.metrics.items():
    for key in ('dice', 'nsd', 'hd95', 'volume_difference_ml'):
        value = values[key]
        # A number that is not defined says why, and is never NaN.
        print(f'label {label}: {key:20} {value.reason if value.value is None else value.value} {value.unit or ""}')

codes, counts = np.unique(comparison.error_map, return_counts=True)
print('voxels by error code:', dict(zip(codes.tolist(), counts.tolist(), strict=True)))

for item in list(comparison.items.items)[:5]:
    print(f'{item.kind}: {item.volume:.3g} {item.unit}, depth {item.depth}')
