"""How the maps of a network follow from each other: its operations, recorded without computing anything."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from napari_segrobust.compare.interrupt import Interrupted
from napari_segrobust.errors import ModelError
from napari_segrobust.inside.rules import Rule, rule_of
from napari_segrobust.segment.altered.twin import twin
from napari_segrobust.segment.answers import main_output
from napari_segrobust.segment.reading import one_line

if TYPE_CHECKING:
    from collections.abc import Sequence

    import torch

    Box = tuple[tuple[int, int], ...]


@dataclass(frozen=True)
class Step:
    """One operation.

    Attributes
    ----------
    inputs : tuple of (int, Rule)
        Steps whose maps it reads, by their place in the record, and how a box of its own map leads to one of theirs.
    """

    inputs: tuple[tuple[int, Rule], ...]


@dataclass(frozen=True)
class Reach:
    """What a box of a network's answer can depend on.

    Attributes
    ----------
    box : tuple of (int, int)
        Half-open, in voxels of the window, axes of the network. It reaches beyond the window where the network does:
        there it meets padding.
    everywhere : tuple of str
        Operations through which it sees the whole window, whatever the box says (attention, global pooling).
    statistics : tuple of str
        Norms that use mean and deviation of the window: through these two numbers all of it counts. They are left out
        of the box.
    """

    box: Box
    everywhere: tuple[str, ...] = ()
    statistics: tuple[str, ...] = ()


class Graph:
    """The record of one window; `record` makes it.

    Attributes
    ----------
    window : tuple of int
        Spatial shape of the window, axes of the network.
    """

    def __init__(self, window: Sequence[int], steps: list[Step], last: int) -> None:
        self.window = tuple(window)
        self._steps = steps
        self._last = last

    def reach(self, box: Box) -> Reach:
        """Follow a box of the answer back to the input, through every way; where ways meet, the box is their union.

        Parameters
        ----------
        box : tuple of (int, int)
            Half-open, in voxels of the answer, axes of the network.
        """
        boxes: dict[int, Box] = {self._last: box}
        everywhere: dict[str, None] = {}
        statistics: dict[str, None] = {}
        for number in range(self._last, 0, -1):
            here = boxes.pop(number, None)
            if here is None:
                continue
            for source, rule in self._steps[number].inputs:
                if rule.everywhere:
                    everywhere[rule.everywhere] = None
                if rule.statistics:
                    statistics[rule.statistics] = None
                led = rule.back(here)
                if led is not None:
                    boxes[source] = led if source not in boxes else union(boxes[source], led)
        found = boxes.get(0)
        if found is None:
            raise ModelError('No receptive field', 'the answer does not depend on the image', 'Choose another model.')
        return Reach(found, tuple(everywhere), tuple(statistics))


def union(one: Box, other: Box) -> Box:
    """The smallest box that holds both."""
    return tuple((min(a, c), max(b, d)) for (a, b), (c, d) in zip(one, other, strict=True))


def record(module: torch.nn.Module, channels: int, window: Sequence[int]) -> Graph:
    """Record how a network maps a window to its answer.

    Parameters
    ----------
    module : torch.nn.Module
        Is not changed, and not computed: tensors have shapes and no voxels (PyTorch's device ``meta``).
    channels : int
    window : sequence of int
        Spatial shape, axes of the network.

    Returns
    -------
    Graph

    Raises
    ------
    ModelError
        The network cannot be followed so: it decides by values, or it is compiled.
    """
    import torch

    what, remedy = 'Receptive field not computed', 'Load the network from its weights and its architecture.'
    if isinstance(module, torch.jit.ScriptModule):
        raise ModelError(what, 'the layers of a TorchScript file are compiled', remedy)
    image = torch.empty(1, channels, *window, device='meta')
    recorder = _recorder(image)
    try:
        with torch.no_grad(), recorder:
            answer = without_voxels(twin(module), image)
        output, _ = main_output(answer, image.shape)
        last = recorder.place(output)
    except Interrupted:
        raise
    except Exception as error:  # what a foreign network does with a tensor without values is not foreseeable
        raise ModelError(what, f'the network cannot be followed ({one_line(error)})', remedy) from error
    if last is None:
        raise ModelError(what, 'the answer does not depend on the image', 'Choose another model.')
    return Graph(window, recorder.steps, last)


def without_voxels(module: torch.nn.Module, image: torch.Tensor) -> Any:
    """Run a network on an image of the device ``meta``: shapes alone, at once, whatever the size."""
    import torch
    from torch.func import functional_call

    tensors = {
        name: torch.empty_like(tensor, device='meta')
        for name, tensor in (*module.named_parameters(), *module.named_buffers())
    }
    return functional_call(module, tensors, (image,))


def _recorder(image: torch.Tensor) -> Any:
    """Notes every operation below autograd, where a network is made of a few hundred kinds at most."""
    import torch

    # PyTorch documents it ("Extending PyTorch") under this name, and has no other.
    from torch.utils._python_dispatch import TorchDispatchMode

    ndim = image.ndim - 2

    class Recorder(TorchDispatchMode):  # type: ignore[no-untyped-call]  # torch does not type it
        def __init__(self) -> None:
            super().__init__()  # type: ignore[no-untyped-call]  # torch does not type it
            self.steps = [Step(())]
            # Tensors are known by their identity, and kept so that it is not given away again; they hold no voxels.
            self._places = {id(image): 0}
            self._kept = [image]

        def place(self, tensor: object) -> int | None:
            return self._places.get(id(tensor))

        def __torch_dispatch__(
            self, func: Any, types: object, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
        ) -> Any:
            inputs = [(one, self._places[id(one)]) for one in _tensors((args, kwargs)) if id(one) in self._places]
            answer = func(*args, **(kwargs or {}))
            if inputs:
                for output in _tensors(answer):
                    rules = tuple(
                        (place, rule_of(func, args, kwargs or {}, one, output, ndim)) for one, place in inputs
                    )
                    self.steps.append(Step(rules))
                    self._places[id(output)] = len(self.steps) - 1
                    self._kept.append(output)
            return answer

    def _tensors(value: object) -> list[torch.Tensor]:
        if isinstance(value, torch.Tensor):
            return [value]
        if isinstance(value, dict):
            value = tuple(value.values())
        return [one for part in value for one in _tensors(part)] if isinstance(value, (list, tuple)) else []

    return Recorder()
