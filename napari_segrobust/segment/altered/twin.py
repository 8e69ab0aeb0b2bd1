"""A second structure of modules around the weights of a first, which sees nothing of what is done to it."""

from __future__ import annotations

import copy
import hashlib
from itertools import chain
from typing import TYPE_CHECKING, Any

from napari_segrobust.errors import ModelError
from napari_segrobust.segment.ensemble import Ensemble
from napari_segrobust.segment.module import TorchSegmenter
from napari_segrobust.segment.quick_layers import restore

if TYPE_CHECKING:
    import torch


def twin(module: torch.nn.Module) -> torch.nn.Module:
    """Copy the modules of a network and share its weights.

    Parameters
    ----------
    module : torch.nn.Module
        Is only read.

    Returns
    -------
    torch.nn.Module
        Its parameters and buffers lie where those of `module` lie, and ask for no gradient; moving the one to another
        device leaves the other. Layers compute by PyTorch's own ways, see `napari_segrobust.segment.quick_layers`.
    """
    from torch import nn

    memo: dict[int, Any] = {}
    for tensor in chain(module.parameters(), module.buffers()):
        shared = tensor.detach()
        memo[id(tensor)] = nn.Parameter(shared, requires_grad=False) if isinstance(tensor, nn.Parameter) else shared
    made = copy.deepcopy(module, memo)
    restore(made)
    return made


def own_network(model: object, what: str) -> TorchSegmenter:
    """Take a model whose layers can be reached.

    Parameters
    ----------
    model : object
        From `load_model`.
    what : str
        What cannot be done otherwise, as in "Padding of brain-unet not changed".

    Raises
    ------
    ModelError
        It is an ensemble, no network, or one whose layers are compiled into its file.
    """
    import torch

    remedy = 'Load the network from its weights and its architecture.'
    if isinstance(model, Ensemble):
        raise ModelError(what, 'an ensemble has several networks', 'Take one of its members.')
    if not isinstance(model, TorchSegmenter):
        raise ModelError(what, 'it is no PyTorch network whose layers can be reached', remedy)
    if isinstance(model.module, torch.jit.ScriptModule):
        raise ModelError(what, 'the layers of a TorchScript file are compiled', remedy)
    if not any(layer.__class__.__module__.startswith('torch.nn.modules.conv') for layer in model.module.modules()):
        raise ModelError(what, 'it has no convolution layers, or they are compiled into its file', remedy)
    return model


def altered(model: TorchSegmenter, module: torch.nn.Module, words: str) -> TorchSegmenter:
    """The model around an altered twin of its network, with a name and a key of its own.

    Parameters
    ----------
    model : TorchSegmenter
    module : torch.nn.Module
    words : str
        What was done: "reflect padding".
    """
    joined = 'and' if ' with ' in model.spec.name else 'with'
    spec = model.spec.model_copy(update={'name': f'{model.spec.name} {joined} {words}'})
    key = hashlib.sha256(f'{model.key} {words}'.encode()).hexdigest()[:16]
    return model.around(module, spec, key)
