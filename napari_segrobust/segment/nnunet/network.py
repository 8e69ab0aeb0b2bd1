"""The networks of a trained-model folder, built by nnU-Net's own function, and averaged over the folds."""

from __future__ import annotations

import importlib.util
from contextlib import contextmanager, redirect_stdout
from io import StringIO
from typing import TYPE_CHECKING, Any

from napari_segrobust.errors import ConsentNeeded, ModelError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from torch import nn

    from napari_segrobust.segment.nnunet.checkpoint import Checkpoint

#: Where the classes of networks may come from; plans may name any module, and importing one runs it.
_HOMES = ('dynamic_network_architectures.', 'torch.nn.')
INSTALL = 'Install it: pip install "napari-segrobust[nnunet]".'


def need_nnunet(name: str) -> None:
    """Refuse a model where nnU-Net is not installed.

    Raises
    ------
    ModelError
        It is not.
    """
    if importlib.util.find_spec('nnunetv2') is None:
        raise ModelError(f'{name} not loaded', 'it is a model of nnU-Net v2, which is not installed', INSTALL)


@contextmanager
def quiet() -> Iterator[None]:
    """Keep what nnU-Net prints, of folders of its training among others, from whoever reads our output."""
    with redirect_stdout(StringIO()):
        yield


def networks_of(
    plans: Mapping[str, Any], configuration: str, heads: int, channels: int, checkpoints: Sequence[Checkpoint],
    *, trust: bool = False,
) -> list[nn.Module]:  # fmt: skip
    """Build a network for each checkpoint.

    Parameters
    ----------
    plans : mapping
    configuration : str
        Its name.
    heads, channels : int
        Outputs and inputs.
    checkpoints : sequence of Checkpoint
    trust : bool
        Whether classes from anywhere may be used.

    Raises
    ------
    ConsentNeeded
        The plans name a class from elsewhere.
    ModelError
        The plans cannot be used, or the weights belong to another network.
    """
    with quiet():
        from nnunetv2.utilities.get_network_from_plans import get_network_from_plans
        from nnunetv2.utilities.plans_handling.plans_handler import PlansManager

        manager = PlansManager(dict(plans)).get_configuration(configuration)
    arguments = dict(manager.network_arch_init_kwargs)
    imported = list(manager.network_arch_init_kwargs_req_import)
    named = [manager.network_arch_class_name, *(arguments.get(key) for key in imported)]
    strange = [name for name in named if name is not None and not str(name).startswith(_HOMES)]
    if strange and not trust:
        raise ConsentNeeded('plans.json', tuple(f'plans.json: {name}' for name in strange))
    built = []
    for checkpoint in checkpoints:
        try:
            with quiet():
                network: nn.Module = get_network_from_plans(
                    manager.network_arch_class_name,
                    arguments,
                    imported,
                    channels,
                    heads,
                    allow_init=False,
                    deep_supervision=False,
                )
            network.load_state_dict(checkpoint.weights)
        except (RuntimeError, TypeError, ValueError, KeyError, ImportError, AttributeError) as error:
            lines = [line.strip() for line in str(error).splitlines() if line.strip()]
            why = f'trained by {checkpoint.trainer or "an unknown trainer"}: {" ".join(lines)[:200]}'
            remedy = 'Use a folder whose trainer keeps the network of the plans.'
            raise ModelError('Weights do not fit the network of plans.json', why, remedy) from error
        built.append(network)
    return built


def mean_of(networks: Sequence[nn.Module]) -> nn.Module:
    """One module that answers with the mean of the logits of several."""
    import torch

    if len(networks) == 1:
        return networks[0]

    class Folds(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.folds = torch.nn.ModuleList(networks)

        def forward(self, windows: torch.Tensor) -> torch.Tensor:
            first, *others = self.folds
            total: torch.Tensor = first(windows)
            for fold in others:
                total = total + fold(windows)
            return total / len(self.folds)

    return Folds()
