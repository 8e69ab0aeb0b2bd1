"""TorchScript files (.ts, .pt): a network with its code, run by PyTorch's own interpreter."""

from __future__ import annotations

import warnings
import zipfile
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

from napari_segrobust.errors import ModelError
from napari_segrobust.segment.module import TorchSegmenter
from napari_segrobust.segment.spec_file import model_key, read_spec

if TYPE_CHECKING:
    import torch

    from napari_segrobust.segment.spec import ModelSpec
    from napari_segrobust.segment.spec_file import SpecSource


class TorchScriptLoader:
    """Loads what ``torch.jit.save`` wrote."""

    kind = 'TorchScript (.ts, .pt)'

    def specs(self) -> list[ModelSpec]:
        """None is known by name."""
        return []

    def recognises(self, name_or_path: str | Path) -> bool:
        """Whether this is an archive that holds a network's code."""
        path = Path(name_or_path)
        if path.suffix.lower() not in ('.ts', '.pt', '.pth') or not zipfile.is_zipfile(path):
            return False
        with zipfile.ZipFile(path) as archive:
            return any('/code/' in name for name in archive.namelist())

    def load(self, name_or_path: str | Path, spec: SpecSource, device: str) -> TorchSegmenter:
        """Read network and spec.

        Raises
        ------
        ModelError
            Damaged, or the spec is not complete.
        """
        path = Path(name_or_path)
        read = read_spec(path, spec)
        content = path.read_bytes()
        return TorchSegmenter(_network(path.name, content), read, model_key(content, read), device)


def _network(name: str, content: bytes) -> torch.nn.Module:
    import torch

    with warnings.catch_warnings():
        # PyTorch 2.13 deprecates TorchScript in favour of torch.export; the files that people have are still these.
        warnings.filterwarnings('ignore', r'`torch\.jit\.load` is deprecated', DeprecationWarning)
        try:
            network: torch.nn.Module = torch.jit.load(BytesIO(content), 'cpu')  # type: ignore[no-untyped-call]  # torch
        except RuntimeError as error:
            raise ModelError(f'{name} not loaded', str(error).splitlines()[0], 'Copy or export it again.') from error
    return network


LOADER = TorchScriptLoader()
