"""Models that other packages bring: entry points of the group ``napari_segrobust.models``."""

from __future__ import annotations

import logging
from functools import cached_property
from importlib import metadata
from typing import TYPE_CHECKING, Any

from napari_segrobust.errors import ModelError, SegrobustError
from napari_segrobust.segment.callables import model_of
from napari_segrobust.segment.reading import one_line
from napari_segrobust.segment.zoo import zoo_names

if TYPE_CHECKING:
    from pathlib import Path

    from napari_segrobust.segment.protocols import WholeSegmenter, WindowSegmenter
    from napari_segrobust.segment.spec import ModelSpec
    from napari_segrobust.segment.spec_file import SpecSource

logger = logging.getLogger(__name__)
GROUP = 'napari_segrobust.models'


class EntryPointLoader:
    """Loads what packages announce, each on its own: one that is broken is said and the others are there.

    A package writes into its ``pyproject.toml``::

        [project.entry-points."napari_segrobust.models"]
        my-model = "my_package:segment"

    where ``segment`` is anything that `napari_segrobust.segment.callables.model_of` takes: a function of image and
    spacing with an attribute ``spec``, or a class without arguments that makes a model. It is made when models are
    listed, so weights are best read when it is first asked.
    """

    kind = 'Python plugin (entry point)'

    def __init__(self) -> None:
        self._specs: dict[tuple[str, str], ModelSpec] = {}
        self._faults: dict[str, str] = {}

    def specs(self) -> list[ModelSpec]:
        """Return those of every plugin that can be made; what is wrong with the others is in `faults`."""
        self._faults = {}
        found = []
        for name, entry in self._entries.items():
            where = (name, entry.value)
            if where not in self._specs:
                try:
                    self._specs[where] = self._make(name, None, 'cpu').spec
                except SegrobustError as error:
                    self._faults[name] = str(error)
                    logger.warning('%s', error)
                    continue
            found.append(self._specs[where].model_copy(update={'name': name}))
        return found

    def faults(self) -> dict[str, str]:
        """What is wrong with plugins that could not be made, by their names; of the last call of `specs`."""
        return dict(self._faults)

    def recognises(self, name_or_path: str | Path) -> bool:
        """Whether this is the name of a plugin."""
        return isinstance(name_or_path, str) and name_or_path in self._entries

    def load(self, name_or_path: str | Path, spec: SpecSource, device: str) -> WindowSegmenter | WholeSegmenter:
        """Make the model.

        Raises
        ------
        ModelError
            The plugin raises, or is nothing that can be a model.
        """
        return self._make(str(name_or_path), spec, device)

    def _make(self, name: str, spec: SpecSource, device: str) -> WindowSegmenter | WholeSegmenter:
        entry = self._entries[name]
        version = '' if entry.dist is None else f'{entry.dist.name} {entry.dist.version}'
        try:
            made: Any = model_of(entry.load(), spec, device, name, f'{name} {entry.value} {version}')
        except SegrobustError:
            raise
        except Exception as error:  # a plugin is foreign code and may raise anything
            raise ModelError(
                f'Model {name} not loaded',
                f'its package raised {type(error).__name__}: {one_line(error)}',
                f'Update or remove {version or entry.value}.',
            ) from error
        model: WindowSegmenter | WholeSegmenter = made
        return model

    @cached_property
    def _entries(self) -> dict[str, metadata.EntryPoint]:
        """Entry points by name: the first of equals, and none that calls itself like a demo model.

        Looked up once: that reads the names of all packages there are, and models are listed at every change.
        """
        found: dict[str, metadata.EntryPoint] = {}
        for entry in metadata.entry_points(group=GROUP):
            if entry.name not in zoo_names():
                found.setdefault(entry.name, entry)
        return found


LOADER = EntryPointLoader()
