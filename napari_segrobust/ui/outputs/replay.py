"""The settled result as words that repeat it: a command line, or a Python script."""

from __future__ import annotations

import json
import shlex
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from napari_segrobust.cases.roles import Role
from napari_segrobust.errors import ModelError, SegrobustError
from napari_segrobust.prompts import Prompts
from napari_segrobust.segment.protocols import AdjustableSegmenter
from napari_segrobust.segment.spec_file import REQUIRED, read_spec

if TYPE_CHECKING:
    from pydantic import BaseModel

    from napari_segrobust.cases import Case
    from napari_segrobust.explore.session import Session
    from napari_segrobust.explore.updates import LaneView, VolumeUpdate
    from napari_segrobust.scenario import Judgement
    from napari_segrobust.segment.spec import ModelSpec
    from napari_segrobust.walk import Walk

PROGRAM = 'napari-segrobust'
OUT = 'out'


@dataclass(frozen=True, eq=False)
class Settled:
    """A lane's result that answers the state as it is: the only thing that leaves the program.

    Attributes
    ----------
    update : VolumeUpdate
    view : LaneView
    walk : Walk
    source : str
        Name or path of the model, or name of the given prediction.
    spec : ModelSpec or None
        Of the model, where a person gave it in the window.
    """

    update: VolumeUpdate
    view: LaneView
    walk: Walk
    source: str
    spec: ModelSpec | None = None


def settled(session: Session, lane: int = 0) -> Settled:
    """Return the lane's result.

    Raises
    ------
    SegrobustError
        One line on why there is none that belongs to what is asked now.
    """
    if session.case is None:
        raise SegrobustError('Nothing to export', 'no case is open', 'Open an image first.')
    volume = session.volume
    if volume is None or not session.settled or not session.is_current(volume.request):
        why = f'the result is not settled ({session.status.kind})'
        raise SegrobustError('Not exported', why, 'Wait until the status is idle, or choose a model that runs.')
    view = next((one for one in volume.lanes if one.index == lane), None)
    if view is None:
        raise SegrobustError('Nothing to export', 'no model and no prediction is chosen', 'Choose one under Model.')
    asked = next(entry for entry in volume.request.lanes if entry.index == lane)
    shown = session.state.lanes[lane]
    return Settled(volume, view, asked.now, shown.source, shown.spec)


def as_command(session: Session, lane: int = 0) -> str:
    """The ``napari-segrobust run ...`` line that gives the same labels, for a POSIX shell.

    Raises
    ------
    SegrobustError
        Nothing is settled, or the case is more than a command can say.
    """
    found = settled(session, lane)
    case, walk = found.walk.case, found.walk
    if found.spec is not None and not _is_saved(found):
        remedy = f'Save the spec beside the model, or {_PYTHON[0].lower()}{_PYTHON[1:]}'
        raise SegrobustError('No command for this', 'the spec of the model is in no file', remedy)
    words = [PROGRAM, 'run', *_case_words(case, walk)]
    words += ['--prediction' if walk.model is None else '--model', _prediction_file(case, found) or found.source]
    words += _scenario_words(walk)
    words += [part for name, value in _turned(walk).items() for part in ('--set', f'{name}={value:g}')]
    if walk.model is not None:
        words += ['--trust'] * session.loader.trusts(found.source)
        words += ['--device', walk.model.device.partition(':')[0]]
    return shlex.join([*words, '--out', OUT])


def as_python(session: Session, lane: int = 0) -> str:
    """A script on the public interface that gives the same labels.

    Raises
    ------
    SegrobustError
        Nothing is settled, or a mask has no file.
    """
    found = settled(session, lane)
    walk = found.walk
    given = walk.model is None
    spec = '' if given or found.spec is None else f'spec={_entries(found.spec)!r}, '
    trust = ', trust=True' if session.loader.trusts(found.source) else ''
    model = 'None' if given else f'sr.load_model({found.source!r}, {spec}device={walk.model.device!r}{trust})'
    if _turned(walk):
        model += f'.adjusted({_turned(walk)!r})'
    last = f', given={found.source!r}' if given else ''
    return '\n'.join(
        [
            'import napari_segrobust as sr',
            '',
            f'case = {_case_call(walk.case)}',
            f'model = {model}',
            f'scenario = {_call(walk.scenario)}',
            f'result = sr.run(case, model, scenario{last})',
            'print(result.key, result.comparison and result.comparison.to_dict(case.geometry))',
            '',
        ]
    )


def _case_words(case: Case, walk: Walk) -> list[str]:
    sample = dict(case.provenance.get('sample', {}))
    if sample:
        if case.predictions:
            raise SegrobustError('No command for this', 'a rater of the sample was made a prediction', _PYTHON)
        name = sample.pop('name')
        return ['--sample', name, '--parameters', json.dumps(sample)]
    if 'resample' in case.provenance:
        raise SegrobustError('No command for this', 'masks were resampled', _PYTHON)
    words = ['--image', _image_file(case)]
    if walk.reference is not None:
        words += ['--reference', _mask_files(case, {walk.reference})[walk.reference]]
    if 'label_table' in case.provenance:
        words += ['--labels', case.provenance['label_table']['path']]
    return words


_PYTHON = 'Copy it as Python.'


