"""``run``: perturb, segment, compare, write; and the same again from a run file, to the same bytes."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from napari_segrobust.cli._arguments import (
    CONTEXT,
    DEVICES,
    add_context,
    add_image,
    add_post,
    add_stack,
    add_tolerance,
    add_trust,
    context,
    numbers,
    post,
    size_notes,
    stack,
)
from napari_segrobust.cli._knobs import add_set, with_knobs
from napari_segrobust.cli._prompts import SHOWN, add_prompts, prompts
from napari_segrobust.cli._scribbles import add_scribbles, with_scribbles
from napari_segrobust.cli._verb import Verb
from napari_segrobust.cli.compare import shown
from napari_segrobust.errors import CaseError, CompareError, ModelError, PerturbationError, first_fault

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

    from napari_segrobust.cases import Case
    from napari_segrobust.pipeline import Result
    from napari_segrobust.run_file import CaseRecord, RunRecord, Source
    from napari_segrobust.scenario import Scenario

SPREAD = 'spread.json'
_CASE = ('image', 'sample', 'parameters', 'spacing', 'reference', 'prediction', 'labels')
_STACK = ('perturb', 'preset', 'recipe')
_POST = ('largest_component', 'fill_holes', 'minimum_ml')
#: What a run file decides; none of it may be given beside one.
_DECIDED = (*_CASE, 'model', *_STACK, *_POST, *CONTEXT, *SHOWN, 'scribbles', 'set', 'scenario')


def _add_arguments(parser: ArgumentParser) -> None:
    add_image(parser)
    parser.add_argument('--parameters', metavar='JSON', help='of the sample, such as {"alpha": 0.3}')
    parser.add_argument('--reference', metavar='FILE')
    parser.add_argument('--prediction', metavar='FILE', help='a given mask in place of a model')
    parser.add_argument('--labels', metavar='FILE', help='table of label names')
    parser.add_argument('--model', metavar='NAME', help='a name of the models verb, or a file')
    add_stack(parser)
    add_context(parser)
    add_post(parser)
    add_prompts(parser)
    add_scribbles(parser)
    add_set(parser)
    add_trust(parser)
    words = 'everything at once, as the panel copies it, in place of a stack, a window, prompts, --tolerance-mm'
    parser.add_argument('--scenario', metavar='JSON', help=words)
    parser.add_argument('--device', choices=DEVICES, help='default: auto, or the device of the run file')
    parser.add_argument('--from', dest='from_', metavar='FILE', help='repeat what a run file says')
    parser.add_argument('--out', required=True, metavar='FOLDER')
    words = 'repeat with seeds 0 to K - 1 for the whole stack: bias, standard deviation, repeatability'
    parser.add_argument('--seeds', type=int, metavar='K', help=words)
    add_tolerance(parser)


def _run(arguments: Namespace) -> None:
    folder = Path(arguments.out)
    _check_seeds(arguments)
    if arguments.from_ is not None:
        _repeat(arguments, folder)
        return
    from napari_segrobust import pipeline
    from napari_segrobust.segment import load_model

    plain = _plain_scenario(arguments)
    record = _case_record(arguments, folder)
    if (arguments.model is None) == (arguments.prediction is None):
        raise ModelError('Nothing to run', 'give --model or --prediction, and not both', 'Give one of them.')
    case = record.load(folder)
    scenario, case = (plain, case) if arguments.scenario is not None else _with_stack(plain, arguments, case)
    model = None
    if arguments.model is not None:
        loaded = load_model(arguments.model, device=arguments.device or 'auto', trust=arguments.trust)
        model = with_knobs(loaded, arguments)
    given = None if model is not None else next(iter(case.predictions))
    _make(folder)
    result = pipeline.run(case, model, scenario, given=given)
    _finish(result, record, folder, _model_path(arguments.model, folder), arguments.seeds)


def _with_stack(scenario: Scenario, arguments: Namespace, case: Case) -> tuple[Scenario, Case]:
    entries, case = stack(arguments, case)
    for note in size_notes(arguments, case):
        print(note)
    shown = with_scribbles(prompts(arguments, case.ndim), case)
    return scenario.model_copy(update={'perturbations': entries, 'prompts': shown}), case


def _plain_scenario(arguments: Namespace) -> Scenario:
    """The scenario without its stack, which is made for the case; all of it where it was given as JSON."""
    from pydantic import ValidationError

    from napari_segrobust.scenario import Judgement, Scenario

    if arguments.scenario is not None:
        decided = (*_STACK, *_POST, *CONTEXT, *SHOWN)
        beside = [name for name in decided if getattr(arguments, name) not in (None, [])]
        if beside:
            why = f'{_options(beside)} beside --scenario'
            raise CaseError('A scenario says all that is done', why, 'Leave them out.')
        try:
            return Scenario.model_validate_json(arguments.scenario)
        except ValidationError as error:
            remedy = 'Copy the command from the panel again.'
            raise CaseError('Scenario unusable', first_fault(error), remedy) from None
    if not 0 <= arguments.tolerance_mm < float('inf'):
        raise CompareError('Tolerance unusable', f'{arguments.tolerance_mm}', 'Give a length in mm, 0 or more.')
    judgement = Judgement(tolerance_mm=arguments.tolerance_mm, post=post(arguments))
    return Scenario(context=context(arguments), judgement=judgement)


def _case_record(arguments: Namespace, folder: Path) -> CaseRecord:
    from napari_segrobust.run_file import CaseRecord, source_of

    if (arguments.image is None) == (arguments.sample is None):
        raise CaseError('Nothing to look at', 'give --image or --sample, and not both', 'Give one of them.')
    if arguments.sample is not None:
        beside = [
            name for name in ('reference', 'prediction', 'labels', 'spacing', 'scribbles') if getattr(arguments, name)
        ]
        if beside:
            why = f'{_options(beside)} beside --sample'
            raise CaseError('A sample brings its own masks', why, 'Leave them out, or give --image.')
        parameters = _parameters(arguments.parameters)
        return CaseRecord(sample=arguments.sample, parameters=parameters, masks=_drawn(arguments.recipe, folder))

    def mask(path: str | None) -> dict[str, Source]:
        return {} if path is None else {Path(path).name.partition('.')[0]: source_of(path, folder)}

    return CaseRecord(
        image=source_of(arguments.image, folder),
        references=mask(arguments.reference),
        predictions=mask(arguments.prediction),
        labels=None if arguments.labels is None else source_of(arguments.labels, folder),
        masks=_drawn(arguments.recipe, folder),
        scribbles=None if arguments.scribbles is None else source_of(arguments.scribbles, folder),
        spacing=numbers(arguments.spacing, float, 'Spacing'),
    )


def _drawn(recipe: str | None, folder: Path) -> Source | None:
    """Masks that lie beside a recipe."""
    from napari_segrobust.perturb.recipe import masks_path
    from napari_segrobust.run_file import source_of

    return source_of(masks_path(recipe), folder) if recipe is not None and masks_path(recipe).exists() else None


def _parameters(text: str | None) -> dict[str, Any]:
    """Parameters of a sample from JSON."""
    try:
        found = json.loads(text or '{}')
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise CaseError('Parameters unusable', repr(text), 'Write them as JSON, such as {"alpha": 0.3}.')
    return found


def _repeat(arguments: Namespace, folder: Path) -> None:
    from napari_segrobust import pipeline
    from napari_segrobust.run_file import read_run
    from napari_segrobust.segment import load_model
    from napari_segrobust.segment.adjust import adjust
    from napari_segrobust.segment.ensemble import leave_out
    from napari_segrobust.segment.precision import fix_precision

    beside = [name for name in _DECIDED if getattr(arguments, name) not in (None, [])]
    if beside:
        raise CaseError('A run file says all that is done', f'{_options(beside)} beside --from', 'Leave them out.')
    source = Path(arguments.from_)
    old = read_run(source)
    case = old.case.load(source.parent)
    model, path = None, None
    if not old.model.given:
        path = None if old.model.path is None else str((source.parent / old.model.path).resolve())
        source_name = path or old.model.source or old.model.name
        model = load_model(source_name, device=arguments.device or old.device, trust=arguments.trust)
        model = adjust(model, old.model.parameters)
        leave_out(model, old.model.missing)
        if model.key != old.model.key:
            why = 'its weights or its spec are not those of the run'
            raise ModelError(f'{old.model.name} has changed', why, 'Put the old model back, or run anew.')
        fix_precision(model, old.half_precision, old.half_precision_changes, case.key)
    _make(folder)
    result = pipeline.run(case, model, old.scenario, given=old.model.name if old.model.given else None)
    _finish(result, old.case.moved(source.parent, folder), folder, _model_path(path, folder), arguments.seeds)
    _say_if_different(old, result)


def _make(folder: Path) -> None:
    """Make the folder before the work, not after it: there may be no place to keep the result."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        why = 'there is a file of that name' if isinstance(error, FileExistsError) else error.strerror or str(error)
        raise CaseError(f'{folder} cannot be made', why, 'Choose another folder.') from None
    if not os.access(folder, os.W_OK):
        raise CaseError(f'Nothing can be written to {folder}', 'it is write-protected', 'Choose another folder.')


