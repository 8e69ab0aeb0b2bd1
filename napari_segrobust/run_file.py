"""The record of a run on disk: from which files, with which model, what was done; enough to repeat it byte for byte."""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from napari_segrobust.cases import load_case, load_sample
from napari_segrobust.cases.save import save_image
from napari_segrobust.cases.scribbles import SCRIBBLES, keep_scribbles
from napari_segrobust.errors import CaseError, first_fault
from napari_segrobust.files import replacing
from napari_segrobust.perturb import simulated_text
from napari_segrobust.perturb.recipe import load_masks
from napari_segrobust.scenario import Scenario
from napari_segrobust.segment.adjust import values_of
from napari_segrobust.segment.ensemble import Ensemble

if TYPE_CHECKING:
    from napari_segrobust.cases import Case
    from napari_segrobust.compare import Comparison
    from napari_segrobust.geometry import GridGeometry
    from napari_segrobust.pipeline import Result
    from napari_segrobust.remedies import Remedied
    from napari_segrobust.walk import Walk

SCHEMA: Literal[1] = 1
PREDICTION, ERROR, REFERENCE, METRICS, RUN, TIMINGS = (
    'prediction.nii.gz', 'error.nii.gz', 'reference.nii.gz', 'metrics.json', 'run.json', 'timings.json',
)  # fmt: skip


class Source(BaseModel):
    """A file or folder, relative to the run file, with its content hash; or a built-in sample."""

    model_config = ConfigDict(frozen=True, extra='forbid')

    path: str
    sha256: str


class CaseRecord(BaseModel):
    """Where a case came from; `masks` holds those that regions were drawn on, `scribbles` what a model is shown."""

    model_config = ConfigDict(frozen=True, extra='forbid')

    image: Source | None = None
    sample: str | None = None
    parameters: dict[str, Any] = Field(default_factory=dict)
    references: dict[str, Source] = Field(default_factory=dict)
    predictions: dict[str, Source] = Field(default_factory=dict)
    labels: Source | None = None
    masks: Source | None = None
    scribbles: Source | None = None
    spacing: tuple[float, ...] | None = None

    def load(self, folder: Path) -> Case:
        """Read the case; a file whose content changed is refused.

        Raises
        ------
        CaseError
            A file is gone, or is not the one that was used.
        """
        case = self._load(folder)
        if self.masks is None:
            return case
        return case.with_masks(drawn_masks={**case.drawn_masks, **load_masks(_unchanged(self.masks, folder))})

    def _load(self, folder: Path) -> Case:
        if self.sample is not None:
            return load_sample(self.sample, **self.parameters)
        if self.image is None:
            raise CaseError('Run file unusable', 'it names no image', 'Write it again with the run verb.')
        references = self.references if self.scribbles is None else {**self.references, SCRIBBLES: self.scribbles}
        case = load_case(
            _unchanged(self.image, folder),
            references={name: _unchanged(source, folder) for name, source in references.items()},
            predictions={name: _unchanged(source, folder) for name, source in self.predictions.items()},
            labels=None if self.labels is None else _unchanged(self.labels, folder),
            spacing=self.spacing,
        )
        return case if self.scribbles is None else keep_scribbles(case)

    def moved(self, old: Path, new: Path) -> Self:
        """Return the same files, relative to `new` in place of `old`."""

        def move(source: Source) -> Source:
            return source.model_copy(update={'path': relative_to(old / source.path, new)})

        return self.model_copy(
            update={
                'image': None if self.image is None else move(self.image),
                'labels': None if self.labels is None else move(self.labels),
                'masks': None if self.masks is None else move(self.masks),
                'scribbles': None if self.scribbles is None else move(self.scribbles),
                'references': {name: move(source) for name, source in self.references.items()},
                'predictions': {name: move(source) for name, source in self.predictions.items()},
            }
        )


class ModelRecord(BaseModel):
    """Which model, or which of the case's given predictions.

    Attributes
    ----------
    name, key : str
        The name of an incomplete ensemble says so.
    given : bool
    path : str or None
        Of a model that was read from a file.
    parameters : dict of str to float
        How its knobs were turned.
    source : str or None
        By what an ensemble without a file, or an altered network, is loaded.
    missing : dict of str to str
        Members of an ensemble that took no part, and why.
    """

    model_config = ConfigDict(frozen=True, extra='forbid')

    name: str
    key: str
    given: bool = False
    path: str | None = None
    parameters: dict[str, float] = Field(default_factory=dict)
    source: str | None = None
    missing: dict[str, str] = Field(default_factory=dict)


class RunRecord(BaseModel):
    """A whole run file.

    Attributes
    ----------
    half_precision : bool
        Whether the network computed in float16 on a GPU.
    half_precision_changes : float or None
        Fraction of the labels that half precision was measured to change; None where it was not measured.
    """

    model_config = ConfigDict(frozen=True, extra='forbid')

    schema_: Literal[1] = Field(default=SCHEMA, alias='schema')
    case: CaseRecord
    model: ModelRecord
    scenario: Scenario
    device: str = 'cpu'
    half_precision: bool = False
    half_precision_changes: float | None = None
    versions: dict[str, str] = Field(default_factory=dict)
    result_sha256: str = ''


def source_of(path: str | os.PathLike[str], folder: Path) -> Source:
    """Record a file or folder relative to the folder of the run file."""
    absolute = Path(path).resolve()
    if not absolute.exists():
        raise CaseError(f'{absolute.name} not found', 'there is no such file or folder', 'Check the path.')
    return Source(path=relative_to(absolute, folder), sha256=content_hash(absolute))


