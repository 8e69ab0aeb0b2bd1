"""ONNX files, run by onnxruntime on the CPU; both come with the extra ``onnx``."""

from __future__ import annotations

import hashlib
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from napari_segrobust.errors import ModelError
from napari_segrobust.segment.answers import main_output
from napari_segrobust.segment.architecture import check_classes
from napari_segrobust.segment.input_shape import Extent, InputShape, in_batches
from napari_segrobust.segment.reading import one_line, read_file
from napari_segrobust.segment.spec_file import model_key, read_spec

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import torch

    from napari_segrobust.segment.spec import ModelSpec
    from napari_segrobust.segment.spec_file import SpecSource

#: Types of input that a window is turned into.
_TYPES = {'tensor(float)': 'float32', 'tensor(float16)': 'float16', 'tensor(double)': 'float64'}
_CHUNK = 1 << 24


class OnnxSegmenter:
    """A `WindowSegmenter` around an onnxruntime session.

    Parameters
    ----------
    session : onnxruntime.InferenceSession
    spec : ModelSpec
    key : str
    shape : InputShape

    Attributes
    ----------
    messages : list of str
        What a person must know of it, one line each; whoever says them takes them out.
    """

    #: The provider that every onnxruntime has.
    device = 'cpu'

    def __init__(self, session: Any, spec: ModelSpec, key: str, shape: InputShape) -> None:
        self.spec = spec
        self.key = key
        self.messages: list[str] = []
        self._session = session
        self.input_shape = shape
        self._input = session.get_inputs()[0]
        self._told = False

    def move(self, device: str) -> None:
        """Stay where it is: the models of a session are moved together."""

    def __call__(self, windows: torch.Tensor) -> torch.Tensor:
        """Map windows (B, C, *spatial) float32 to logits (B, K, *spatial)."""
        self.input_shape.check_window(windows.shape[2:], self.spec)
        return in_batches(self._ask, windows, self.input_shape.batch)

    def _ask(self, windows: torch.Tensor) -> torch.Tensor:
        import torch

        image = windows.cpu().contiguous().numpy().astype(_TYPES[self._input.type], copy=False)
        answers = [torch.from_numpy(answer) for answer in self._session.run(None, {self._input.name: image})]
        logits: torch.Tensor
        logits, words = main_output(answers, windows.shape)
        if words and not self._told:
            self._told = True
            self.messages.append(f'{self.spec.name}: {words}.')
        return logits


class OnnxLoader:
    """Loads ONNX files, with weights inside or in files beside them."""

    kind = 'ONNX (.onnx), with the extra onnx'

    def specs(self) -> list[ModelSpec]:
        """None is known by name."""
        return []

    def recognises(self, name_or_path: str | Path) -> bool:
        """Whether this is a file that ends so."""
        path = Path(name_or_path)
        return path.suffix.lower() == '.onnx' and path.is_file()

    def load(self, name_or_path: str | Path, spec: SpecSource, device: str) -> OnnxSegmenter:
        """Read graph and spec.

        Raises
        ------
        ModelError
            The extra is not installed; damaged; not a network from one image to maps; weights in files outside of
            its folder; or a spec that is not complete or tells of other channels, classes or windows.
        """
        path = Path(name_or_path)
        _check_extra(path)
        content = read_file(path)
        digest = hashlib.sha256(content)
        beside = _weights_beside(path, content, digest)
        session = _session(path, None if beside else content)
        read = read_spec(path, spec)
        shape = _input_shape(path, session)
        outputs = session.get_outputs()
        if len(outputs) == 1 and len(outputs[0].shape) > 1 and isinstance(outputs[0].shape[1], int):
            check_classes(read, outputs[0].shape[1])
        messages: list[str] = []
        settled = shape.settle(read, messages)
        model = OnnxSegmenter(session, settled, model_key(digest.digest(), settled), shape)
        model.messages += [
            *messages,
            f'{settled.name} runs in onnxruntime on the CPU: no gradients, so neither attacks nor views of its '
            'layers, and a run can be left between windows only.',
        ]
        return model


def _check_extra(path: Path) -> None:
    from importlib.util import find_spec

    missing = [name for name in ('onnx', 'onnxruntime') if find_spec(name) is None]
    if missing:
        raise ModelError(
            f'{path.name} not loaded',
            f'ONNX files need {" and ".join(missing)}, not installed here',
            "Install it: pip install 'napari-segrobust[onnx]'.",
        )


def _session(path: Path, content: bytes | None) -> Any:
    """Open a session on a file's content, or on the file where its weights are beside it."""
    import onnxruntime
    import torch

    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    options.intra_op_num_threads = torch.get_num_threads()
    try:
        return onnxruntime.InferenceSession(content or str(path), options, providers=['CPUExecutionProvider'])
    except Exception as error:  # onnxruntime has an exception for each kind of fault, and no common one
        raise ModelError(
            f'{path.name} not loaded', f'onnxruntime says: {one_line(error)}', 'Copy or export it again.'
        ) from error


def _weights_beside(path: Path, content: bytes, digest: hashlib._Hash) -> list[Path]:
    """Files beside the model that hold weights of it, added to the hash; each must lie in the model's folder."""
    import onnx

    try:
        model = onnx.load_model_from_string(content)
    except Exception as error:  # of protobuf, whichever of its versions is there
        raise ModelError(f'{path.name} not loaded', 'it is damaged or no ONNX file', 'Copy it again.') from error
    found = []
    for location in sorted(set(_locations(model.graph))):
        place = PurePosixPath(location.replace('\\', '/'))
        beside = path.parent / place
        if place.is_absolute() or '..' in place.parts or ':' in location or beside.is_symlink():
            raise ModelError(
                f'{path.name} not loaded',
                f'its weights are said to be in {location[:80]!r}, outside of its folder',
                'Get it from a source that you trust.',
            )
        if not beside.is_file():
            raise ModelError(
                f'{path.name} not loaded', f'its weights are missing: {location[:80]}', 'Copy that file beside it.'
            )
        with beside.open('rb') as stream:
            while chunk := stream.read(_CHUNK):
                digest.update(chunk)
        found.append(beside)
    return found


def _locations(graph: Any) -> Iterator[str]:
    """Where tensors of a graph, and of the graphs within it, say that their data is."""
    tensors = [*graph.initializer]
    for node in graph.node:
        for attribute in node.attribute:
            tensors += [attribute.t, *attribute.tensors]
            for inner in (attribute.g, *attribute.graphs):
                if inner.node or inner.initializer:
                    yield from _locations(inner)
    for tensor in tensors:
        for entry in tensor.external_data:
            if entry.key == 'location':
                yield entry.value


def _input_shape(path: Path, session: Any) -> InputShape:
    inputs = session.get_inputs()
    if len(inputs) != 1 or inputs[0].type not in _TYPES:
        taken = ', '.join(f'{entry.name} {entry.type}' for entry in inputs)
        raise ModelError(
            f'{path.name} not loaded',
            f'it takes {taken}, and a segmentation network takes one image of floats',
            'Export the network from its image to its maps alone.',
        )
    sizes: Sequence[int | str | None] = inputs[0].shape
    if len(sizes) not in (4, 5):
        raise ModelError(
            f'{path.name} not loaded',
            f'it takes an input of {len(sizes)} axes, and a segmentation network takes (B, C, *spatial)',
            'Export the network from its image to its maps alone.',
        )
    batch, channels, *spatial = (
        Extent(size, size, example=size) if isinstance(size, int) and size > 0 else Extent() for size in sizes
    )
    return InputShape(tuple(spatial), channels, batch)


LOADER = OnnxLoader()
