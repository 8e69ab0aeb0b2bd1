"""``run``: perturb, segment, compare, write; and the same again from a run file, to the same bytes."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from napari_segrobust.cli._arguments import add_tolerance, numbers, perturbation
from napari_segrobust.cli._verb import Verb
from napari_segrobust.cli.compare import shown
from napari_segrobust.errors import CaseError, ModelError

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

    from napari_segrobust.pipeline import Result
    from napari_segrobust.run_file import CaseRecord
    from napari_segrobust.scenario import Scenario


def _add_arguments(parser: ArgumentParser) -> None:
    parser.add_argument('--image', metavar='FILE', help='image file or DICOM folder')
    parser.add_argument('--sample', metavar='NAME', help='a built-in sample in place of an image')
    parser.add_argument('--reference', metavar='FILE')
    parser.add_argument('--prediction', metavar='FILE', help='a given mask in place of a model')
    parser.add_argument('--labels', metavar='FILE', help='table of label names')
    parser.add_argument('--model', metavar='NAME', help='a name of the models verb, or a file')
    parser.add_argument('--perturb', action='append', default=[], metavar='NAME:SEVERITY[:SEED]')
    parser.add_argument('--window', metavar='Z,Y,X', help='sliding window in voxels')
    parser.add_argument('--overlap', type=float, metavar='SHARE')
    parser.add_argument('--spacing', metavar='Z,Y,X', help='voxel size in mm, over what the header says')
    parser.add_argument('--device', default='auto', choices=['auto', 'cpu', 'cuda', 'mps'])
    parser.add_argument('--from', dest='from_', metavar='FILE', help='repeat what a run file says')
    parser.add_argument('--out', required=True, metavar='FOLDER')
    add_tolerance(parser)


def _run(arguments: Namespace) -> None:
    folder = Path(arguments.out)
    if arguments.from_ is not None:
        _repeat(arguments, folder)
        return
    from napari_segrobust import pipeline
    from napari_segrobust.segment import load_model

    record = _case_record(arguments, folder)
    case = record.load(folder)
    if arguments.model is None and not case.predictions:
        raise ModelError('Nothing to run', 'neither --model nor --prediction was given', 'Give one of them.')
    model = None if arguments.model is None else load_model(arguments.model, device=arguments.device)
    given = None if model is not None else next(iter(case.predictions))
    result = pipeline.run(case, model, _scenario(arguments), given=given)
    _finish(result, record, folder, _model_path(arguments.model, folder))


def _scenario(arguments: Namespace) -> Scenario:
    from pydantic import ValidationError

    from napari_segrobust.context import Context
    from napari_segrobust.errors import ContextError
    from napari_segrobust.scenario import Judgement, Scenario

    try:
        context = Context(window=numbers(arguments.window, int, 'Window'), overlap=arguments.overlap)
    except ValidationError as error:
        why = f'{error.errors()[0]["loc"][0]}: {error.errors()[0]["msg"]}'
        raise ContextError('Context unusable', why, 'Give whole voxels, and an overlap from 0 to below 1.') from None
    return Scenario(
        perturbations=tuple(perturbation(text) for text in arguments.perturb),
        context=context,
        judgement=Judgement(tolerance_mm=arguments.tolerance_mm),
    )


def _case_record(arguments: Namespace, folder: Path) -> CaseRecord:
    from napari_segrobust.run_file import CaseRecord, source_of

    if (arguments.image is None) == (arguments.sample is None):
        raise CaseError('Nothing to look at', 'give --image or --sample, and not both', 'Give one of them.')
    if arguments.sample is not None:
        return CaseRecord(sample=arguments.sample)
    masks = {
        role: {} if path is None else {Path(path).name.partition('.')[0]: source_of(path, folder)}
        for role, path in (('references', arguments.reference), ('predictions', arguments.prediction))
    }
    return CaseRecord(
        image=source_of(arguments.image, folder),
        labels=None if arguments.labels is None else source_of(arguments.labels, folder),
        spacing=numbers(arguments.spacing, float, 'Spacing'),
        **masks,
    )


def _repeat(arguments: Namespace, folder: Path) -> None:
    from napari_segrobust import pipeline
    from napari_segrobust.run_file import read_run
    from napari_segrobust.segment import load_model

    source = Path(arguments.from_)
    old = read_run(source)
    case = old.case.load(source.parent)
    model, path = None, None
    if not old.model.given:
        path = None if old.model.path is None else str((source.parent / old.model.path).resolve())
        model = load_model(path or old.model.name, device=arguments.device)
        if model.key != old.model.key:
            why = 'its weights or its spec are not those of the run'
            raise ModelError(f'{old.model.name} has changed', why, 'Put the old model back, or run anew.')
    result = pipeline.run(case, model, old.scenario, given=old.model.name if old.model.given else None)
    _finish(result, _moved(old.case, source.parent, folder), folder, _model_path(path, folder))


def _moved(record: CaseRecord, old: Path, new: Path) -> CaseRecord:
    """The same sources, relative to another folder."""
    from napari_segrobust.run_file import source_of

    return record.model_copy(
        update={
            'image': None if record.image is None else source_of(old / record.image.path, new),
            'labels': None if record.labels is None else source_of(old / record.labels.path, new),
            'references': {k: source_of(old / s.path, new) for k, s in record.references.items()},
            'predictions': {k: source_of(old / s.path, new) for k, s in record.predictions.items()},
        }
    )


def _model_path(model: str | None, folder: Path) -> str | None:
    from napari_segrobust.run_file import source_of

    return source_of(model, folder).path if model is not None and Path(model).exists() else None


def _finish(result: Result, record: CaseRecord, folder: Path, model_path: str | None) -> None:
    from napari_segrobust.run_file import write_run

    written = write_run(result, record, folder, model_path=model_path)
    if result.comparison is not None:
        for label, values in result.comparison.metrics.items():
            name = result.walk.case.label_name(label)
            print(f'{name}: dice {shown(values["dice"])}, nsd {shown(values["nsd"])}, hd95 {shown(values["hd95"])}')
    print(f'wrote {", ".join(written)} to {folder}')


VERB = Verb('run', 'perturb an image, segment it, compare, and write everything', _add_arguments, _run)
