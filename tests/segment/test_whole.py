import numpy as np
import pytest

from napari_segrobust.context.record import Context
from napari_segrobust.errors import CaseError, ContextError, ModelError
from napari_segrobust.prompts import Box, Point, Prompts
from napari_segrobust.segment.inference import start_inference
from napari_segrobust.segment.protocols import Candidate, PromptableSegmenter, Shown, WholeSegmenter
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


@pytest.mark.parametrize('asked', [{'window': (4, 4, 4)}, {'grid': 'nnunet'}, {'mirror': (0,)}])
def test_its_windows_are_its_own(source, asked):
    with pytest.raises(ContextError, match='decides on its windows itself'):
        start_inference(Bright(), source, Context(**asked))


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


class Pointed:
    """Proposes three masks: the voxel of each point, its row, its plane; the second is trusted most."""

    spec = ModelSpec(name='pointed', dimensions=3, classes=('background', 'object'), prompts=('points', 'boxes'))
    key, device = 'pointed', 'cpu'

    def __init__(self, dimensions=3, **changes):
        self.spec = self.spec.model_copy(update={'dimensions': dimensions, **changes})
        self.asked = []

    def candidates(self, image, spacing, shown):
        self.asked.append((image.shape, spacing, shown))
        masks = np.zeros((3, *image.shape[1:]), np.float32)
        for point in shown.prompts.points:
            at = tuple(round(a) for a in point.at)
            for keep, mask in enumerate(masks):
                mask[at[: len(at) - keep]] = point.label
        for box in shown.prompts.boxes:
            masks[(slice(None), *(slice(int(a), int(b)) for a, b in box.edges))] = 1
        return [
            Candidate(np.stack([1 - mask, mask]), score) for mask, score in zip(masks, (0.2, 0.9, 0.9), strict=True)
        ]

    def segment(self, image, spacing, shown):
        raise AssertionError('the runner chooses among the candidates')


def pointed(model, source, prompts, box=None, scribbles=None):
    run = start_inference(model, source, Context(box=box), shown=Shown(prompts, scribbles))
    run.advance(*run.pending())
    return run.probabilities()[1]


AT = Point(at=(2.0, 3.0, 4.0))


def test_the_most_trusted_candidate_is_taken_unless_one_is_chosen(source):
    assert isinstance(Pointed(), PromptableSegmenter)
    assert not isinstance(Bright(), PromptableSegmenter)
    sizes = [pointed(Pointed(), source, Prompts(points=(AT,), candidate=c)).sum() for c in (None, 0, 1, 2)]
    assert sizes == [8, 1, 8, 56]
    with pytest.raises(ModelError, match='it proposes 3, and number 3 was chosen, counting from 0'):
        pointed(Pointed(), source, Prompts(points=(AT,), candidate=3))
    unsure = Pointed()
    unsure.candidates = lambda *_: [Candidate(np.ones((2, 6, 7, 8)), np.nan), Candidate(np.zeros((2, 6, 7, 8)), 0.0)]
    assert not pointed(unsure, source, Prompts(points=(AT,))).any()
    unsure.candidates = lambda *_: []
    with pytest.raises(ModelError, match='it proposed no mask'):
        pointed(unsure, source, Prompts(points=(AT,)))


@pytest.mark.parametrize(
    ('prompts', 'message'),
    [
        (Prompts(), 'nothing was shown. Click a point on the object, or draw a box around it'),
        (Prompts(points=(Point(at=(2.0, 3.0, 9.0)),)), 'what was shown lies outside the image'),
        (Prompts(scribbles='x'), 'it takes points or boxes, and scribbles were shown'),
    ],
)
def test_nothing_to_go_by_is_one_line(source, prompts, message):
    with pytest.raises(ModelError, match=f'pointed waits for you: {message}'):
        start_inference(Pointed(), source, Context(), shown=Shown(prompts))


def test_prompts_of_another_image_are_refused(source):
    with pytest.raises(CaseError, match='one has 2 axes, and the image has 3'):
        start_inference(Pointed(), source, Context(), shown=Shown(Prompts(points=(Point(at=(1.0, 2.0)),))))


def test_a_context_box_moves_prompts_and_leaves_out_what_lies_outside(source):
    model, box = Pointed(), ((1, 5), (2, 7), (3, 8))
    outside = Point(at=(0.4, 3.0, 4.0), label=0)
    frame = Box(edges=((0.0, 3.0), (2.5, 3.5), (6.0, 99.0)))
    scribbles = np.zeros((6, 7, 8), np.uint8)
    scribbles[1, 2, 3] = 2
    found = pointed(model, source, Prompts(points=(AT, outside), boxes=(frame,), candidate=0), box, scribbles)
    (shape, _, shown), prompts = model.asked[0], model.asked[0][2].prompts
    assert shape == (1, 4, 5, 5)
    assert prompts.points == (Point(at=(1.0, 1.0, 1.0)),)
    assert prompts.boxes == (Box(edges=((0.0, 2.0), (0.5, 1.5), (3.0, 5.0))),)
    assert shown.scribbles[0, 0, 0] == 2
    assert shown.scribbles.shape == (4, 5, 5)
    assert found[2, 3, 4] == 1
    with pytest.raises(ModelError, match='outside the context box'):
        pointed(model, source, Prompts(points=(outside,)), box)


def test_a_2d_model_runs_on_the_slices_that_something_was_shown_on(source):
    model = Pointed(dimensions=2)
    prompts = Prompts(points=(AT,), boxes=(Box(edges=((3.5, 5.0), (0.0, 2.0), (0.0, 2.0))),), candidate=0)
    run = start_inference(model, source, Context(), shown=Shown(prompts))
    assert run.total == 6
    run.advance(*run.pending((slice(2, 3), slice(0, 7), slice(0, 8))))
    assert [asked[:2] for asked in model.asked] == [((1, 7, 8), (1, 1))]
    assert model.asked[0][2].prompts.points == (Point(at=(3.0, 4.0)),)
    run.advance(*run.pending())
    found = run.probabilities()
    assert found[1].sum(axis=(1, 2)).tolist() == [0, 0, 1, 4, 4, 0]
    np.testing.assert_array_equal(found.sum(axis=0), 1)
    assert len(model.asked) == 3