def _model_path(model: str | None, folder: Path) -> str | None:
    from napari_segrobust.run_file import relative_to
    from napari_segrobust.segment.altered.name import is_altered, read_altered

    if model is None:
        return None
    # What is changed in a network stands behind its path, and stays there.
    file = read_altered(model).base if is_altered(model) else model
    return relative_to(model, folder) if Path(file).exists() else None


def _finish(result: Result, record: CaseRecord, folder: Path, model_path: str | None, seeds: int | None) -> None:
    from napari_segrobust.pipeline import stability
    from napari_segrobust.remedies import judge_remedies
    from napari_segrobust.run_file import write_run
    from napari_segrobust.segment.post import size_unit

    for message in result.messages:
        print(message, file=sys.stderr)
    if result.precision.words:
        print(f'{result.device}, {result.precision.words}')
    against_clean = stability(result)
    remedied = judge_remedies(result)
    written = write_run(result, record, folder, model_path=model_path, stability=against_clean, remedied=remedied)
    for against, comparison in (('reference', result.comparison), ('clean prediction', against_clean)):
        if comparison is None:
            continue
        for label, values in comparison.metrics.items():
            numbers = ', '.join(f'{key} {shown(values[key])}' for key in ('dice', 'nsd', 'hd95') if key in values)
            print(f'{result.walk.case.label_name(label)} to {against}: {numbers}')
    for label, shares in () if remedied is None else remedied.won_back.items():
        numbers = ', '.join(f'{key} {shown(shares[key])}' for key in ('dice', 'nsd', 'hd95') if key in shares)
        print(f'{result.walk.case.label_name(label)}, share of the loss that remedies win back: {numbers}')
    if result.walk.post.acts:
        unit = size_unit(result.walk.case.ndim, result.walk.case.geometry.spacing_mm)
        print(f'after {result.walk.model_name}: {result.walk.post.words(unit)}')
    names = [*written, *([_spread(result, folder, seeds)] if seeds else [])]
    print(f'wrote {", ".join(names)} to {folder}')


