"""What entries that act on masks share."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from napari_segrobust.perturb.spec import MODALITIES, Parameter, PerturbationSpec

if TYPE_CHECKING:
    from napari_segrobust.perturb.spec import Edit


def mask_spec(
    name: str, title: str, parameters: tuple[Parameter, ...], edit: Edit, *, summary: str, model: str, **more: Any
) -> PerturbationSpec:
    """Return an entry of the catalogue that acts on the reference."""
    source = 'Section on label noise in Karimi et al., Medical Image Analysis 65:101759 (2020); one edit of the mask'
    return PerturbationSpec(
        name=name,
        title=title,
        group='annotation',
        kind='mask',
        stage='annotation',
        response='nonlinear',
        parameters=parameters,
        summary=summary,
        model=model,
        edit=edit,
        needs=('reference',),
        modalities=MODALITIES,
        **{'source': source, 'caution': 'It changes the reference, and with it every number; the prediction stays.'}
        | more,
    )
