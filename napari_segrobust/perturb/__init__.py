"""What can go wrong with an image: one file per family, one catalogue, one engine."""

from napari_segrobust.perturb.catalogue import acts, amounts, catalogue, get_spec, new_perturbation, perturbations
from napari_segrobust.perturb.fields import FieldStore, make_field
from napari_segrobust.perturb.record import MAX_SEVERITY, Perturbation, Region
from napari_segrobust.perturb.regions import RegionWeights, region_weight
from napari_segrobust.perturb.stack import perturb_block

__all__ = [
    'MAX_SEVERITY',
    'FieldStore',
    'Perturbation',
    'Region',
    'RegionWeights',
    'acts',
    'amounts',
    'catalogue',
    'get_spec',
    'make_field',
    'new_perturbation',
    'perturb_block',
    'perturbations',
    'region_weight',
]
