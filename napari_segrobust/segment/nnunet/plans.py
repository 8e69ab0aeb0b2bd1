"""Plans of nnU-Net as a spec of ours: what can be said so, and what cannot."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from napari_segrobust.errors import ModelError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

#: Schemes of normalisation that have a name here; those of CT have numbers beside them.
_SCHEMES = {
    'ZScoreNormalization': 'zscore',
    'NoNormalization': 'none',
    'RescaleTo01Normalization': 'minmax',
    'RGBTo01Normalization': 'divide_255',
}
_CT = 'CTNormalization'
#: Where the axes of an array point to: as we read images, and as this reader of nnU-Net hands them over.
_OURS = 'SPL'
_READERS = {'NibabelIOWithReorient': 'SAR'}
#: A reader of images without a voxel size.
_PLAIN_IMAGES = 'NaturalImage2DIO'


@dataclass(frozen=True)
class Labels:
    """What the outputs of a network mean.

    Attributes
    ----------
    names : tuple of str
        One for each label, the background first, by rising value.
    values : tuple of int
        What nnU-Net writes into a mask for each of them.
    regions : tuple of int
        Of a network whose outputs overlap: for each output the place of its label in `names`, in the order in which
        nnU-Net lays one over another. Empty where the outputs are the labels.
    """

    names: tuple[str, ...]
    values: tuple[int, ...]
    regions: tuple[int, ...] = ()

    @property
    def heads(self) -> int:
        """Outputs of the network."""
        return len(self.regions) or len(self.names)


def configuration_of(plans: Mapping[str, Any], name: str) -> dict[str, Any]:
    """Entries of a configuration, those that it inherits among them.

    Raises
    ------
    ModelError
        There is none of that name, or it inherits from itself.
    """
    known = plans.get('configurations') or {}
    found: dict[str, Any] = {}
    passed: list[str] = []
    while name:
        if name not in known or name in passed:
            why = f'configuration {name!r} is not in plans.json, or inherits from itself'
            raise ModelError('nnU-Net model not loaded', why, f'Known there: {", ".join(known) or "none"}.')
        passed.append(name)
        found = {**known[name], **found}
        name = str(known[name].get('inherits_from') or '')
    return found


def labels_of(dataset: Mapping[str, Any]) -> Labels:
    """Labels by their values; a label to be ignored has no output."""
    told = {name: value for name, value in (dataset.get('labels') or {}).items() if name != 'ignore'}
    if any(isinstance(value, list) and len(value) > 1 for value in told.values()):
        names = [name for name, value in told.items() if set(_values(value)) != {0}]
        laid = [int(value) for value in dataset.get('regions_class_order') or ()]
        if len(laid) != len(names):
            why = f'{len(names)} regions and {len(laid)} entries of regions_class_order'
            raise ModelError('nnU-Net model not loaded', f'dataset.json has {why}', 'Correct dataset.json.')
        ranked = sorted(range(len(laid)), key=lambda place: laid[place])
        places = tuple(1 + ranked.index(place) for place in range(len(laid)))
        return Labels(('background', *(names[i] for i in ranked)), (0, *sorted(laid)), places)
    ordered = sorted((min(_values(value)), name) for name, value in told.items())
    return Labels(tuple(name for _, name in ordered), tuple(value for value, _ in ordered))


def why_not_windows(plans: Mapping[str, Any], configuration: Mapping[str, Any], labels: Labels) -> str:
    """Why a model cannot run through our windows; "" where it can."""
    schemes = configuration.get('normalization_schemes') or []
    if labels.regions:
        return 'its outputs are regions that overlap'
    if configuration.get('previous_stage'):
        return 'it is the second stage of a cascade'
    unknown = [scheme for scheme in schemes if scheme != _CT and scheme not in _SCHEMES]
    if unknown:
        return f'nothing is known here of {unknown[0]}'
    if len(set(map(str, _intensities(plans, configuration)))) > 1:
        return 'its channels are normalised in different ways'
    return ''


def spec_of(
    plans: Mapping[str, Any],
    dataset: Mapping[str, Any],
    configuration: Mapping[str, Any],
    mirror_axes: Sequence[int] = (),
) -> dict[str, Any]:
    """Entries of a model spec for a network that runs through our windows.

    Parameters
    ----------
    plans, dataset : mapping
    configuration : mapping
        From `configuration_of`.
    mirror_axes : sequence of int
        Axes of the network.

    Notes
    -----
    nnU-Net hands images over as (z, y, x) and brings the axes into the order of ``transpose_forward``; of a 2D network
    the first one then is that of the slices. Which way the axes of the training images pointed is recorded for one of
    its readers alone; else they are taken to point to Superior, Posterior, Left, as the arrays of most files do when
    SimpleITK has read them.
    """
    order = [int(axis) for axis in plans.get('transpose_forward') or (0, 1, 2)]
    patch = [int(n) for n in configuration['patch_size']]
    flat = len(patch) == 2
    axes = order[1:] if flat else order
    reader = str(plans.get('image_reader_writer'))
    letters = _READERS.get(reader, _OURS)
    spacing = [float(mm) for mm in configuration['spacing']]
    schemes = configuration.get('normalization_schemes') or []
    return {
        'dimensions': len(patch),
        'channels': len(channels_of(dataset)),
        'classes': labels_of(dataset).names,
        'window': tuple(patch),
        'overlap': 0.5,
        'blending': 'gaussian',
        'grid': 'nnunet',
        'slice_axis': order[0] if flat else 0,
        'spacing': 'native' if reader == _PLAIN_IMAGES else tuple(spacing[-len(patch) :]),
        'resample': {'image': 3, 'label': 0},
        # Of a CT the air around the patient is not 0: there is nothing to be cut away.
        'crop_foreground': bool(schemes) and not any(scheme in (_CT, 'RGBTo01Normalization') for scheme in schemes),
        'orientation': ''.join(letters[axis] for axis in axes),
        'intensity': _intensities(plans, configuration)[0],
        'activation': 'softmax',
        'mirror_axes': tuple(mirror_axes),
        'card': _card(plans),
    }


def whole_spec_of(
    plans: Mapping[str, Any],
    dataset: Mapping[str, Any],
    configuration: Mapping[str, Any],
    mirror_axes: Sequence[int] = (),
) -> dict[str, Any]:
    """Entries of a model spec for a network that runs as a whole through nnU-Net, which prepares the image itself.

    Parameters are those of `spec_of`. A 2D network is given whole volumes too; images without a voxel size are flat.
    """
    return {
        'dimensions': 2 if plans.get('image_reader_writer') == _PLAIN_IMAGES else len(_OURS),
        'channels': len(channels_of(dataset)),
        'classes': labels_of(dataset).names,
        'activation': 'softmax',
        'card': _card(plans),
    }


def _card(plans: Mapping[str, Any]) -> dict[str, str]:
    return {'reader': str(plans.get('image_reader_writer')), 'plans': str(plans.get('plans_name', ''))}


def channels_of(dataset: Mapping[str, Any]) -> list[str]:
    """Names of the channels, in order."""
    told = dataset.get('channel_names') or dataset.get('modality') or {'0': 'image'}
    return [str(told[key]) for key in sorted(told, key=int)]


def _values(value: Any) -> list[int]:
    return [int(one) for one in (value if isinstance(value, list) else [value])]


def _intensities(plans: Mapping[str, Any], configuration: Mapping[str, Any]) -> list[Any]:
    """What each channel becomes."""
    masked = configuration.get('use_mask_for_norm') or []
    numbers = plans.get('foreground_intensity_properties_per_channel') or {}
    numbers = numbers or plans.get('foreground_intensity_properties_by_modality') or {}
    found: list[Any] = []
    for channel, scheme in enumerate(configuration.get('normalization_schemes') or ['NoNormalization']):
        if scheme == _CT:
            told = numbers.get(str(channel), {})
            window = [float(told[key]) for key in ('percentile_00_5', 'percentile_99_5')]
            found.append({'ct': window, 'mean': float(told['mean']), 'sd': max(float(told['std']), 1e-8)})
        elif scheme == 'ZScoreNormalization' and channel < len(masked) and masked[channel]:
            found.append('zscore_nonzero')
        else:
            found.append(_SCHEMES.get(scheme, scheme))
    return found
