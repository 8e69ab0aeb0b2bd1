"""``predict``: what a model says of an image, as a label mask on the grid it came with."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from napari_segrobust.cli._arguments import (
    DEVICES,
    add_context,
    add_image,
    add_post,
    add_trust,
    context,
    one_case,
    post,
)
from napari_segrobust.cli._knobs import add_set, with_knobs
from napari_segrobust.cli._prompts import add_prompts, prompts
from napari_segrobust.cli._scribbles import add_scribbles, with_scribbles
from napari_segrobust.cli._verb import Verb

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace


def _add_arguments(parser: ArgumentParser) -> None:
    add_image(parser)
    parser.add_argument('--model', required=True, metavar='NAME', help='a name of the models verb, or a file')
    add_context(parser)
    add_post(parser)
    add_prompts(parser)
    add_scribbles(parser)
    add_set(parser)
    add_trust(parser)
    parser.add_argument('--device', default='auto', choices=DEVICES)
    parser.add_argument('--out', required=True, metavar='FILE', help='its ending is the format: .nii.gz, .nrrd ...')


def _run(arguments: Namespace) -> None:
    from napari_segrobust.cases import save_image
    from napari_segrobust.segment import load_model, predict
    from napari_segrobust.segment.post import size_unit

    seen, steps = context(arguments), post(arguments)
    case = one_case(arguments)
    model = with_knobs(load_model(arguments.model, device=arguments.device, trust=arguments.trust), arguments)
    shown = with_scribbles(prompts(arguments, case.ndim), case)
    prediction = predict(case, model, context=seen, post=steps, prompts=shown)
    save_image(arguments.out, prediction.labels, case.geometry, description=prediction.name)
    for message in prediction.messages:
        print(message, file=sys.stderr)
    done = (model.spec.post if steps is None else steps).words(size_unit(case.ndim, case.geometry.spacing_mm))
    print(f'{prediction.name}{", " if done else ""}{done}')
    for value, name in enumerate(model.spec.labelled, start=1):
        print(f'{value} {name}: {int((prediction.labels == value).sum()):,} voxels')


VERB = Verb('predict', "write a model's label mask of an image", _add_arguments, _run)
