"""``adjudicate``: what an adjudication has come to, rebuilt from its log and the masks."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from napari_segrobust.cli._arguments import add_json, write
from napari_segrobust.cli._raters import add_raters, agreement_of_log, rater_case, save_page, source_of
from napari_segrobust.cli._verb import Verb
from napari_segrobust.errors import ReviewError

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

    from napari_segrobust.review.adjudication import Ledger

_SCHEMA = 1


def _add_arguments(parser: ArgumentParser) -> None:
    words = 'of the adjudication; label, tolerance and rule are those it was begun with'
    parser.add_argument('--log', required=True, metavar='FILE.jsonl', help=words)
    add_raters(parser)
    words = 'write the final mask: 1 in, 2 tie, 3 nobody looked'
    parser.add_argument('--mask', metavar='FILE', help=words)
    parser.add_argument('--disputes', metavar='FILE.csv', help='write a row for each dispute and its decision')
    add_json(parser)
    parser.set_defaults(probability=None)


def _run(arguments: Namespace) -> None:
    from napari_segrobust.report import dispute_csv, save_final_mask, save_table
    from napari_segrobust.review.adjudication import Ledger

    if arguments.raters is None:
        raise ReviewError(
            'Nothing to rebuild from', 'a log holds decisions and no masks', 'Give the masks in --raters.'
        )
    log = Path(arguments.log)
    inputs = _inputs(log)
    case, notes = rater_case(arguments)
    agreement = agreement_of_log(arguments, case, inputs)
    standing = Ledger.read(log, agreement)
    source = source_of(arguments, case, agreement, standing)
    if standing.torn:
        notes.append(f'the last line of the log was never finished: {standing.torn} bytes are left out')
    if arguments.mask is not None:
        notes += save_final_mask(Path(arguments.mask), standing, case.geometry)
    if arguments.disputes is not None:
        save_table(Path(arguments.disputes), dispute_csv(source))
    if arguments.report is not None:
        save_page(arguments.report, source)
    content = _content(standing)
    if write(arguments.json, {**content, 'notes': notes}):
        return
    final, progress = content['final'], content['progress']
    for note in notes:
        print(note)
    print(f'{"closed" if standing.closed else "open"}, {"blinded" if content["blinded"] else "not blinded"}')
    print(f'{progress["settled"]} of {progress["items"]} disputes decided')
    print(
        f'final mask {final["volume"]:.4g} {final["unit"]}, {final["tie_voxels"]:,} voxels tied, {final["sha256"][:16]}'
    )


def _inputs(log: Path) -> dict[str, Any]:
    """What the log says of the masks it belongs to."""
    from napari_segrobust.review.adjudication.ledger import KIND
    from napari_segrobust.review.adjudication.log import broken, read

    inputs = read(log, KIND).first.get('inputs')
    if not (isinstance(inputs, dict) and {'label', 'tolerance'} <= set(inputs)):
        raise broken(log.name, 1, 'leaves something out')
    return inputs


def _content(standing: Ledger) -> dict[str, Any]:
    from dataclasses import asdict

    import numpy as np

    from napari_segrobust.review import ConsensusCode
    from napari_segrobust.review.adjudication.final import digest

    final, votes = standing.final_map(), standing.agreement.votes
    voxels, ties = (int(np.count_nonzero(final == code)) for code in (ConsensusCode.IN, ConsensusCode.TIE))
    decisions = standing.decisions.values()
    return {
        'schema': _SCHEMA,
        'closed': standing.closed,
        'blinded': standing.blinding.blinded,
        'model_was_shown': standing.model_was_shown,
        'rule': standing.rule,
        'adjudicators': sorted({decision.adjudicator for decision in decisions}),
        'progress': asdict(standing.progress),
        'final': {
            'voxels': voxels,
            'volume': voxels * votes.voxel_volume,
            'unit': votes.volume_unit,
            'tie_voxels': ties,
            'sha256': digest(final),
        },
        'disputes': [row.to_dict() for row in standing.table()],
    }


VERB = Verb('adjudicate', 'rebuild the final mask and the tables of an adjudication from its log', _add_arguments, _run)