def _check_seeds(arguments: Namespace) -> None:
    if arguments.seeds is None:
        return
    if arguments.seeds < 2:
        raise PerturbationError('Seeds unusable', str(arguments.seeds), 'Give at least 2.')
    if arguments.prediction is not None:
        raise PerturbationError('Seeds unusable', 'a given mask has no draws', 'Give --model.')


def _spread(result: Result, folder: Path, seeds: int) -> str:
    """The same scenario with `seeds` draws: a line for each number, and the file."""
    from napari_segrobust.run_file import write_json
    from napari_segrobust.spread import VOLUME, spread

    walk = result.walk
    if walk.model is None:
        raise PerturbationError('Seeds unusable', 'a given mask has no draws', 'Use a run of a model.')
    found = spread(walk.case, walk.model, walk.scenario, seeds=range(seeds))
    for label, row in found.labels.items():
        for key in (VOLUME, 'dice', 'nsd', 'hd95'):
            at = row.get(key)
            if at is not None and at.n:
                cells = {'mean': at.mean, 'bias': at.bias, 'SD': at.sd, 'repeatability': at.rc}
                words = ', '.join(f'{name} {value:.3g}' for name, value in cells.items() if value is not None)
                print(f'{walk.case.label_name(label)}, {key}: {words} {at.unit or ""}'.rstrip())
    print(found.stamp if found.random else 'nothing in the stack is random: every draw would be the same')
    write_json(folder / SPREAD, found.to_dict())
    return SPREAD


def _say_if_different(old: RunRecord, result: Result) -> None:
    """Another device or another torch may round otherwise: that is no mistake, but it must be known."""
    if result.key == old.result_sha256:
        return
    now = {'device': result.device, **result.versions()}
    before = {'device': old.device, **old.versions}
    changed = [f'{name} {before.get(name)} -> {now[name]}' for name in now if now[name] != before.get(name)]
    why = ', '.join(changed) or 'device and versions are the same'
    print(f'The prediction is not that of the run: {why}. Compare the two with the compare verb.', file=sys.stderr)


def _options(names: list[str]) -> str:
    return ', '.join(f'--{name.replace("_", "-")}' for name in names)


VERB = Verb('run', 'perturb an image, segment it, compare, and write everything', _add_arguments, _run)
