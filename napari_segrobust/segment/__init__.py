"""Models in, predictions out: loaders, specs, the demo zoo, and progressive sliding-window inference."""

from napari_segrobust.segment.fit import expectations
from napari_segrobust.segment.load import load_model, models
from napari_segrobust.segment.prediction import Prediction, labels_from, predict
from napari_segrobust.segment.spec import ModelSpec

__all__ = ['ModelSpec', 'Prediction', 'expectations', 'labels_from', 'load_model', 'models', 'predict']
