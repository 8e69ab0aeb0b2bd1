"""Words that several verbs share, and how they become values."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from napari_segrobust.errors import CaseError, ModelError, PerturbationError

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

    from napari_segrobust.cases import Case
    from napari_segrobust.context import Context
    from napari_segrobust.perturb import Perturbation
    from napari_segrobust.segment.post import Post

#: Options that say what the model may see, as fields of `Context`.
CONTEXT = ('window', 'overlap', 'blending', 'padding', 'grid', 'mirror')
DEVICES = ('auto', 'cpu', 'cuda', 'mps')


def add_json(parser: ArgumentParser) -> None:
    """Add ``--json``."""
    parser.add_argument('--json', metavar='FILE', help='write the numbers as JSON; - is standard output')


def add_tolerance(parser: ArgumentParser) -> None:
    """Add ``--tolerance-mm``."""
    words = 'distance up to which borders agree (default 2)'
    parser.add_argument('--tolerance-mm', type=float, default=2.0, metavar='MM', help=words)


def add_image(parser: ArgumentParser) -> None:
    """Add ``--image``, ``--sample`` and ``--spacing``."""
    parser.add_argument('--image', metavar='FILE', help='image file or DICOM folder')
    parser.add_argument('--sample', metavar='NAME', help='a built-in sample in place of an image')
    add_spacing(parser)


def add_spacing(parser: ArgumentParser) -> None:
    """Add ``--spacing``."""
    parser.add_argument('--spacing', metavar='Z,Y,X', help='voxel size in mm, over what the header says')


def add_stack(parser: ArgumentParser) -> None:
    """Add ``--recipe``, ``--preset`` and ``--perturb``; the last two may be given several times."""
    parser.add_argument('--recipe', metavar='FILE', help='a stack that was saved; its entries come first')
    words = 'a level of a benchmark, see the presets verb; lengths are those of the image'
    parser.add_argument('--preset', action='append', default=[], metavar='NAME[:SERIES]:LEVEL', help=words)
    words = 'applied in the order given, after the others; severity from 0 to 5, seed 0'
    parser.add_argument('--perturb', action='append', default=[], metavar='NAME:SEVERITY[:SEED]', help=words)


def add_context(parser: ArgumentParser) -> None:
    """Add what the model may see: `CONTEXT`."""
    parser.add_argument('--window', metavar='Z,Y,X', help="sliding window in voxels (default: the model's own)")
    parser.add_argument('--overlap', type=float, metavar='SHARE', help="of windows, below 1 (default: the model's own)")
    words = "weights of a window where windows overlap (default: the model's own)"
    parser.add_argument('--blending', choices=('gaussian', 'constant'), help=words)
    words = 'how an image smaller than the window is filled up (default: constant)'
    parser.add_argument('--padding', choices=('constant', 'reflect', 'replicate'), help=words)
    words = "whose steps the windows take, and whose Gaussian (default: the model's own)"
    parser.add_argument('--grid', choices=('monai', 'nnunet'), help=words)
    words = "axes of the model, from 0, over whose mirror images it is averaged, or none (default: the model's own)"
    parser.add_argument('--mirror', metavar='Z,Y,X', help=words)


def add_trust(parser: ArgumentParser) -> None:
    """Add ``--trust``."""
    words = 'run code that comes with a model (expressions of a MONAI bundle): it can do anything that you can'
    parser.add_argument('--trust', action='store_true', help=words)


def add_post(parser: ArgumentParser) -> None:
    """Add ``--largest-component``, ``--fill-holes`` and ``--minimum-ml``."""
    words = "of each label keep the largest component; any of these three replaces the model's own steps"
    parser.add_argument('--largest-component', action='store_true', default=None, help=words)
    words = 'background that a label encloses becomes that label'
    parser.add_argument('--fill-holes', action='store_true', default=None, help=words)
    words = 'drop smaller components; mm^2 for a 2D image, voxels where the spacing is unknown'
    parser.add_argument('--minimum-ml', type=float, metavar='ML', help=words)


def post(arguments: Namespace) -> Post | None:
    """Steps after the network that were asked for; None where none was, which leaves the model its own."""
    from napari_segrobust.segment.post import Post

    minimum = arguments.minimum_ml or 0.0
    if not 0 <= minimum < float('inf'):
        raise ModelError('Minimum unusable', f'{minimum}', 'Give a volume, 0 or more.')
    asked = Post(
        largest_component=bool(arguments.largest_component),
        fill_holes=bool(arguments.fill_holes),
        minimum_ml=minimum,
    )
    return asked if asked.acts else None


def one_case(arguments: Namespace) -> Case:
    """The case of ``--image`` or ``--sample``, without masks unless the sample brings them."""
    from napari_segrobust.cases import load_case, load_sample

    if (arguments.image is None) == (arguments.sample is None):
        raise CaseError('Nothing to look at', 'give --image or --sample, and not both', 'Give one of them.')
    if arguments.sample is not None:
        if getattr(arguments, 'scribbles', None) is not None:
            raise CaseError('Scribbles unusable', 'a sample has none', 'Give --image.')
        return load_sample(arguments.sample)
    spacing = numbers(arguments.spacing, float, 'Spacing')
    if getattr(arguments, 'scribbles', None) is not None:
        from napari_segrobust.cases.scribbles import SCRIBBLES, keep_scribbles

        return keep_scribbles(load_case(arguments.image, references={SCRIBBLES: arguments.scribbles}, spacing=spacing))
    return load_case(arguments.image, references=getattr(arguments, 'reference', None), spacing=spacing)


def numbers(text: str | None, kind: type[int] | type[float], name: str) -> tuple[Any, ...] | None:
    """Numbers between commas; None stays None."""
    if text is None:
        return None
    try:
        return tuple(kind(part) for part in text.split(','))
    except ValueError:
        words = 'whole numbers' if kind is int else 'numbers'
        raise CaseError(f'{name} unusable', repr(text), f'Give {words} with commas between.') from None


def perturbation(text: str) -> Perturbation:
    """``NAME:SEVERITY`` or ``NAME:SEVERITY:SEED``; the name of a guest, ``LIBRARY:TRANSFORM``, has a colon itself."""
    from napari_segrobust.perturb import new_perturbation
    from napari_segrobust.perturb.guests import LIBRARIES

    name, *rest = text.split(':')
    if name in LIBRARIES and rest:
        name = f'{name}:{rest.pop(0)}'
    try:
        severity_text, seed_text = rest if len(rest) == 2 else (*rest, '0')
        severity, seed = float(severity_text), int(seed_text)
    except ValueError:
        remedy = 'Write NAME:SEVERITY or NAME:SEVERITY:SEED, such as gaussian_noise:2.5:7.'
        raise PerturbationError('Perturbation unusable', repr(text), remedy) from None
    return new_perturbation(name, severity, seed)


def preset(text: str, spacing: tuple[float, ...] | None) -> tuple[Perturbation, ...]:
    """``NAME:SERIES:LEVEL``, or ``NAME:LEVEL`` where a preset has one series, for a case of this spacing."""
    from napari_segrobust.perturb import get_preset, preset_stack

    name, *rest = text.split(':')
    series = get_preset(name).series
    if len(rest) == 1 and len(series) == 1:
        rest = [*series, *rest]
    if len(rest) == 2:
        return preset_stack(name, rest[0], rest[1], spacing)
    known = series.get(rest[0]) if len(rest) == 1 else next(iter(series.values())) if len(series) == 1 else None
    choices = series if known is None else [level.title for level in known]
    words = f'Write {name}:SERIES:LEVEL' if len(series) > 1 else f'Write {name}:LEVEL'
    raise PerturbationError('Preset unusable', repr(text), f'{words}; choose from {", ".join(choices)}.')


def stack(arguments: Namespace, case: Case) -> tuple[tuple[Perturbation, ...], Case]:
    """All entries of ``--recipe``, ``--preset`` and ``--perturb``, in this order, and the case with drawn masks."""
    entries: list[Perturbation] = []
    if arguments.recipe is not None:
        from napari_segrobust.perturb import load_recipe

        recipe, masks = load_recipe(arguments.recipe)
        entries += recipe.stack
        case = case.with_masks(drawn_masks={**case.drawn_masks, **masks})
    for text in arguments.preset:
        entries += preset(text, case.geometry.spacing_mm)
    return (*entries, *map(perturbation, arguments.perturb)), case


def size_notes(arguments: Namespace, case: Case) -> tuple[str, ...]:
    """What must be known where a preset is for images of another size."""
    from napari_segrobust.perturb import get_preset
    from napari_segrobust.perturb.presets import size_note

    notes = (size_note(get_preset(text.partition(':')[0]), case.shape) for text in arguments.preset)
    return tuple(dict.fromkeys(filter(None, notes)))


def context(arguments: Namespace) -> Context:
    """What the options of `CONTEXT` ask for."""
    from pydantic import ValidationError

    from napari_segrobust.context import Context
    from napari_segrobust.errors import ContextError, first_fault

    given = {name: getattr(arguments, name) for name in CONTEXT if getattr(arguments, name) is not None}
    if 'window' in given:
        given['window'] = numbers(arguments.window, int, 'Window')
    if 'mirror' in given:
        given['mirror'] = () if arguments.mirror == 'none' else numbers(arguments.mirror, int, 'Mirroring')
    try:
        return Context(**given)
    except ValidationError as error:
        remedy = 'Give a window in whole voxels, an overlap from 0 to below 1, and axes from 0 to 2.'
        raise ContextError('Context unusable', first_fault(error), remedy) from None


def write(target: str | None, content: Any) -> bool:
    """Write JSON to a file or to standard output; False when nothing was asked for."""
    if target is None:
        return False
    if target == '-':
        json.dump(content, sys.stdout, indent=1, allow_nan=False)
        print()
        return True
    from napari_segrobust.run_file import write_json

    write_json(Path(target), content)
    return True
