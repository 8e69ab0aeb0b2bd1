"""A random forest that learns from scribbles which pixels are which, as Weka and ilastik do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from napari_segrobust.compare.interrupt import checkpoint
from napari_segrobust.errors import ModelError
from napari_segrobust.segment.classical.markers import marks
from napari_segrobust.segment.classical.method import CHANNEL, CLASSES, CLICK, Method, amount

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from napari_segrobust.segment.classical.method import Run
    from napari_segrobust.segment.classical.picture import Picture

_NAME = 'Pixel forest'
#: Pixels of each class, at most, that are learnt from: more take seconds.
_PIXELS = 3000


def learn(lessons: Sequence[Picture], values: Mapping[str, float]) -> Run:
    """Grow a forest from what is marked on pictures.

    Raises
    ------
    ModelError
        scikit-learn is not installed, or one class alone is marked.
    """
    try:
        from sklearn.ensemble import RandomForestClassifier
    except ImportError:
        remedy = 'Run: pip install "napari-segrobust[classical]".'
        raise ModelError(f'{_NAME} not available', 'scikit-learn is not installed', remedy) from None
    classes = int(values['classes'])
    marked = [marks(lesson, classes, values['click']) for lesson in lessons]
    there = {int(value) for mask in marked for value in np.unique(mask)} - {0}
    if len(there) < 2:
        why = 'the background alone is marked' if there == {1} else 'one object alone is marked'
        remedy = 'Scribble, or click, on an object and on the background.'
        raise ModelError(f'{_NAME} cannot learn', why, remedy)
    said = np.concatenate([mask[mask > 0] for mask in marked])
    seen = [_features(lesson, values)[mask > 0] for lesson, mask in zip(lessons, marked, strict=True) if mask.any()]
    forest = RandomForestClassifier(
        int(values['trees']), max_depth=int(values['depth']), min_samples_leaf=2, random_state=0, n_jobs=1
    )
    learnt, weights = _thinned(said)
    forest.fit(np.concatenate(seen)[learnt], said[learnt], weights)

    def run(picture: Picture, values: Mapping[str, float]) -> NDArray[Any]:
        checkpoint()
        features = _features(picture, values)
        found = forest.predict_proba(features.reshape(-1, features.shape[-1]))
        out = np.zeros((classes + 1, found.shape[0]), np.float32)
        out[np.array(forest.classes_) - 1] = found.T
        return out.reshape(-1, *picture.grey.shape)

    return run


def _thinned(said: NDArray[np.int32]) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
    """Which marked pixels are learnt from, evenly thinned out where a class has many; and for how many each stands."""
    chosen, weights = [], []
    for value in np.unique(said):
        places = np.flatnonzero(said == value)
        step = -(-len(places) // _PIXELS)
        chosen.append(places[::step])
        weights.append(np.full(len(chosen[-1]), float(step)))
    return np.concatenate(chosen), np.concatenate(weights)


def run(picture: Picture, values: Mapping[str, float]) -> NDArray[Any]:
    """Learn from the picture itself."""
    return learn([picture], values)(picture, values)


def _features(picture: Picture, values: Mapping[str, float]) -> NDArray[np.float32]:
    """(*spatial, F): grey value, edges and texture (eigenvalues of the Hessian) at two to four scales."""
    from skimage.feature import multiscale_basic_features

    pixel = min(picture.spacing)
    small, large = (max(values[name] / pixel, 0.3) for name in ('fine', 'coarse'))
    found: NDArray[np.float32] = multiscale_basic_features(
        picture.unit, sigma_min=min(small, large), sigma_max=max(small, large)
    )
    return found


METHOD = Method(
    name='pixel-forest',
    title='Random forest of pixels',
    run=run,
    learn=learn,
    knobs=(
        amount('fine', 'fine scale', 'mm', 1.0, 0.3, 5.0, 0.1, 'Smallest Gaussian of the features'),
        amount('coarse', 'coarse scale', 'mm', 4.0, 1.0, 16.0, 0.5, 'Largest Gaussian of the features'),
        amount('trees', 'trees', '', 30, 5, 100, 5, 'More are steadier and slower'),
        amount('depth', 'depth', '', 8, 2, 16, 1, 'Questions that a tree may ask'),
        CLICK,
        CLASSES,
        CHANNEL,
    ),
    source=(
        'Breiman 2001, Machine Learning 45; Arganda-Carreras et al. 2017, Bioinformatics 33(15) (Weka segmentation); '
        'scikit-learn RandomForestClassifier on skimage.feature.multiscale_basic_features'
    ),
    use='Learns from scribbles on one or more slices what pixels of each class look like, and labels every slice.',
    limits=(
        'Looks at a small neighbourhood only. Learns from the image that it is shown: on a perturbed image it learns '
        'perturbed pixels. Needs scikit-learn (an extra).'
    ),
    prompts=('scribbles', 'points'),
)
