"""``perturb``: an image with a stack of perturbations applied, on the grid it came with."""

from __future__ import annotations

from typing import TYPE_CHECKING

from napari_segrobust.cli._arguments import add_image, add_stack, one_case, stack
from napari_segrobust.cli._verb import Verb

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace


def _add_arguments(parser: ArgumentParser) -> None:
    add_image(parser)
    add_stack(parser, required=True)
    parser.add_argument('--out', required=True, metavar='FILE', help='its ending is the format: .nii.gz, .nrrd ...')


def _run(arguments: Namespace) -> None:
    from napari_segrobust.cases import save_image
    from napari_segrobust.judging import clean_of
    from napari_segrobust.perturb import perturb_block, simulated_text

    entries = stack(arguments.perturb)
    case = one_case(arguments)
    whole = tuple(slice(0, size) for size in case.shape)
    image = perturb_block(clean_of(case), entries, block=whole)
    simulated = simulated_text(entries, case.intensity_range)
    save_image(arguments.out, image, case.geometry, description=simulated)
    print(simulated)


VERB = Verb('perturb', 'write an image with perturbations applied', _add_arguments, _run)
