"""The network of a bundle as an architecture of ours."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from napari_segrobust.segment.bundle.draft import expressions_in, name_in
from napari_segrobust.segment.bundle.resolver import Component, walk

if TYPE_CHECKING:
    from napari_segrobust.segment.bundle.draft import Draft

_PACKAGE = 'monai.networks.nets'
#: Arguments that are entries of a spec; ``dimensions`` is how MONAI called the first until 0.6.
_SIZES = {
    'spatial_dims': 'dimensions',
    'dimensions': 'dimensions',
    'in_channels': 'channels',
    'out_channels': 'outputs',
}


def translate_network(value: Any, draft: Draft) -> None:
    """Read the network into a draft: its architecture, dimensions, channels and number of outputs.

    Parameters
    ----------
    value : Any
        Resolved ``network_def``.
    draft : Draft
        Keeps as expressions what only MONAI could build: a class that is not MONAI's own is code of the bundle.
    """
    if not isinstance(value, Component):
        draft.leave(value)
        return
    name = name_in(value.target, _PACKAGE)
    if not name.isidentifier():
        draft.expressions.append(f'{value.place}::_target_: {value.target}')
        return
    arguments = dict(value.arguments)
    built = [item for item in walk(list(arguments.values())) if isinstance(item, Component)]
    if built or expressions_in(arguments):
        draft.expressions.extend(f'{item.place}::_target_: {item.target}' for item in built)
        draft.leave(arguments)
        return
    draft.fields['architecture'] = {'name': name, **arguments}
    told = {**_defaults(name), **arguments}
    for argument, entry in _SIZES.items():
        if isinstance(told.get(argument), int):
            draft.fields[entry] = told[argument]
    draft.said.append(f'network: {name}')


def _defaults(name: str) -> dict[str, Any]:
    """What MONAI takes where a config says nothing: ``SegResNet`` is 3D."""
    from inspect import signature

    from monai.networks import nets

    known = getattr(nets, name, None)
    parameters = signature(known).parameters.values() if isinstance(known, type) else ()
    return {parameter.name: parameter.default for parameter in parameters}
