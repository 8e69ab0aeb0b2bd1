"""``readers``: images under code names for people to draw on, and a robustness curve from what comes back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from napari_segrobust.cli._arguments import (
    add_image,
    add_json,
    add_stack,
    add_tolerance,
    numbers,
    one_case,
    perturbation,
    stack,
    write,
)
from napari_segrobust.cli._severities import add_severities, severities, with_severity
from napari_segrobust.cli._verb import Verb
from napari_segrobust.errors import CaseError, ReviewError

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace
    from collections.abc import Iterable

    from napari_segrobust.cases import Case
    from napari_segrobust.review.references import References
    from napari_segrobust.review.under_noise import HumanCurve

#: People tire: four images are a lot.
_SEVERITIES = '0,1,2,3'


def _add_arguments(parser: ArgumentParser) -> None:
    steps = parser.add_subparsers(title='steps', metavar='STEP', required=True)
    words = 'write the images for the readers, and the key that they must not see'
    packing = steps.add_parser('pack', help=words, description=words)
    add_image(packing)
    packing.add_argument('--reference', metavar='FILE', help='mask that a region, or a perturbation, refers to')
    add_stack(packing)
    add_severities(packing, _SEVERITIES)
    packing.add_argument('--label', type=int, default=1, metavar='N', help='that is to be drawn (1)')
    words = 'show each image so many times more, for intra-rater agreement (0)'
    packing.add_argument('--repeats', type=int, default=0, metavar='N', help=words)
    packing.add_argument('--out', required=True, metavar='FOLDER', help='for the readers; new or empty')
    packing.add_argument('--key', required=True, metavar='FILE.json', help='what each image is; keep it')
    packing.set_defaults(step=_pack)
    words = 'read the masks that came back, and measure them as a model is measured'
    gathering = steps.add_parser('gather', help=words, description=words)
    add_image(gathering)
    gathering.add_argument('--key', required=True, metavar='FILE.json', help='that was written with the images')
    words = 'masks, or folders of them; each folder has the name of its reader'
    gathering.add_argument('--masks', required=True, nargs='+', metavar='FILE', help=words)
    words = 'masks of three or more raters on the unperturbed image: all but one of them make each reference'
    gathering.add_argument('--raters', nargs='+', metavar='FILE', help=words)
    gathering.add_argument('--reference', metavar='FILE', help='one reference, in place of raters')
    gathering.add_argument('--pack', metavar='FOLDER', help='check that the images are still those of the key')
    add_tolerance(gathering)
    add_json(gathering)
    gathering.set_defaults(step=_gather)


def _run(arguments: Namespace) -> None:
    arguments.step(arguments)


def _pack(arguments: Namespace) -> None:
    from napari_segrobust.review.under_noise import pack

    levels = severities(arguments, _SEVERITIES)
    if levels is None:
        raise ReviewError('No pack', 'no perturbation is named', 'Give --perturbation NAME.')
    entries, case = stack(arguments, one_case(arguments))
    swept = perturbation(with_severity(arguments.perturbation))
    key = pack(
        case,
        (*entries, swept),
        levels,
        arguments.out,
        arguments.key,
        label=arguments.label,
        repeats=arguments.repeats,
    )
    print(f'{len(key.images)} images for the readers in {arguments.out}; README.txt tells them what to do')
    print(f'the key is {arguments.key}: keep it from them')


def _gather(arguments: Namespace) -> None:
    from napari_segrobust.review.under_noise import by_reader, gather, human_curve, read_key

    key, case = read_key(arguments.key), _case(arguments)
    found = gather(key, by_reader(arguments.masks), case, images=arguments.pack)
    curve = human_curve(found, _references(arguments, case, key.label))
    if write(arguments.json, curve.to_dict()):
        return
    for line in _lines(curve):
        print(line)


def _case(arguments: Namespace) -> Case:
    """The image with the masks on it; the reference, as when the pack was made, comes first."""
    from napari_segrobust.cases import load_case

    if arguments.sample is not None:
        return one_case(arguments)
    if arguments.image is None:
        raise CaseError('Nothing to look at', 'no image is given', 'Give the --image that the pack was made of.')
    return load_case(
        arguments.image,
        references=arguments.reference,
        raters=arguments.raters,
        spacing=numbers(arguments.spacing, float, 'Spacing'),
    )


def _references(arguments: Namespace, case: Case, label: int) -> References:
    """What everybody is measured against: majorities of all raters but one, or one reference."""
    from napari_segrobust.compare.settings import MetricSettings
    from napari_segrobust.review import agree
    from napari_segrobust.review.references import one_reference

    if case.raters:
        raters = {name: case.references[name] for name in case.raters}
        tolerance = arguments.tolerance_mm
        found = agree(raters, label=label, tolerance_mm=tolerance, geometry=case.geometry).references
        if found is None:
            raise ReviewError('Too few raters', f'{len(raters)}', 'Give three or more, or --reference.')
        return found
    if not case.references:
        raise ReviewError('Nothing to measure against', 'no mask is given', 'Give --raters or --reference.')
    name = next(iter(case.references))
    settings = MetricSettings(tolerance_mm=arguments.tolerance_mm)
    return one_reference(name, case.references[name] == label, case.geometry.spacing_mm, settings)


def _lines(curve: HumanCurve) -> Iterable[str]:
    yield from (*curve.problems, *curve.suspicions)
    yield f'against {curve.references.words}; Dice'
    width = max(map(len, curve.readers))
    yield ' '.join([f'{"severity":{width + 2}}', *(f'{severity:>6g}' for severity in curve.severities)])
    rows = {name: dict(curve.points('dice', name)) for name in curve.readers} | {'mean': dict(curve.points('dice'))}
    for name, row in rows.items():
        yield ' '.join([f'  {name:{width}}', *(f'{_text(row.get(s)):>6}' for s in curve.severities)])
    yield from curve.again('dice')
    words = curve.to_dict()['dice']['words']
    if words is not None:
        yield f'mean of the readers: {words}'


def _text(value: float | None) -> str:
    return '-' if value is None else f'{value:.3f}'


VERB = Verb(
    'readers', 'people under the same noise: images for them, their curve from what they draw', _add_arguments, _run
)
