"""Checkpoints of nnU-Net: numbers, and nothing that could run."""

from __future__ import annotations

import pickle
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_segrobust.errors import ConsentNeeded, ModelError
from napari_segrobust.segment.reading import check_file

if TYPE_CHECKING:
    from pathlib import Path

    import torch

#: What wrappers of several devices and of compilers put before each name.
_PREFIXES = ('module.', '_orig_mod.')


@dataclass(frozen=True)
class Checkpoint:
    """What is used of one checkpoint.

    Attributes
    ----------
    weights : dict of str to tensor
    configuration : str
        Of the plans, such as "3d_fullres".
    trainer : str
        Name of the class that trained it.
    mirror_axes : tuple of int
        Axes of the network over which it was trained to be mirrored.
    """

    weights: dict[str, torch.Tensor]
    configuration: str
    trainer: str
    mirror_axes: tuple[int, ...]


def read_checkpoint(path: Path, trust: bool = False) -> Checkpoint:
    """Read a checkpoint with ``weights_only=True``; of other classes the numbers of numpy alone are let in.

    Parameters
    ----------
    path : Path
    trust : bool
        Whether a person allowed it to run what it holds; only a checkpoint that holds more is then read so.

    Raises
    ------
    ConsentNeeded
        It names code.
    ModelError
        Damaged, or no checkpoint of nnU-Net.
    """
    import torch

    check_file(path)
    with torch.serialization.safe_globals(_numbers()):
        try:
            unknown = torch.serialization.get_unsafe_globals_in_checkpoint(path)
            if unknown and not trust:
                raise ConsentNeeded(path.name, tuple(f'{path.parent.name}/{path.name}: {name}' for name in unknown))
            found = torch.load(path, 'cpu', weights_only=not unknown)
        except (RuntimeError, ValueError, EOFError, OSError, pickle.UnpicklingError, KeyError) as error:
            why = 'it is damaged, or written by a torch before 1.6'
            raise ModelError(f'{path.name} not loaded', why, 'Copy it again.') from error
    return _checked(path, found)


def _checked(path: Path, found: Any) -> Checkpoint:
    import torch

    weights = found.get('network_weights') if isinstance(found, dict) else None
    told = found.get('init_args') if isinstance(found, dict) else None
    if not isinstance(weights, dict) or not isinstance(told, dict) or 'configuration' not in told:
        why = 'it holds no network_weights and init_args, as nnU-Net v2 writes them'
        raise ModelError(f'{path.name} not loaded', why, 'Choose a folder that nnU-Net v2 trained.')
    named = {key: value for key, value in weights.items() if isinstance(value, torch.Tensor)}
    for prefix in _PREFIXES:
        if named and all(key.startswith(prefix) for key in named):
            named = {key.removeprefix(prefix): value for key, value in named.items()}
    axes = found.get('inference_allowed_mirroring_axes') or ()
    return Checkpoint(named, str(told['configuration']), str(found.get('trainer_name', '')), tuple(map(int, axes)))


def _numbers() -> list[Any]:
    """Numbers of numpy: nnU-Net writes losses and scores as such beside the weights.

    Their pickles name a function that makes a scalar of bytes and a type, by the name it has in numpy 1 or 2.
    """
    scalar = np.float64(0).__reduce__()[0]
    types = {type(np.dtype(kind)) for kind in ('f2', 'f4', 'f8', 'i4', 'i8', 'u8', '?')}
    return [np.dtype, *types, *((scalar, f'numpy.{core}.multiarray.scalar') for core in ('core', '_core'))]
