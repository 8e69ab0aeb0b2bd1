"""The pitfall lab: masks that a person changes, and scenes that show what each metric cannot see."""

from napari_segrobust.lab.aggregate import POLICIES, aggregate
from napari_segrobust.lab.bench import Bench
from napari_segrobust.lab.facts import Facts, look, look_at_case
from napari_segrobust.lab.game import Ask, Game, Tally
from napari_segrobust.lab.numbers import Row, rows
from napari_segrobust.lab.own import OwnScene
from napari_segrobust.lab.policies import EMPTY_POLICIES, HD95_DEFINITIONS, EmptyPolicy, outer_contour
from napari_segrobust.lab.recommend import Advice, recommend
from napari_segrobust.lab.scene import SAME, DrawnPane, Scene
from napari_segrobust.lab.scenes import load_scene, scenes
from napari_segrobust.lab.scorecard import TRIALS, Mark, Scorecard, scorecard
from napari_segrobust.perturb.edits import EditSpec, MaskEdit, edit_mask, mask_edits

__all__ = [
    'EMPTY_POLICIES',
    'HD95_DEFINITIONS',
    'POLICIES',
    'SAME',
    'TRIALS',
    'Advice',
    'Ask',
    'Bench',
    'DrawnPane',
    'EditSpec',
    'EmptyPolicy',
    'Facts',
    'Game',
    'Mark',
    'MaskEdit',
    'OwnScene',
    'Row',
    'Scene',
    'Scorecard',
    'Tally',
    'aggregate',
    'edit_mask',
    'load_scene',
    'look',
    'look_at_case',
    'mask_edits',
    'outer_contour',
    'recommend',
    'rows',
    'scenes',
    'scorecard',
]
