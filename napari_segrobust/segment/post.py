"""Steps after the network, on its labels."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field


class Post(BaseModel):
    """What is done to predicted labels, in this order; each label by itself.

    Attributes
    ----------
    largest_component : bool
        Only the largest connected component of each label stays; voxels that touch at a corner are connected.
    fill_holes : bool
        Background that a label encloses becomes that label; it is enclosed where faces lead nowhere out of it.
    minimum_ml : float
        Components smaller than this go.
    """

    model_config = ConfigDict(frozen=True, extra='forbid')

    largest_component: bool = False
    fill_holes: bool = False
    minimum_ml: Annotated[float, Field(ge=0, allow_inf_nan=False)] = 0.0

    @property
    def acts(self) -> bool:
        """Whether anything is done."""
        return self != Post()
