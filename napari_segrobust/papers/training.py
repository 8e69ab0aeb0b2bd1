"""Networks that an experiment trains: each from a recipe, each saved as it comes, so that what was stopped goes on."""

from __future__ import annotations

import hashlib
import json
import time
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from napari_segrobust.errors import SegrobustError
from napari_segrobust.files import replacing
from napari_segrobust.segment.networks import build_network

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    import torch
    from numpy.typing import NDArray

    Batches = Iterator[tuple[NDArray[Any], NDArray[Any]]]
    Log = Callable[[str], None]

Loss = Literal['dice_softmax', 'dice_sigmoid', 'cross_entropy', 'dice_cross_entropy', 'dice_semimetric']

#: Nothing is divided by less.
_TINY = 1e-5


@dataclass(frozen=True, slots=True)
class Training:
    """What a network is trained from: all of it, so that equal recipes give equal networks.

    Attributes
    ----------
    name : str
        Of the network, and of its files.
    architecture : mapping
        As `build_network` takes it.
    task : mapping
        What its examples depend on, as plain values.
    steps : int
        Batches.
    rate : float
        First learning rate of Adam; it falls to 0 along a cosine.
    seed : int
        Of weights and examples.
    loss : str
        See `loss_of`.
    """

    name: str
    architecture: Mapping[str, Any]
    task: Mapping[str, Any] = field(default_factory=dict)
    steps: int = 100
    rate: float = 1e-3
    seed: int = 1
    loss: Loss = 'dice_softmax'

    @property
    def fingerprint(self) -> str:
        """Hash of the whole recipe: another one is another network."""
        return _hash(asdict(self))


class Store:
    """A folder with trained networks and with what was measured on each.

    Parameters
    ----------
    folder : Path
        Made where it is missing.
    device : str
        A torch device.
    log : callable, optional
        Told each line of progress.

    Raises
    ------
    SegrobustError
        The folder cannot be made or written.
    """

    def __init__(self, folder: Path, device: str = 'cpu', log: Log = lambda line: None) -> None:
        self.folder, self.device, self.log = folder, device, log
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            why = error.strerror or str(error)
            raise SegrobustError(f'{folder} cannot be made', why, 'Choose another folder.') from error

    def network(self, training: Training, batches: Callable[[], Batches]) -> torch.nn.Module:
        """Give the trained network in evaluation mode: from the folder, or else trained now and saved.

        Parameters
        ----------
        training : Training
        batches : callable
            Begins the stream of batches: images (B, 1, *spatial) float32 and labels (B, 1, *spatial).
        """
        from safetensors.torch import load, save

        path = self.folder / f'{training.name}.safetensors'
        # The weights are laid over those of a fresh network, whose draw no longer matters.
        network = _fresh(training)
        if path.exists() and _fingerprint(path) == training.fingerprint:
            network.load_state_dict(load(path.read_bytes()))
            return network.to(self.device).eval()
        fit(network, training, batches(), self.device, self.log)
        weights = {name: value.detach().cpu().contiguous() for name, value in network.state_dict().items()}
        with replacing(path) as temporary:
            temporary.write_bytes(save(weights, {'fingerprint': training.fingerprint}))
        return network.eval()

    def rows(
        self, training: Training, exam: Mapping[str, Any], measure: Callable[[], list[dict[str, Any]]]
    ) -> list[dict[str, Any]]:
        """Give what was measured on a network: from the folder, or else measured now and saved.

        Parameters
        ----------
        training : Training
        exam : mapping
            What the numbers depend on beside the network, as plain values.
        measure : callable
            Gives the rows; called only where they are not there.
        """
        path = self.folder / f'{training.name}.json'
        key = _hash({'training': training.fingerprint, 'exam': dict(exam)})
        if path.exists():
            kept = json.loads(path.read_text(encoding='utf-8'))
            if kept['key'] == key:
                found: list[dict[str, Any]] = kept['rows']
                return found
        rows = measure()
        with replacing(path) as temporary:
            temporary.write_text(json.dumps({'key': key, 'rows': rows}), encoding='utf-8')
        return rows


