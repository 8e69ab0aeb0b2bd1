"""TorchScript files (.ts, .pt): a network with its code, run by PyTorch's own interpreter."""

from __future__ import annotations

import re
import warnings
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

from napari_segrobust.errors import ModelError
from napari_segrobust.segment.archive import names_in, open_archive
from napari_segrobust.segment.module import TorchSegmenter
from napari_segrobust.segment.reading import one_line, read_file
from napari_segrobust.segment.spec_file import model_key, read_spec

if TYPE_CHECKING:
    import torch

    from napari_segrobust.segment.spec import ModelSpec
    from napari_segrobust.segment.spec_file import SpecSource

#: The two things in TorchScript that reach files; its interpreter knows nothing else outside of tensors.
_TOUCHES_FILES = re.compile(rb'\b(?:torch|aten)\.(from_file|save)\s*\(')


class TorchScriptLoader:
    """Loads what ``torch.jit.save`` wrote."""

    kind = 'TorchScript (.ts, .pt)'

    def specs(self) -> list[ModelSpec]:
        """None is known by name."""
        return []

    def recognises(self, name_or_path: str | Path) -> bool:
        """Whether this is an archive that holds a network's code."""
        path = Path(name_or_path)
        return path.suffix.lower() in ('.ts', '.pt', '.pth') and any('/code/' in name for name in names_in(path))

    def load(self, name_or_path: str | Path, spec: SpecSource, device: str) -> TorchSegmenter:
        """Read network and spec.

        Raises
        ------
        ModelError
            Damaged, its code reaches for files, or the spec is not complete.
        """
        path = Path(name_or_path)
        content = read_file(path)
        read = read_spec(path, spec)
        check_code(path)
        model = TorchSegmenter(_network(path.name, content), read, model_key(content, read), device)
        model.messages.append(
            f'{path.name} is TorchScript, which PyTorch gives up: where it was made, export it again with '
            "torch.export.save(torch.export.export(model.eval(), (example,)), 'model.pt2')."
        )
        return model


def check_code(path: Path) -> None:
    """Refuse a network whose code reaches for files, before any of it runs.

    Raises
    ------
    ModelError
    """
    with open_archive(path) as archive:
        for name in archive.names:
            found = _TOUCHES_FILES.search(archive.read(name)) if '/code/' in name and name.endswith('.py') else None
            if found is not None:
                raise ModelError(
                    f'{path.name} not loaded',
                    f'its code reads or writes files (torch.{found[1].decode()})',
                    'Get it from a source that you trust.',
                )


def _network(name: str, content: bytes) -> torch.nn.Module:
    import torch

    with warnings.catch_warnings():
        # PyTorch 2.13 deprecates TorchScript in favour of torch.export; the files that people have are still these.
        warnings.filterwarnings('ignore', r'`torch\.jit\.load` is deprecated', DeprecationWarning)
        try:
            network: torch.nn.Module = torch.jit.load(BytesIO(content), 'cpu')  # type: ignore[no-untyped-call]  # torch
        except RuntimeError as error:
            raise ModelError(f'{name} not loaded', one_line(error), 'Copy or export it again.') from error
    return network


LOADER = TorchScriptLoader()
