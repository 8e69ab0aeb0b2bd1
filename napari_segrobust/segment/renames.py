"""Arguments of MONAI's networks as older versions called them, in the words of the version that is installed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

#: Networks whose ``dimensions`` became ``spatial_dims`` in MONAI 0.6.
_DIMENSIONS = ('UNet', 'NoSkipUNet', 'BasicUNet', 'HighResNet', 'AutoEncoder')
#: Networks that fetch weights from the internet when they are told to; here the file has the weights.
_PRETRAINED = ('FlexibleUNet', 'AHNet')

_Rule = 'Callable[[dict[str, Any]], str | None]'


def current_arguments(architecture: Mapping[str, Any]) -> tuple[dict[str, Any], list[str]]:
    """Translate the arguments of an older MONAI.

    Parameters
    ----------
    architecture : mapping
        ``{"name": ..., ...arguments}`` with the name as `napari_segrobust.segment.networks.network_name` gives it.

    Returns
    -------
    arguments : dict
        The same, with the names of MONAI 1.6.
    changes : list of str
        What was changed and why, one line each.

    Notes
    -----
    Read off MONAI's own history: ``dimensions`` (until 0.6), UNETR's ``pos_embed`` (until 1.4), SwinUNETR's
    ``img_size`` (until 1.5), VNet's ``dropout_prob`` (until 1.2, a bare number fails since).
    """
    found = dict(architecture)
    rules: list[Callable[[dict[str, Any]], str | None]] = []
    name = found.get('name')
    if name in _DIMENSIONS:
        rules.append(_spatial_dims)
    if name in _PRETRAINED:
        rules.append(_not_pretrained)
    rules += _RULES.get(str(name), ())
    changes = [change for rule in rules if (change := rule(found)) is not None]
    return found, [f'{name} of an older MONAI: {change}.' for change in changes]


def _spatial_dims(found: dict[str, Any]) -> str | None:
    return _renamed(found, 'dimensions', 'spatial_dims')


def _proj_type(found: dict[str, Any]) -> str | None:
    return _renamed(found, 'pos_embed', 'proj_type')


def _no_image_size(found: dict[str, Any]) -> str | None:
    if 'img_size' not in found:
        return None
    del found['img_size']
    return 'img_size is left out, the network takes any multiple of 32'


def _dropouts(found: dict[str, Any]) -> str | None:
    """Split as MONAI 1.2 did: the second dropout of the way up was 0.5 whatever was asked for."""
    if 'dropout_prob' in found:
        share = found.pop('dropout_prob')
        found.setdefault('dropout_prob_down', share)
        found.setdefault('dropout_prob_up', (share, 0.5))
        return 'dropout_prob became dropout_prob_down and dropout_prob_up'
    if isinstance(found.get('dropout_prob_up'), (int, float)):
        found['dropout_prob_up'] = (found['dropout_prob_up'], 0.5)
        return 'dropout_prob_up became two numbers'
    return None


def _one_output(found: dict[str, Any]) -> str | None:
    """Keep the deepest of four heads, which is what the network was trained to answer."""
    if not found.get('deep_supervision'):
        return None
    found['deep_supervision'] = False
    return 'of its four outputs the deepest is taken'


def _not_pretrained(found: dict[str, Any]) -> str | None:
    # Without a word: the weights come from the file either way.
    found['pretrained'] = False
    return None


def _renamed(found: dict[str, Any], old: str, new: str) -> str | None:
    if old not in found:
        return None
    found.setdefault(new, found.pop(old))
    return f'{old} is called {new} now'


_RULES: dict[str, tuple[Callable[[dict[str, Any]], str | None], ...]] = {
    'UNETR': (_proj_type,),
    'SwinUNETR': (_no_image_size,),
    'VNet': (_dropouts,),
    'BasicUNetPlusPlus': (_one_output,),
}
