import numpy as np
import pytest

from napari_segrobust.context.record import Context
from napari_segrobust.errors import ContextError, ModelError
from napari_segrobust.segment.inference import start_inference
from napari_segrobust.segment.protocols import WholeSegmenter
from napari_segrobust.segment.source import ArraySource
from napari_segrobust.segment.spec import ModelSpec


class Bright:
    """Says how bright the image is, all at once."""

    spec = ModelSpec(name='bright', dimensions=3, classes=('background', 'bright'))
    key, device = 'bright', 'cpu'

    def segment(self, image, spacing, shown):
        return np.stack([1 - image[0], image[0]])


@pytest.fixture
def source(image):
    return ArraySource(np.abs(image((1, 6, 7, 8))), (1, 1, 1))


def test_it_is_one_step(source):
    assert isinstance(Bright(), WholeSegmenter)
    run = start_inference(Bright(), source, Context(box=((1, 6), (0, 7), (0, 5))))
    assert run.total == 1
    run.advance(*run.pending())
    np.testing.assert_array_equal(run.probabilities()[1, 1:, :, :5], source.array[0, 1:, :, :5])
    assert not run.valid()[0].any()


def test_its_windows_are_its_own(source):
    with pytest.raises(ContextError, match='decides on its windows itself'):
        start_inference(Bright(), source, Context(window=(4, 4, 4)))


@pytest.mark.parametrize(
    ('answer', 'message'),
    [
        (lambda *_: np.zeros((2, 3, 3)), 'returned shape'),
        (lambda *_: np.full((2, 6, 7, 8), np.nan), 'returned NaN'),
        (lambda *_: 1 / 0, 'ZeroDivisionError'),
    ],
)
def test_unusable_answers_are_one_line(source, answer, message):
    model = Bright()
    model.segment = answer
    run = start_inference(model, source, Context())
    with pytest.raises(ModelError, match=message):
        run.advance(*run.pending())
