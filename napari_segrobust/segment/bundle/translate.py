"""A bundle's configs as entries of a model spec, with a report of what was understood and what was not."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from napari_segrobust.errors import ConsentNeeded, ModelError, SpecMissing
from napari_segrobust.segment.bundle.draft import Draft, Fault, one_line
from napari_segrobust.segment.bundle.inferer import translate_inferer
from napari_segrobust.segment.bundle.metadata import modality_of, translate_metadata
from napari_segrobust.segment.bundle.network import translate_network
from napari_segrobust.segment.bundle.postprocessing import translate_postprocessing
from napari_segrobust.segment.bundle.preprocessing import translate_preprocessing

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from napari_segrobust.segment.bundle.resolver import Config


@dataclass(frozen=True)
class Translation:
    """What of a bundle is a model spec.

    Attributes
    ----------
    fields : dict
        Entries of a `ModelSpec`; what a bundle does not say is not there.
    messages : tuple of str
        One line with what was understood, then one for everything that a person must know.
    """

    fields: dict[str, Any]
    messages: tuple[str, ...]


def translate(
    name: str,
    config: Config,
    metadata: Mapping[str, Any],
    stated: Mapping[str, Any],
    *,
    beside: str,
    has_network: bool = False,
) -> Translation:
    """Say a bundle again as entries of a model spec.

    Parameters
    ----------
    name : str
        Of the bundle, for messages.
    config : Config
        Of ``inference.json``, with ``network_def``, ``preprocessing``, ``inferer`` and ``postprocessing``.
    metadata : mapping
        Content of ``metadata.json``.
    stated : mapping
        Entries that a person states; they are taken instead, and settle faults.
    beside : str
        Name of the file in which a person may state more.
    has_network : bool
        Whether its network comes from elsewhere, as code with its weights or from MONAI's own parser, so that the
        config need not name one known here.

    Raises
    ------
    ConsentNeeded
        What is needed hangs on expressions or on code of the bundle.
    SpecMissing
        A step has no counterpart here, and no entry of `stated` takes its place; all of them are named.
    ModelError
        Nothing could take its place.
    """
    network = Draft(fields={})
    translate_network(config.get('network_def' if 'network_def' in config else 'network'), network)
    draft = Draft(fields=dict(network.fields), said=list(network.said), modality=modality_of(metadata))
    if 'architecture' not in network.fields and not has_network:
        draft.expressions.extend(network.expressions)
        if not network.expressions and 'architecture' not in stated:
            draft.fault('its config has no network_def', 'architecture')
    draft.fields.update({k: v for k, v in stated.items() if k in ('dimensions', 'channels')})
    translate_inferer(config.get('inferer'), draft)
    if 'dimensions' not in draft.fields and draft.fields.get('window'):
        draft.fields['dimensions'] = len(draft.fields['window'])
    if 'preprocessing' in config:
        translate_preprocessing(config.get('preprocessing'), draft)
    translate_postprocessing(config.get('postprocessing'), draft)
    translate_metadata(metadata, draft)
    if draft.expressions:
        raise ConsentNeeded(name, tuple(draft.expressions))
    draft.fields.pop('outputs', None)
    open_faults = [fault for fault in draft.faults if not fault.settled_by or not set(fault.settled_by) <= set(stated)]
    if open_faults:
        raise _refused(name, beside, open_faults, {**draft.fields, **stated})
    understood = ['; '.join(draft.said) + '.'] if draft.said else []
    settled = [f'{fault.words}; its spec says {", ".join(fault.settled_by)} instead.' for fault in draft.faults]
    messages = tuple(f'{name}: {one_line(line, 1000)}' for line in (*understood, *settled, *draft.notes))
    return Translation({**draft.fields, **stated}, messages)


def _refused(name: str, beside: str, faults: Sequence[Fault], known: dict[str, Any]) -> ModelError:
    what, why = f'{name} not loaded', one_line('; '.join(fault.words for fault in faults))
    if any(not fault.settled_by for fault in faults):
        return ModelError(what, why, 'Choose another model.')
    entries = tuple(sorted({entry for fault in faults for entry in fault.settled_by}))
    known = {entry: value for entry, value in known.items() if entry not in entries}
    remedy = f'State {", ".join(entries)} in {beside} beside it, or give spec=: they are taken instead.'
    return SpecMissing(what, why, remedy, entries, known)
