"""TorchScript files (.ts, .pt): a network with its code, run by PyTorch's own interpreter."""

from __future__ import annotations

import io
import warnings
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

from napari_segrobust.errors import ModelError
from napari_segrobust.segment.module import TorchSegmenter
from napari_segrobust.segment.spec_file import model_key, read_spec

if TYPE_CHECKING:
    import torch

    from napari_segrobust.segment.spec import ModelSpec
    from napari_segrobust.segment.spec_file import SpecSource

_SUFFIXES = ('.pt', '.pth', '.ts')


class TorchScriptLoader:
    """Loads what ``torch.jit.save`` wrote; nothing else in these files is run."""

    kind = 'TorchScript (.ts, .pt)'

    def specs(self) -> list[ModelSpec]:
        """None is known by name."""
        return []

    def recognises(self, name_or_path: str | Path) -> bool:
        """Whether this is a file whose name ends as those of PyTorch do."""
        path = Path(name_or_path)
        return path.suffix.lower() in _SUFFIXES and path.is_file()

    def load(self, name_or_path: str | Path, spec: SpecSource, device: str) -> TorchSegmenter:
        """Read network and spec.

        Raises
        ------
        ModelError
            Not TorchScript, damaged, or the spec is not complete.
        """
        path = Path(name_or_path)
        weights = path.read_bytes()
        _check(path, weights)
        read = read_spec(path, spec)
        return TorchSegmenter(_script(path, weights), read, model_key(weights, read), device)


def _check(path: Path, weights: bytes) -> None:
    if not weights:
        raise ModelError(f'{path.name} not loaded', 'the file is empty', 'Copy it again.')
    if zipfile.is_zipfile(io.BytesIO(weights)):
        with zipfile.ZipFile(io.BytesIO(weights)) as archive:
            if any('/code/' in name for name in archive.namelist()):
                return
    elif weights[:2] != b'\x80\x02':  # pickle, as PyTorch wrote it before version 1.6
        raise ModelError(f'{path.name} not loaded', 'it is damaged or not a PyTorch file', 'Copy it again.')
    raise ModelError(
        f'{path.name} not loaded',
        'it holds weights or a pickled module without its code; unpickling a module can run anything',
        'Where the network is defined, save it as TorchScript: '
        "torch.jit.trace(model.eval(), example).save('model.ts').",
    )


def _script(path: Path, weights: bytes) -> torch.nn.Module:
    import torch

    with warnings.catch_warnings():
        # PyTorch 2.13 deprecates TorchScript in favour of torch.export; the files that people have are still these.
        warnings.filterwarnings('ignore', r'`torch\.jit\.load` is deprecated', DeprecationWarning)
        try:
            module: torch.nn.Module = torch.jit.load(io.BytesIO(weights), map_location='cpu')  # type: ignore[no-untyped-call]  # torch
        except RuntimeError as error:
            raise ModelError(
                f'{path.name} not loaded', str(error).splitlines()[0], 'Copy or export it again.'
            ) from error
    return module


LOADER = TorchScriptLoader()
