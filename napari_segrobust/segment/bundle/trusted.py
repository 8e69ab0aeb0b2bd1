"""MONAI's own parser, which runs what a bundle says; only for bundles that a person trusts."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from napari_segrobust.errors import ModelError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from torch import nn

    from napari_segrobust.segment.bundle.folder import BundleFolder


class TrustedConfig:
    """Values and networks of a bundle, evaluated by `monai.bundle.ConfigParser`.

    Parameters
    ----------
    folder : BundleFolder
        Its code may be imported from its root, as with ``python -m monai.bundle run``.
    """

    def __init__(self, folder: BundleFolder, content: dict[str, Any]) -> None:
        from monai.bundle import ConfigParser

        self._folder = folder
        self._parser = ConfigParser({**content, 'bundle_root': str(folder.root)})

    def value(self, place: str) -> Any:
        """Value of the entry at an id.

        Raises
        ------
        ModelError
            It raised.
        """
        return self._run(place)

    def network(self) -> nn.Module:
        """Network of the bundle, with the weights that its own code gives it.

        Raises
        ------
        ModelError
            Building it raised, or gave no network.
        """
        import torch

        network = self._run('network_def' if 'network_def' in self._parser else 'network')
        if not isinstance(network, torch.nn.Module):
            raise ModelError(
                f'{self._folder.name} not loaded',
                f'its network_def gave {type(network).__name__}, and no network',
                'Ask its authors.',
            )
        return network

    def _run(self, place: str) -> Any:
        try:
            with _importable(self._folder.root):
                return self._parser.get_parsed_content(place)
        except Exception as error:  # code of the bundle may raise anything
            cause = error.__cause__ or error
            said = ' '.join(str(cause).split())[:200]
            raise ModelError(
                f'{self._folder.name} not loaded',
                f'{place} raised {type(cause).__name__}: {said}',
                f'Install what it needs, or state its entries in {self._folder.beside.name} beside it.',
            ) from error


@contextmanager
def _importable(root: Path) -> Iterator[None]:
    """Let code in a folder be imported for a while; what was imported is forgotten, and two bundles do not mix."""
    before, place = set(sys.modules), str(root.resolve())
    sys.path.insert(0, place)
    try:
        yield
    finally:
        sys.path.remove(place)
        for name in set(sys.modules) - before:
            if str(getattr(sys.modules[name], '__file__', None) or '').startswith(place):
                del sys.modules[name]
