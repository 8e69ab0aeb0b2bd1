"""Models in, predictions out: loaders, specs, the demo zoo, and progressive sliding-window inference."""

from napari_segrobust.segment.fit import expectations
from napari_segrobust.segment.leave_out import leave_one_out
from napari_segrobust.segment.load import load_model, models
from napari_segrobust.segment.post import Post
from napari_segrobust.segment.prediction import Prediction, labels_from, predict
from napari_segrobust.segment.spec import ModelSpec

__all__ = [
    'ModelSpec',
    'Post',
    'Prediction',
    'expectations',
    'labels_from',
    'leave_one_out',
    'load_model',
    'models',
    'predict',
]
