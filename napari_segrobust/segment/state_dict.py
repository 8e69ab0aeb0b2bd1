"""Weights without code: read from a file without running anything, and fitted to a network by their names."""

from __future__ import annotations

import pickle
import re
from collections.abc import Mapping
from io import BytesIO
from typing import TYPE_CHECKING, Any

from napari_segrobust.errors import ModelError
from napari_segrobust.segment.reading import EXPORT, one_line

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    import torch

#: Under which names checkpoints hold the weights. Averaged ones first: they are what is meant for use.
_AVERAGED = ('state_dict_ema', 'ema_state_dict', 'model_ema', 'ema_model', 'ema')
_HOLDERS = (*_AVERAGED, 'state_dict', 'model_state_dict', 'network_weights', 'model', 'net', 'network')
#: What torch says of a pickle that names code it will not run, or code that nobody may allow; other bytes are an
#: "Unsupported operand".
_NAMES_CODE = re.compile(r'[Uu]nsupported (?:global: GLOBAL|GLOBAL|class) (\S+)')
#: What MONAI 1.4 and 1.5 keep in every transformer block and a UNETR never uses; older files lack it.
_UNUSED = re.compile(r'(^|\.)(norm_cross_attn|cross_attn)\.')
#: Names of missing and of unexpected weights that a message lists.
_LISTED = 3


def read_tensors(name: str, content: bytes, *, safetensors: bool = False) -> Any:
    """Read a checkpoint; of a pickle only tensors, containers and plain values are taken.

    Parameters
    ----------
    name : str
        Of the file, for messages.
    content : bytes
    safetensors : bool
        Which of the two formats it is.

    Raises
    ------
    ModelError
        Damaged, or a pickle that names anything which could run.
    """
    import torch
    from safetensors import SafetensorError
    from safetensors.torch import load

    try:
        if safetensors:
            return load(content)
        with _numpy_scalars():
            return torch.load(BytesIO(content), 'cpu', weights_only=True)
    except Exception as error:  # torch reads damaged bytes as pickle opcodes: whatever they spell is raised
        named = _NAMES_CODE.search(str(error)) if isinstance(error, pickle.UnpicklingError) else None
        if named is not None and not isinstance(error, SafetensorError):
            raise _refused(name, named[1]) from error
        raise ModelError(f'{name} not loaded', 'it is damaged or no PyTorch file', 'Copy it again.') from error


def find_weights(name: str, found: Any, messages: list[str]) -> dict[str, torch.Tensor]:
    """Weights of a checkpoint, out of what training code wraps around them.

    Parameters
    ----------
    name : str
        Of the file, for messages.
    found : object
        From `read_tensors`.
    messages : list of str
        Which of several are taken is added.

    Raises
    ------
    ModelError
        There are none.
    """
    import torch

    while isinstance(found, Mapping):
        holders = [key for key in _HOLDERS if isinstance(found.get(key), Mapping)]
        if not holders:
            break
        if holders[0] in _AVERAGED and len(holders) > 1:
            messages.append(f'{name} holds averaged weights beside the last ones: the averaged are taken.')
        found = found[holders[0]]
    tensors = {}
    if isinstance(found, Mapping):
        tensors = {str(key): value for key, value in found.items() if isinstance(value, torch.Tensor)}
    if not tensors:
        raise ModelError(f'{name} not loaded', 'it holds no weights', f'Export the network: {EXPORT}.')
    return tensors


