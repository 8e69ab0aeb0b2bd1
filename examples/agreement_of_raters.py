"""How far raters agree, where they do not, and where a model stands among them.

Run it as it is, or give the masks of two or more raters: ``python agreement_of_raters.py anna.nii.gz ben.nii.gz``.
"""

import sys

import napari_segrobust as sr

if sys.argv[1:]:
    # The first mask stands in for the image it was drawn on; another grid is refused, not resampled.
    case, model = sr.load_case(sys.argv[1], raters=sys.argv[1:]), None
else:
    case = sr.load_sample('lesion')
    model = case.references['phantom']

agreement = sr.agree({name: case.references[name] for name in case.raters}, model=model, geometry=case.geometry)
record = agreement.to_dict()

for name, row in zip(record['raters'], record['pairwise']['dice'], strict=True):
    print(f'{name:40}', *('  -  ' if dice is None else f'{dice:.3f}' for dice in row))
# The same masks with more air around them have another kappa on the full array, and the same on the region.
print('Fleiss kappa:', record['fleiss_kappa'])
print('STAPLE by margin:', record['staple']['margins'], 'majority:', record['majority_voxels'])
if record['model'] is not None:
    print('model:', record['ceiling']['dice']['words'])

unit = record['volumes']['unit']
for item in record['disputes']:
    print(f'{item["kind"]}: {item["volume"]:.3g} {unit} in slices {item["slices"]}, out: {", ".join(item["out"])}')
if record['disputes_rim'] is not None:
    print(f'the rim, one decision: {record["disputes_rim"]["volume"]:.3g} {unit}')
