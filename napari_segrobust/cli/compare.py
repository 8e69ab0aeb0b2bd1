"""``compare``: two masks, every metric, as a table or as JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from napari_segrobust.cli._arguments import add_json, add_spacing, add_tolerance, numbers, write
from napari_segrobust.cli._verb import Verb
from napari_segrobust.errors import CompareError

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

    import numpy as np
    from numpy.typing import NDArray

    from napari_segrobust.cases import Case
    from napari_segrobust.compare import MetricSettings, MetricValue
    from napari_segrobust.compare.value import Value

#: Settings beside the tolerance: name, type, place-holder, words with the default.
_SETTINGS: tuple[tuple[str, type, str, str], ...] = (
    ('boundary_width_mm', float, 'MM', 'width of the band of boundary IoU (2)'),
    ('beta', float, 'B', 'how many times more recall weighs than precision in F-beta (2)'),
    ('error_weights', str, 'A,B', 'price of an extra and of a missed voxel, for Tversky and Hamming (0.3,0.7)'),
    ('bins', int, 'N', 'bins of the calibration errors (10)'),
    ('roi_margin_mm', float, 'MM', 'how far "near the structure" reaches beyond both masks (10)'),
    ('detection_threshold_ml', float, 'ML', 'a mask of at most this volume counts as empty in detection (0)'),
    ('lesion_overlap', float, 'SHARE', 'share of a lesion that must be exceeded to find it (0, any overlap)'),
    ('lesion_minimum_ml', float, 'ML', 'smaller lesions are left out (0)'),
)


def _add_arguments(parser: ArgumentParser) -> None:
    parser.add_argument('--reference', required=True, metavar='FILE')
    parser.add_argument('--prediction', required=True, metavar='FILE')
    add_spacing(parser)
    parser.add_argument('--labels', metavar='1,5', help='labels to compare (default: all that occur)')
    parser.add_argument('--metrics', metavar='dice,nsd', help='keys to compute (default: all whose needs are met)')
    parser.add_argument('--resample', choices=['nearest'], help='allow a prediction on another grid')
    maps = 'one map, of the one label; or a last axis of classes, background first, class k for label k'
    parser.add_argument('--probability', metavar='FILE', help=f'predicted probabilities: {maps}')
    parser.add_argument('--soft-reference', metavar='FILE', help='shares from 0 to 1, as --probability')
    parser.add_argument('--image', metavar='FILE', help='the image, of one channel, for metrics of intensity')
    add_tolerance(parser)
    for name, kind, place, words in _SETTINGS:
        parser.add_argument(f'--{name.replace("_", "-")}', type=kind, metavar=place, help=words)
    words = 'what makes one object: all neighbours, or those that share a face (full)'
    parser.add_argument('--connectivity', choices=['full', 'face'], help=words)
    add_json(parser)


def _run(arguments: Namespace) -> None:
    from napari_segrobust.compare import compare

    settings = _settings(arguments)
    case = _case(arguments)
    labels = numbers(arguments.labels, int, 'Labels')
    labels, probability = _maps(case, 'probability', labels)
    labels, soft_reference = _maps(case, 'soft_reference', labels)
    comparison = compare(
        case.references['reference'],
        case.predictions['prediction'],
        spacing=case.geometry.spacing_mm,
        labels=labels,
        metrics=None if arguments.metrics is None else arguments.metrics.split(','),
        probability=probability,
        soft_reference=soft_reference,
        image=None if arguments.image is None else case.image[0],
        settings=settings,
    )
    if write(arguments.json, {**comparison.to_dict(case.geometry), 'notes': list(case.notes)}):
        return
    for note in case.notes:
        print(note)
    for label, values in comparison.metrics.items():
        print(f'label {label}')
        for key, value in values.items():
            chip = comparison.chips.get(key, '')
            print(f'  {key:32} {shown(value)}{f"  [{chip}]" if chip else ""}')


def _settings(arguments: Namespace) -> MetricSettings:
    """Settings that were said; the rest are the defaults."""
    from napari_segrobust.compare import MetricSettings

    names = ('tolerance_mm', 'connectivity', *(name for name, *_ in _SETTINGS))
    said: dict[str, Any] = {name: getattr(arguments, name) for name in names if getattr(arguments, name) is not None}
    if 'error_weights' in said:
        said['error_weights'] = numbers(said['error_weights'], float, 'Error weights')
    return MetricSettings(**said)


def _case(arguments: Namespace) -> Case:
    """Both masks, the maps and the image, on one grid; without an image the reference stands in for it."""
    from napari_segrobust.cases import load_case

    softs = {'probability': arguments.probability, 'soft_reference': arguments.soft_reference}
    case = load_case(
        arguments.image or arguments.reference,
        references={'reference': arguments.reference},
        predictions={'prediction': arguments.prediction},
        soft_references={name: path for name, path in softs.items() if path is not None},
        spacing=numbers(arguments.spacing, float, 'Spacing'),
        resample=arguments.resample,
    )
    if arguments.image is not None and len(case.image) != 1:
        why = f'it has {len(case.image)} channels'
        raise CompareError('Image of several channels', why, 'Save the one that is meant in a file of its own.')
    return case


def _maps(
    case: Case, name: str, labels: tuple[int, ...] | None
) -> tuple[tuple[int, ...] | None, dict[int, NDArray[np.float32]] | None]:
    """Labels, and maps by label: a single map belongs to the only label, else class k to label k."""
    import numpy as np

    channels = case.soft_references.get(name)
    if channels is None:
        return labels, None
    if len(channels) > 2:
        return labels, dict(enumerate(channels[1:], start=1))
    occurring = np.union1d(case.references['reference'], case.predictions['prediction'])
    found = labels or tuple(int(value) for value in occurring if value) or (1,)
    if len(found) > 1:
        why = f'there is one map for the labels {", ".join(map(str, found))}'
        raise CompareError(f'Which label is the {name.replace("_", " ")} of', why, 'Name one with --labels.')
    return found, {found[0]: channels[1]}


def shown(value: MetricValue) -> str:
    """A metric value as text with its unit, or why there is none."""
    if value.value is None:
        return value.reason or value.status
    text = _text(value.value)
    text = f'{text} {value.unit}' if value.unit else text
    if value.sides is None:
        return text
    sides = ', '.join(
        f'{role} {_text(side)}' for role, side in zip(('reference', 'prediction'), value.sides, strict=True)
    )
    return f'{text} ({sides})'


def _text(value: Value | None) -> str:
    if isinstance(value, tuple):
        return ' x '.join(_text(part) for part in value)
    return f'{value:.6g}' if isinstance(value, float) else str(value)


VERB = Verb('compare', 'compare a prediction with a reference', _add_arguments, _run)