def fit_weights(network: torch.nn.Module, weights: Mapping[str, torch.Tensor], name: str, messages: list[str]) -> None:
    """Give a network its weights, whatever stands before their names.

    Parameters
    ----------
    network : torch.nn.Module
        Is changed.
    weights : mapping of str to Tensor
        Their names may begin with those of wrappers ("module.", "_orig_mod.", "net.").
    name : str
        Of the file, for messages.
    messages : list of str
        What was left out is added.

    Raises
    ------
    ModelError
        A weight is missing, of another shape or not known to the network; each is named.
    """
    wanted = network.state_dict()
    prefix = _prefix(weights, wanted, name, messages)
    own = {key.removeprefix(prefix): value for key, value in weights.items() if key.startswith(prefix)}
    missing = [key for key in wanted if key not in own]
    surplus = [key for key in own if key not in wanted]
    unused = [key for key in (*missing, *surplus) if _UNUSED.search(key)]
    misshapen = [key for key in own if key in wanted and own[key].shape != wanted[key].shape]
    if unused:
        messages.append(
            f'{name} comes from another version of MONAI: {len(unused)} weights that neither of them uses are let be.'
        )
    missing, surplus = ([key for key in keys if key not in unused] for keys in (missing, surplus))
    faults = [
        *_listed('missing', missing),
        *_listed('unexpected', surplus),
        *_listed('size mismatch', [f'{k} {_size(own[k])} where {_size(wanted[k])} is wanted' for k in misshapen]),
    ]
    if faults:
        raise ModelError(
            f'{name} does not fit its architecture', '; '.join(faults), 'Correct [architecture] in its spec.'
        )
    try:
        network.load_state_dict({key: value for key, value in own.items() if key in wanted}, strict=not unused)
    except (RuntimeError, TypeError) as error:
        raise ModelError(
            f'{name} does not fit its architecture', one_line(error), 'Correct [architecture] in its spec.'
        ) from error


def _prefix(
    weights: Mapping[str, torch.Tensor], wanted: Mapping[str, torch.Tensor], name: str, messages: list[str]
) -> str:
    """What stands before every name that the network knows; nothing where the names are its own."""
    if not wanted or any(key in weights for key in wanted):
        return ''
    ends = [key for key in wanted if not _UNUSED.search(key)]
    found = {}
    for end in ends[: 2 * _LISTED]:
        for key in weights:
            if key.endswith(f'.{end}'):
                found[key.removesuffix(end)] = sum(f'{key.removesuffix(end)}{other}' in weights for other in ends)
    if not found:
        return ''
    averaged = [prefix for prefix in found if 'ema' in prefix.split('.')[0].split('_')]
    prefix = max(averaged or found, key=lambda p: (found[p], -len(p)))
    if averaged:
        messages.append(f'{name} holds averaged weights ("{prefix}"): those are taken.')
    others = [key for key in weights if not key.startswith(prefix) and key != 'n_averaged']
    if others and not averaged:
        messages.append(f'{name} holds more than the network: {_listed("left out", others)[0]}.')
    return prefix


def _listed(what: str, names: list[str]) -> list[str]:
    if not names:
        return []
    more = f' and {len(names) - _LISTED} more' if len(names) > _LISTED else ''
    return [f'{what}: {", ".join(names[:_LISTED])}{more}']


def _size(weight: torch.Tensor) -> str:
    return ' x '.join(map(str, weight.shape)) or 'a number'


def _refused(name: str, code: str) -> ModelError:
    if re.search(r'(^torch\.nn\.modules|\.nets?\.|networks?\b)', code):
        what = f'it is a pickled module ({code}), and unpickling one can run anything'
        return ModelError(f'{name} not loaded', what, f'Export the network where it was made: {EXPORT}.')
    return ModelError(
        f'{name} not loaded',
        f'it pickles {code} beside or in place of weights, and unpickling that can run anything',
        f"Where it was made, save the weights alone: torch.save(model.state_dict(), 'weights.pt'); or {EXPORT}.",
    )


def _numpy_scalars() -> AbstractContextManager[None]:
    """Let the numbers of a training log through ("best_metric"): they are made of a type and bytes, and run nothing."""
    import numpy as np
    import torch

    types = [type(np.dtype(kind)) for kind in ('f2', 'f4', 'f8', 'i1', 'i2', 'i4', 'i8', 'u1', 'u2', 'u4', 'u8', '?')]
    scalar = np.float64(0).__reduce__()[0]
    # numpy 2 moved the function; files of numpy 1 name the old place.
    old = [(scalar, 'numpy.core.multiarray.scalar'), (scalar, 'numpy._core.multiarray.scalar')]
    allowed: AbstractContextManager[None] = torch.serialization.safe_globals([np.dtype, *types, *old])  # type: ignore[list-item]  # torch types pairs as tuples of one kind
    return allowed
