import pytest
import torch

from napari_segrobust.segment.precision import LIMIT, changed_by_half, choose_precision


class Rounding:
    """Stands for a network on a GPU: in half precision it moves the logits of a few voxels."""

    half = False

    def __init__(self, spec, moved, device='cuda:0'):
        self.spec, self.moved, self.device = spec, moved, device

    def __call__(self, windows):
        logits = torch.cat([windows, torch.zeros_like(windows)], 1)
        if self.half and self.device != 'cpu':
            logits.flatten()[: self.moved] *= -1
        return logits


@pytest.fixture
def spec(make_model):
    return make_model(2, classes=2).spec


SAMPLE = torch.ones(1, 1, 100, 100)


def test_single_precision_against_itself_changes_nothing(make_model):
    model = make_model(2)
    assert choose_precision(model, torch.rand(2, 1, 16, 16)) == 0
    assert model.half is False


@pytest.mark.parametrize(('moved', 'half'), [(0, True), (10, True), (11, False), (5000, False)])
def test_half_precision_is_taken_where_it_changes_next_to_nothing(spec, moved, half):
    model = Rounding(spec, moved)
    assert choose_precision(model, SAMPLE) == pytest.approx(moved / 10_000)
    assert model.half is half
    assert (moved / 10_000 <= LIMIT) is half


def test_overflow_counts_as_all_changed(spec):
    class Overflowing(Rounding):
        def __call__(self, windows):
            return super().__call__(windows) * (torch.inf if self.half else 1)

    model = Overflowing(spec, 0)
    assert changed_by_half(model, SAMPLE) == 1
    assert model.half is False
