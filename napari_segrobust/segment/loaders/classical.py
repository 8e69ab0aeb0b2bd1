"""Methods without weights, by name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from napari_segrobust.errors import ModelError
from napari_segrobust.segment.classical import methods
from napari_segrobust.segment.classical.segmenter import ClassicalSegmenter, spec_of

if TYPE_CHECKING:
    from pathlib import Path

    from napari_segrobust.segment.spec import ModelSpec
    from napari_segrobust.segment.spec_file import SpecSource


class ClassicalLoader:
    """Makes methods that have no weights; their knobs are at their defaults."""

    kind = 'classical method'

    def specs(self) -> list[ModelSpec]:
        """Return the spec of every method."""
        return [spec_of(method, method.values({})) for method in methods().values()]

    def recognises(self, name_or_path: str | Path) -> bool:
        """Whether this is a method's name."""
        return isinstance(name_or_path, str) and name_or_path in methods()

    def load(self, name_or_path: str | Path, spec: SpecSource, device: str) -> ClassicalSegmenter:
        """Make the method, which runs on the CPU wherever networks run.

        Raises
        ------
        ModelError
            A spec is given: a method has its own.
        """
        name = str(name_or_path)
        if spec is not None:
            raise ModelError(f'Spec of {name} refused', 'a method has its own', 'Leave spec out; adjust its knobs.')
        return ClassicalSegmenter(methods()[name])


LOADER = ClassicalLoader()