def relative_to(path: str | os.PathLike[str], folder: Path) -> str:
    """Path of a file as seen from a folder, with ``/`` on every system; absolute on another drive."""
    absolute = Path(path).resolve()
    try:
        return Path(os.path.relpath(absolute, folder.resolve())).as_posix()
    except ValueError:  # Windows: there is no way from one drive to another
        return absolute.as_posix()


def content_hash(path: Path) -> str:
    """SHA-256 of a file, or of the names and contents of a folder's files."""
    digest = hashlib.sha256()
    files = [path] if path.is_file() else sorted(p for p in path.iterdir() if p.is_file())
    for file in files:
        if path.is_dir():
            digest.update(file.name.encode() + b'\0')
        with file.open('rb') as opened:
            while part := opened.read(1 << 20):
                digest.update(part)
    return digest.hexdigest()


def read_run(path: str | os.PathLike[str]) -> RunRecord:
    """Read a run file.

    Raises
    ------
    CaseError
        Not there, not a run file, or from a newer version.
    """
    path = Path(path)
    try:
        return RunRecord.model_validate(json.loads(path.read_text(encoding='utf-8')))
    except OSError as error:
        raise CaseError(f'{path.name} cannot be read', error.strerror or str(error), 'Check the path.') from None
    except ValidationError as error:
        why = first_fault(error)
        raise CaseError(f'{path.name} is no run file', why, 'Write it again with the run verb.') from None
    except ValueError:
        raise CaseError(f'{path.name} is no run file', 'it is not JSON', 'Write it again with the run verb.') from None


def write_run(
    result: Result,
    case: CaseRecord,
    folder: Path,
    *,
    model_path: str | None = None,
    stability: Comparison | None = None,
    remedied: Remedied | None = None,
) -> dict[str, Path]:
    """Write what a run gave: prediction, error map, metrics, record, times. Each file whole or not at all.

    Parameters
    ----------
    result : Result
    case : CaseRecord
        Where the case came from, relative to `folder`.
    folder : Path
        Made when it is not there.
    model_path : str, optional
        Of a model that was read from a file, relative to `folder`.
    stability : Comparison, optional
        Against the clean prediction, from `pipeline.stability`.
    remedied : Remedied, optional
        What the remedies were worth, from `judge_remedies`.

    Returns
    -------
    dict of str to Path
        The files by their names.
    """
    folder.mkdir(parents=True, exist_ok=True)
    walk, geometry = result.walk, result.walk.case.geometry
    simulated = simulated_text(walk.stack, walk.case.intensity_range)
    said = '. '.join(filter(None, [_incomplete(walk), simulated]))
    written = {PREDICTION: save_image(folder / PREDICTION, result.labels, geometry, description=said)}
    metrics: dict[str, Any] = {'schema': SCHEMA, 'labels': {}, 'reason': 'no reference to compare with'}
    if result.comparison is not None:
        error = result.comparison.error_map
        written[ERROR] = save_image(folder / ERROR, error, geometry, description=said)
        metrics = result.comparison.to_dict(geometry)
    if result.reference is not None and walk.reference_stack:
        written[REFERENCE] = save_image(folder / REFERENCE, result.reference, geometry, description=said)
    record = RunRecord(
        case=case,
        model=ModelRecord(
            name=walk.model_name,
            key=walk.model_key,
            given=walk.model is None,
            path=model_path,
            parameters=values_of(walk.model),
            source=_source_of(walk.model) if model_path is None else None,
            missing=walk.model.missing if isinstance(walk.model, Ensemble) else {},
        ),
        scenario=walk.scenario,
        device=result.device,
        half_precision=result.precision.half,
        half_precision_changes=result.precision.changed,
        versions=result.versions(),
        result_sha256=result.key,
    )
    texts = {
        METRICS: {
            **metrics,
            'simulated': simulated or None,
            'stability': None if stability is None else stability.to_dict(geometry),
            **({} if remedied is None else _worth(remedied, geometry)),
        },
        RUN: record.model_dump(mode='json', by_alias=True),
        TIMINGS: dict(result.times_ms),
    }
    for name, content in texts.items():
        written[name] = write_json(folder / name, content)
    return written


def _incomplete(walk: Walk) -> str:
    """Name of an ensemble that lacks members: it stands in every file."""
    return walk.model_name if isinstance(walk.model, Ensemble) and walk.model.missing else ''


def _worth(remedied: Remedied, geometry: GridGeometry) -> dict[str, Any]:
    shares = {
        str(label): {key: share.to_dict() for key, share in values.items()}
        for label, values in remedied.won_back.items()
    }
    return {'without_remedies': remedied.without.to_dict(geometry), 'won_back': shares}


def write_json(path: Path, content: Any) -> Path:
    """Write JSON with stable bytes, atomically; NaN and infinity are refused.

    Raises
    ------
    CaseError
        Nothing can be written there.
    """
    text = json.dumps(content, indent=1, ensure_ascii=False, allow_nan=False)
    try:
        with replacing(path) as temporary:
            temporary.write_bytes(text.encode() + b'\n')
    except OSError as error:
        why = error.strerror or str(error)
        raise CaseError(f'{path} cannot be written', why, 'Choose another folder, or free some space.') from None
    return path


def _unchanged(source: Source, folder: Path) -> Path:
    path = (folder / source.path).resolve()
    if not path.exists():
        raise CaseError(f'{path.name} not found', 'the run was made with it', 'Put it back where it was.')
    if content_hash(path) != source.sha256:
        raise CaseError(
            f'{path.name} has changed', 'its content is not that of the run', 'Put the old file back, or run anew.'
        )
    return path


def _source_of(model: object) -> str | None:
    """What loads a model again, where that is not its name."""
    if isinstance(model, Ensemble):
        return model.merger.source
    found: str | None = getattr(model, 'source', None)
    return found
