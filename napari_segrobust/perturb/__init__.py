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
from napari_segrobust.perturb.change import Change, Matched, measure_change, rank_at_change, severity_for_change
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
from napari_segrobust.perturb.presets import Preset, get_preset, preset_levels, preset_stack, presets
from napari_segrobust.perturb.prompting import acts_on_prompts, move_prompts, prompt_stack
from napari_segrobust.perturb.raters import virtual_raters
from napari_segrobust.perturb.recipe import Recipe, load_recipe, make_recipe, save_recipe
from napari_segrobust.perturb.record import MAX_SEVERITY, Perturbation, Region
from napari_segrobust.perturb.regions import RegionWeights, array_sha256, mask_sha256, region_weight
from napari_segrobust.perturb.scale import intensity_range
from napari_segrobust.perturb.single import perturb
from napari_segrobust.perturb.stack import perturb_block
from napari_segrobust.perturb.words import describe, simulated_lines, simulated_text

__all__ = [
    'MAX_SEVERITY',
    'Change',
    'Clean',
    'FieldStore',
    'Matched',
    'Perturbation',
    'Preset',
    'Recipe',
    'Region',
    'RegionWeights',
    'acts',
    'acts_on_image',
    'acts_on_prompts',
    'amounts',
    'array_sha256',
    'carried',
    'carries',
    'catalogue',
    'describe',
    'get_preset',
    'get_spec',
    'in_order',
    'intensity_range',
    'load_recipe',
    'make_field',
    'make_recipe',
    'mask_sha256',
    'measure_change',
    'mask_stack',
    'move_prompts',
    'new_perturbation',
    'perturb',
    'perturb_block',
    'perturb_labels',
    'perturbations',
    'preset_levels',
    'preset_stack',
    'presets',
    'prompt_stack',
    'rank_at_change',
    'region_weight',
    'save_recipe',
    'severity_for_change',
    'simulated_lines',
    'simulated_text',
    'stage_of',
    'told_spacing',
    'virtual_raters',
]

make_callable(__name__)
