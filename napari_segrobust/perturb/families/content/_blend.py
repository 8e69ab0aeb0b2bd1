"""What both directions of Kamath's texture blend share: their parameters, and the blend itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

from napari_segrobust.perturb.families.content._quilt import laid
from napari_segrobust.perturb.spec import Parameter

if TYPE_CHECKING:
    from collections.abc import Mapping

    import torch

    from napari_segrobust.perturb.spec import FieldBlock

SHARE = Parameter(
    'share',
    'share of the other texture',
    '%',
    (0, 20, 40, 60, 80, 98),
    0,
    100,
    'Kamath 2023 and 2025: 10 to 98 %; the published figures 10 to 90 %',
)
LABEL = Parameter('label', 'label, 0 = all', '', (0,) * 6, 0, 65535, 'chosen: all labels together are the foreground')


def blend(u: torch.Tensor, amounts: Mapping[str, float], field: FieldBlock) -> torch.Tensor:
    """Blend the measured pieces into the other region."""
    return laid(u, amounts['share'] / 100, field)
