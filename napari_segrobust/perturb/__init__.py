"""What can go wrong with an image: one file per family, one catalogue, one engine."""

from napari_segrobust._callable import make_callable
from napari_segrobust.perturb.catalogue import (
    acts,
    amounts,
    catalogue,
    get_spec,
    in_order,
    new_perturbation,
    perturbations,
    stage_of,
)
from napari_segrobust.perturb.clean import Clean
from napari_segrobust.perturb.fields import FieldStore, make_field
from napari_segrobust.perturb.masks import (
    acts_on_image,
    carried,
    carries,
    mask_stack,
    perturb_labels,
    told_spacing,
)
from napari_segrobust.perturb.raters import virtual_raters
from napari_segrobust.perturb.record import MAX_SEVERITY, Perturbation, Region
from napari_segrobust.perturb.regions import RegionWeights, array_sha256, mask_sha256, region_weight
from napari_segrobust.perturb.scale import intensity_range
from napari_segrobust.perturb.single import perturb
from napari_segrobust.perturb.stack import perturb_block
from napari_segrobust.perturb.words import describe, simulated_text

__all__ = [
    'MAX_SEVERITY',
    'Clean',
    'FieldStore',
    'Perturbation',
    'Region',
    'RegionWeights',
    'acts',
    'acts_on_image',
    'amounts',
    'array_sha256',
    'carried',
    'carries',
    'catalogue',
    'describe',
    'get_spec',
    'in_order',
    'intensity_range',
    'make_field',
    'mask_sha256',
    'mask_stack',
    'new_perturbation',
    'perturb',
    'perturb_block',
    'perturb_labels',
    'perturbations',
    'region_weight',
    'simulated_text',
    'stage_of',
    'told_spacing',
    'virtual_raters',
]

make_callable(__name__)
