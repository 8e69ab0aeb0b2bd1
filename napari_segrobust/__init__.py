"""See, measure and explain how medical image segmentation fails.

>>> import napari_segrobust as sr
>>> case = sr.load_case('ct.nii.gz', references={'expert': 'organs.nii.gz'})  # doctest: +SKIP
>>> model = sr.load_model('brain-unet')  # doctest: +SKIP
>>> sr.run(case, model, sr.Scenario()).comparison.to_dict()  # doctest: +SKIP

Everything is imported on first use: ``import napari_segrobust`` loads neither torch nor napari.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from napari_segrobust.cases import Case, find_raters, load_case, load_sample
    from napari_segrobust.compare import Comparison, compare
    from napari_segrobust.compare import metric_specs as metrics
    from napari_segrobust.context import Context
    from napari_segrobust.errors import SegrobustError
    from napari_segrobust.geometry import GridGeometry
    from napari_segrobust.grid.sweep import sweep as architecture_grid
    from napari_segrobust.inside.activations import activation_change
    from napari_segrobust.inside.feature_maps import feature_maps
    from napari_segrobust.inside.receptive import receptive_field
    from napari_segrobust.perturb import Perturbation, Region, perturb, perturbations
    from napari_segrobust.pipeline import Result, run
    from napari_segrobust.prompts import Box, Point, Prompts
    from napari_segrobust.review import Agreement, agree, agree_cases
    from napari_segrobust.scenario import Judgement, Scenario
    from napari_segrobust.segment import Post, Prediction, load_model, models, predict
    from napari_segrobust.segment.altered import with_padding, with_skip_gain
    from napari_segrobust.windows import (
        TrainingBand,
        WindowTable,
        draw_fractions,
        look_at_windows,
        read_band,
        window_sampling,
        window_table,
    )

#: Public name to (module, attribute).
_PUBLIC = {
    'Agreement': ('review', 'Agreement'),
    'Box': ('prompts', 'Box'),
    'Case': ('cases', 'Case'),
    'Comparison': ('compare', 'Comparison'),
    'Context': ('context', 'Context'),
    'GridGeometry': ('geometry', 'GridGeometry'),
    'Judgement': ('scenario', 'Judgement'),
    'Perturbation': ('perturb', 'Perturbation'),
    'Point': ('prompts', 'Point'),
    'Post': ('segment', 'Post'),
    'Prediction': ('segment', 'Prediction'),
    'Prompts': ('prompts', 'Prompts'),
    'Region': ('perturb', 'Region'),
    'Result': ('pipeline', 'Result'),
    'Scenario': ('scenario', 'Scenario'),
    'SegrobustError': ('errors', 'SegrobustError'),
    'TrainingBand': ('windows', 'TrainingBand'),
    'WindowTable': ('windows', 'WindowTable'),
    'activation_change': ('inside.activations', 'activation_change'),
    'agree': ('review', 'agree'),
    'agree_cases': ('review', 'agree_cases'),
    'architecture_grid': ('grid.sweep', 'sweep'),
    'compare': ('compare', None),
    'draw_fractions': ('windows', 'draw_fractions'),
    'feature_maps': ('inside.feature_maps', 'feature_maps'),
    'find_raters': ('cases', 'find_raters'),
    'load_case': ('cases', 'load_case'),
    'load_model': ('segment', 'load_model'),
    'load_sample': ('cases', 'load_sample'),
    'look_at_windows': ('windows', 'look_at_windows'),
    'metrics': ('compare', 'metric_specs'),
    'models': ('segment', 'models'),
    'perturb': ('perturb', None),
    'perturbations': ('perturb', 'perturbations'),
    'predict': ('segment', 'predict'),
    'read_band': ('windows', 'read_band'),
    'receptive_field': ('inside.receptive', 'receptive_field'),
    'run': ('pipeline', 'run'),
    'window_sampling': ('windows', 'window_sampling'),
    'window_table': ('windows', 'window_table'),
    'with_padding': ('segment.altered', 'with_padding'),
    'with_skip_gain': ('segment.altered', 'with_skip_gain'),
}

__all__ = [
    'Agreement',
    'Box',
    'Case',
    'Comparison',
    'Context',
    'GridGeometry',
    'Judgement',
    'Perturbation',
    'Point',
    'Post',
    'Prediction',
    'Prompts',
    'Region',
    'Result',
    'Scenario',
    'SegrobustError',
    'TrainingBand',
    'WindowTable',
    'activation_change',
    'agree',
    'agree_cases',
    'architecture_grid',
    'compare',
    'draw_fractions',
    'feature_maps',
    'find_raters',
    'load_case',
    'load_model',
    'load_sample',
    'look_at_windows',
    'metrics',
    'models',
    'perturb',
    'perturbations',
    'predict',
    'read_band',
    'receptive_field',
    'run',
    'window_sampling',
    'window_table',
    'with_padding',
    'with_skip_gain',
]


def __getattr__(name: str) -> Any:
    if name not in _PUBLIC:
        raise AttributeError(f'module {__name__!r} has no attribute {name!r}')
    module_name, attribute = _PUBLIC[name]
    module = importlib.import_module(f'{__name__}.{module_name}')
    return module if attribute is None else getattr(module, attribute)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
