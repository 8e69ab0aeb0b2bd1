"""The network that a spec tells of: its arguments brought up to date, and its spec held against them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from napari_segrobust.errors import ModelError
from napari_segrobust.segment.network_sizes import classes_of, input_shape
from napari_segrobust.segment.networks import build_network, network_name
from napari_segrobust.segment.renames import current_arguments

if TYPE_CHECKING:
    from torch import nn

    from napari_segrobust.segment.input_shape import InputShape
    from napari_segrobust.segment.spec import ModelSpec


def network_for(spec: ModelSpec, messages: list[str]) -> tuple[nn.Module, ModelSpec, InputShape]:
    """Build the network of a spec, with random weights.

    Parameters
    ----------
    spec : ModelSpec
        With an architecture.
    messages : list of str
        What was changed in its arguments is added, and which windows it takes.

    Returns
    -------
    network : torch.nn.Module
    spec : ModelSpec
        The same with a window and a `pad_multiple` that the network can do with.
    shape : InputShape
        What the network takes.

    Raises
    ------
    ModelError
        The architecture is not known, its arguments are refused, or the spec tells of other dimensions, channels or
        classes.
    """
    given = dict(spec.architecture or {})
    arguments, changes = current_arguments({**given, 'name': network_name(given.get('name'))})
    network = build_network(arguments)
    messages.extend(changes)
    shape = input_shape(arguments, spec.dimensions)
    classes = classes_of(arguments)
    if classes is not None:
        check_classes(spec, classes)
    return network, shape.settle(spec, messages), shape


def check_classes(spec: ModelSpec, classes: int) -> None:
    """Refuse a spec that names more or fewer classes than its network answers with."""
    if len(spec.classes) != classes:
        raise ModelError(
            f'Spec of {spec.name} does not fit its network',
            f'{len(spec.classes)} classes ({", ".join(spec.classes)}), and the network answers with {classes}',
            'Name each channel of the answer in classes, the background too where it is one.',
        )
