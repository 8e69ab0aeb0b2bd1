"""``perturb``: an image with a stack of perturbations applied, on the grid it came with."""

from __future__ import annotations

from typing import TYPE_CHECKING

from napari_segrobust.cli._arguments import add_image, add_stack, one_case, size_notes, stack
from napari_segrobust.cli._verb import Verb
from napari_segrobust.errors import PerturbationError

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace


def _add_arguments(parser: ArgumentParser) -> None:
    add_image(parser)
    parser.add_argument('--reference', metavar='FILE', help='mask that a region, or a perturbation, refers to')
    add_stack(parser)
    parser.add_argument('--save-recipe', metavar='FILE', help='also write the stack, to be used again')
    parser.add_argument('--out', required=True, metavar='FILE', help='its ending is the format: .nii.gz, .nrrd ...')


def _run(arguments: Namespace) -> None:
    from napari_segrobust.cases import save_image
    from napari_segrobust.judging import clean_of
    from napari_segrobust.perturb import perturb_block, save_recipe, simulated_text

    if not (arguments.recipe or arguments.preset or arguments.perturb):
        raise PerturbationError('Nothing to do', 'no perturbation is given', 'Give --perturb, --preset or --recipe.')
    entries, case = stack(arguments, one_case(arguments))
    whole = tuple(slice(0, size) for size in case.shape)
    image = perturb_block(clean_of(case), entries, block=whole)
    simulated = simulated_text(entries, case.intensity_range)
    save_image(arguments.out, image, case.geometry, description=simulated)
    if arguments.save_recipe is not None:
        save_recipe(arguments.save_recipe, entries, masks=case.drawn_masks)
    for note in size_notes(arguments, case):
        print(note)
    print(simulated)


VERB = Verb('perturb', 'write an image with perturbations applied', _add_arguments, _run)
