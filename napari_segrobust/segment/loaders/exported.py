"""Files of ``torch.export`` (.pt2): a graph of tensor operations, with the sizes that it was exported for."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from napari_segrobust.segment.architecture import check_classes
from napari_segrobust.segment.archive import names_in
from napari_segrobust.segment.input_shape import ShapedSegmenter
from napari_segrobust.segment.pt2_file import is_exported, read_exported
from napari_segrobust.segment.pt2_network import exported_network, stays_contiguous
from napari_segrobust.segment.spec_file import model_key, read_spec

if TYPE_CHECKING:
    from napari_segrobust.segment.spec import ModelSpec
    from napari_segrobust.segment.spec_file import SpecSource


class ExportedLoader:
    """Loads what ``torch.export.save`` wrote."""

    kind = 'torch.export (.pt2)'

    def specs(self) -> list[ModelSpec]:
        """None is known by name."""
        return []

    def recognises(self, name_or_path: str | Path) -> bool:
        """Whether this is an archive that holds an exported graph, whatever its ending."""
        path = Path(name_or_path)
        if path.suffix.lower() == '.pt2':
            return path.is_file()
        return path.suffix.lower() in ('.pt', '.pth') and is_exported(names_in(path))

    def load(self, name_or_path: str | Path, spec: SpecSource, device: str) -> ShapedSegmenter:
        """Read graph, weights and spec.

        Raises
        ------
        ModelError
            Damaged, not a graph of tensor operations, or a spec that is not complete or tells of other channels,
            classes or windows than the graph takes.
        """
        path = Path(name_or_path)
        file = read_exported(path)
        read = read_spec(path, spec)
        if file.classes is not None:
            check_classes(read, file.classes)
        messages: list[str] = []
        settled = file.shape.settle(read, messages)
        model = ShapedSegmenter(
            exported_network(file),
            settled,
            model_key(file.digest, settled),
            device,
            shape=file.shape,
            channels_last=not stays_contiguous(file),
        )
        model.messages.extend(messages)
        return model


LOADER = ExportedLoader()