def _entries(spec: ModelSpec) -> dict[str, Any]:
    """What every spec must say, and what differs from the defaults."""
    needed = spec.model_dump(mode='json', include={'name', *REQUIRED})
    return {**needed, **spec.model_dump(mode='json', exclude_defaults=True)}


def _is_saved(found: Settled) -> bool:
    """Whether the file beside the model says what the lane does."""
    try:
        return read_spec(Path(found.source)) == found.spec
    except ModelError:
        return False


def _prediction_file(case: Case, found: Settled) -> str | None:
    return _mask_files(case, {found.source})[found.source] if found.walk.model is None else None


def _scenario_words(walk: Walk) -> list[str]:
    """Short words where they say it all, else the scenario itself as JSON."""
    scenario = walk.scenario
    judgement = scenario.judgement
    if 'sample' not in walk.case.provenance:
        judgement = judgement.model_copy(update={'reference': None})  # the only one of the command
    tolerance = ['--tolerance-mm', f'{judgement.tolerance_mm:g}']
    context = scenario.context.model_dump(exclude_defaults=True)
    if scenario.prompts.scribbles is not None and walk.model is not None and walk.model.spec.prompts:
        raise SegrobustError('Cannot be repeated', 'scribbles are in no file', 'Save their layer, and use --scribbles.')
    plain = all(not p.parameters and p.region.kind == 'whole' for p in scenario.stack)
    plain = plain and scenario.prompts == Prompts()
    if plain and 'box' not in context and _is_plain(judgement):
        words = [part for p in scenario.stack for part in ('--perturb', f'{p.name}:{p.severity!r}:{p.seed}')]
        for name, value in context.items():
            said = ','.join(map(str, value)) or 'none' if isinstance(value, tuple) else str(value)
            words += [f'--{name}', said]
        return words + tolerance
    whole = scenario.model_copy(update={'judgement': judgement, 'perturbations': scenario.stack, 'seed': None})
    return ['--scenario', whole.model_dump_json(exclude_defaults=True)]


def _turned(walk: Walk) -> dict[str, float]:
    """Knobs of the model that do not stand at their defaults."""
    if not isinstance(walk.model, AdjustableSegmenter):
        return {}
    return {k.name: walk.model.values[k.name] for k in walk.model.parameters if walk.model.values[k.name] != k.default}


def _is_plain(judgement: Judgement) -> bool:
    """Whether nothing but the tolerance was chosen."""
    return judgement.model_dump(exclude_defaults=True).keys() <= {'tolerance_mm'}


def _case_call(case: Case) -> str:
    sample = dict(case.provenance.get('sample', {}))
    if sample:
        name = sample.pop('name')
        given = ''.join(f', {key}={value!r}' for key, value in sample.items())
        made = f'sr.load_sample({name!r}{given})'
        return f'{made}\n{_regrouping(case)}' if case.predictions else made
    arguments = [repr(_image_file(case))]
    for role, masks in _by_role(case).items():
        if masks:
            arguments.append(f'{role}s={_mask_files(case, masks)!r}')
    if 'label_table' in case.provenance:
        arguments.append(f'labels={case.provenance["label_table"]["path"]!r}')
    if 'resample' in case.provenance:
        arguments.append(f'resample={case.provenance["resample"]!r}')
    return f'sr.load_case({", ".join(arguments)})'


def _regrouping(case: Case) -> str:
    """Masks of a sample in other roles than it gives them."""
    references, predictions = list(case.references), list(case.predictions)
    return (
        'case = case.with_masks(\n'
        f'    references={{name: case.references[name] for name in {references!r}}},\n'
        f'    predictions={{name: case.references[name] for name in {predictions!r}}},\n'
        ')'
    )


def _by_role(case: Case) -> dict[str, list[str]]:
    plain = [name for name in case.references if name not in case.raters]
    return {Role.REFERENCE: plain, Role.PREDICTION: list(case.predictions), Role.RATER: list(case.raters)}


def _image_file(case: Case) -> str:
    path = case.provenance.get('path')
    if path is None:
        raise SegrobustError('Cannot be repeated', f'{case.name} has no file', 'Save the layer, and open the file.')
    return str(path)


def _mask_files(case: Case, names: Any) -> dict[str, str]:
    known = {name: fact for role in _by_role(case) for name, fact in case.provenance.get(f'{role}s', {}).items()}
    missing = [name for name in names if 'path' not in known.get(name, {})]
    if missing:
        raise SegrobustError('Cannot be repeated', f'{missing[0]} has no file', 'Save the layer, and open the file.')
    return {name: str(known[name]['path']) for name in names}


def _call(record: BaseModel) -> str:
    """A record as the call that makes it, without what is default."""
    given = type(record).model_fields.items()
    fields = [name for name, info in given if getattr(record, name) != info.get_default(call_default_factory=True)]
    return f'sr.{type(record).__name__}({", ".join(f"{name}={_value(getattr(record, name))}" for name in fields)})'


def _value(value: Any) -> str:
    if hasattr(value, 'model_dump'):
        return _call(value)
    if isinstance(value, tuple) and any(hasattr(part, 'model_dump') for part in value):
        return f'[{", ".join(map(_value, value))}]'
    return repr(value)
