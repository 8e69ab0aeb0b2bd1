"""What entries that act on prompts share."""

from __future__ import annotations

from typing import TYPE_CHECKING

from napari_segrobust.perturb.spec import MODALITIES, Parameter, PerturbationSpec

if TYPE_CHECKING:
    from collections.abc import Mapping

    from napari_segrobust.perturb.spec import Move

#: Where a box comes from in the training of models that take them.
BOX_SOURCE = (
    'Kirillov et al., Segment Anything, ICCV 2023, appendix A: boxes with noise in each coordinate of 10 % of the side '
    '(SD), as the model was trained; Ma et al., Segment anything in medical images, Nature Communications 15:654 (2024)'
)
POINT_SOURCE = (
    'Kirillov et al., Segment Anything, ICCV 2023, appendix A: points are drawn uniformly from the object, so that no '
    'place in it is the right one'
)


def prompt_spec(
    name: str, title: str, parameters: tuple[Parameter, ...], move: Move, *, summary: str, model: str, source: str
) -> PerturbationSpec:
    """Return an entry of the catalogue that acts on what a model is shown."""
    return PerturbationSpec(
        name=name,
        title=title,
        group='prompt',
        kind='prompt',
        stage='prompt',
        response='nonlinear',
        parameters=parameters,
        summary=summary,
        model=model,
        source=source,
        move=move,
        needs=('prompts',),
        modalities=MODALITIES,
        seeded=True,
        caution='It acts on models that are shown points or boxes; every other one sees nothing of it.',
    )


def through_slices() -> Parameter:
    """Whether something moves across the slices of a volume too; as it is named, a share of what it does in them."""
    why = 'chosen: a person clicks on the slice that is shown; 1 moves as far across slices as in them'
    return Parameter('through', 'share across slices', '', (0,) * 6, 0, 1, why)


def shares(ndim: int, amounts: Mapping[str, float]) -> tuple[float, ...]:
    """How much of a displacement each axis gets: the first one of a volume is that of its slices."""
    return (float(amounts['through']), 1.0, 1.0) if ndim == 3 else (1.0,) * ndim