def fit(
    network: torch.nn.Module, training: Training, batches: Batches, device: str, log: Log = lambda line: None
) -> None:
    """Train a network in place.

    Parameters
    ----------
    network : torch.nn.Module
        Maps (B, 1, *spatial) to logits; moved to `device`, left in training mode.
    training : Training
    batches : iterator
        See `Store.network`.
    device : str
    log : callable, optional
    """
    import torch

    loss_function = loss_of(training.loss)
    optimiser = torch.optim.Adam(network.parameters(), lr=training.rate)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, T_max=training.steps)
    network.to(device).train()
    started, recent = time.perf_counter(), []
    for step in range(1, training.steps + 1):
        images, labels = (torch.from_numpy(array).to(device) for array in next(batches))
        loss = loss_function(output_of(network(images)), labels)
        optimiser.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]  # torch leaves it untyped
        optimiser.step()
        schedule.step()
        recent.append(loss.item())
        if step % max(1, training.steps // 4) == 0:
            mean = sum(recent) / len(recent)
            log(
                f'{training.name}: step {step}/{training.steps}, loss {mean:.3f}, {time.perf_counter() - started:.0f} s'
            )
            recent.clear()


def output_of(answer: Any) -> torch.Tensor:
    """The map of a network that answers with a list of maps (U-Net++): its last, which has passed most layers."""
    found: torch.Tensor = answer[-1] if isinstance(answer, (list, tuple)) else answer
    return found


def _fresh(training: Training) -> torch.nn.Module:
    """A network with weights drawn from the recipe's seed, without touching the generator of the process."""
    import torch

    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(training.seed)
        return build_network(training.architecture)


def loss_of(name: Loss) -> Callable[[torch.Tensor, torch.Tensor], torch.Tensor]:
    """Give a loss by name, as a function of logits and labels (B, 1, *spatial).

    Parameters
    ----------
    name : str
        ``dice_softmax``, MONAI's soft Dice of logits of two classes; ``dice_sigmoid``, the same of one sigmoid;
        ``cross_entropy`` of one sigmoid; ``dice_cross_entropy``, the sum of both; ``dice_semimetric``, of one sigmoid
        and labels that may be soft: one minus (|p + y| - |p - y|) / |p + y|, norms summed over each image.

    References
    ----------
    Wang et al., "Dice semimetric losses", arXiv:2303.16296 (2023): the first of two, which is soft Dice where labels
    are hard and is 0 exactly where p equals y.
    """
    from monai.losses import DiceLoss
    from torch.nn.functional import binary_cross_entropy_with_logits

    softmax, sigmoid = DiceLoss(to_onehot_y=True, softmax=True), DiceLoss(sigmoid=True)

    def cross_entropy(logits: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
        return binary_cross_entropy_with_logits(logits, labels.to(logits.dtype))

    def both(logits: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
        dice: torch.Tensor = sigmoid(logits, labels)
        return dice + cross_entropy(logits, labels)

    def semimetric(logits: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
        p, y = logits.sigmoid().flatten(1), labels.to(logits.dtype).flatten(1)
        total, apart = (p + y).sum(dim=1), (p - y).abs().sum(dim=1)
        return (1 - (total - apart) / total.clamp(min=_TINY)).mean()

    losses: dict[Loss, Callable[[torch.Tensor, torch.Tensor], torch.Tensor]] = {
        'dice_softmax': softmax,
        'dice_sigmoid': sigmoid,
        'cross_entropy': cross_entropy,
        'dice_cross_entropy': both,
        'dice_semimetric': semimetric,
    }
    return losses[name]


def _fingerprint(path: Path) -> str | None:
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(path, framework='pt') as file:
            return (file.metadata() or {}).get('fingerprint')
    except SafetensorError:  # another program's file, or a damaged one: it is trained again
        return None


def _hash(value: Any) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()
