"""Facts about the demo models: their specs, cards and measured scores. Reads no weights and loads no torch."""

from __future__ import annotations

import json
import tomllib
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from napari_segrobust.errors import ModelError
from napari_segrobust.segment.spec import ModelSpec

if TYPE_CHECKING:
    from collections.abc import Mapping

FOLDER = Path(__file__).parent


@cache
def zoo_names() -> tuple[str, ...]:
    """Names of the demo models."""
    return tuple(sorted(path.stem for path in FOLDER.glob('*.safetensors')))


@cache
def zoo_spec(name: str) -> ModelSpec:
    """Spec of a demo model; its card holds the scores that ``tools/score_demo_models.py`` measured.

    Raises
    ------
    ModelError
        Unknown name.
    """
    path = FOLDER / f'{name}.toml'
    if not path.is_file():
        raise ModelError('Demo model unknown', f'there is no {name!r}', f'Choose one of {", ".join(zoo_names())}.')
    content = tomllib.loads(path.read_text(encoding='utf-8'))
    return ModelSpec(name=name, **content | {'card': {**content['card'], 'scores': scores().get(name, {})}})


def zoo_weights(name: str) -> Path:
    """Where the weights of a demo model are: safetensors, float16."""
    return FOLDER / f'{name}.safetensors'


def scores() -> Mapping[str, Any]:
    """Scores of every demo model, as the scoring command wrote them; empty before it has run."""
    path = FOLDER / 'scores.json'
    return json.loads(path.read_text(encoding='utf-8'))['models'] if path.exists() else {}


def zoo_cards() -> Mapping[str, Mapping[str, Any]]:
    """Return the model card of every demo model: use, data, protocol, limits, scores."""
    return MappingProxyType({name: MappingProxyType(zoo_spec(name).card) for name in zoo_names()})
