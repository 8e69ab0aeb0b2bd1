"""Ensembles (.toml with a table ``[ensemble]``, or one line): each member is loaded as what it is."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from napari_segrobust.errors import ModelError, SegrobustError
from napari_segrobust.segment.ensemble import Ensemble, Member, Merger
from napari_segrobust.segment.ensemble_source import is_ensemble, read_ensemble
from napari_segrobust.segment.protocols import AdjustableSegmenter

if TYPE_CHECKING:
    from collections.abc import Mapping

    from napari_segrobust.segment.ensemble_source import MemberRecipe
    from napari_segrobust.segment.protocols import WholeSegmenter, WindowSegmenter
    from napari_segrobust.segment.spec import ModelSpec
    from napari_segrobust.segment.spec_file import SpecSource


class EnsembleLoader:
    """Loads ensembles; a member that does not load is missing, and the ensemble says so."""

    kind = 'ensemble (.toml)'

    def specs(self) -> list[ModelSpec]:
        """None is known by name."""
        return []

    def recognises(self, name_or_path: str | Path) -> bool:
        """Whether this describes an ensemble."""
        return is_ensemble(name_or_path)

    def load(
        self,
        name_or_path: str | Path,
        spec: SpecSource,
        device: str,
        known: Mapping[str, WindowSegmenter | WholeSegmenter] | None = None,
    ) -> Ensemble:
        """Load every member; those in `known`, by name or path, are taken as they are.

        Raises
        ------
        ModelError
            The description is not usable, no member loads, their classes do not match, or a member is missing and the
            description refuses that.
        """
        if spec is not None:
            raise ModelError('Spec of an ensemble refused', 'each member has its own', 'Leave spec out.')
        recipe = read_ensemble(name_or_path)
        inner = next((m.model for m in recipe.members if is_ensemble(m.model)), None)
        if inner is not None:
            remedy = 'Name its members instead.'
            raise ModelError(f'{recipe.name} not loaded', f'{Path(inner).name} is an ensemble itself', remedy)
        weights = recipe.weights or (1.0,) * len(recipe.members)
        members: list[Member] = []
        for one, weight in zip(recipe.members, weights, strict=True):
            name = _unused(_shown(one), [m.name for m in members])
            try:
                model, why = _load(one, device, known or {}), ''
            except SegrobustError as error:
                model, why = None, f'{error.what}: {error.why}'
            members.append(Member(name, one.model, model, why, weight, one.threshold))
        merger = Merger(recipe.name, recipe.rule, recipe.threshold, recipe.post, recipe.incomplete, str(name_or_path))
        return Ensemble(merger, members)


def _load(
    member: MemberRecipe, device: str, known: Mapping[str, WindowSegmenter | WholeSegmenter]
) -> WindowSegmenter | WholeSegmenter:
    from napari_segrobust.segment.load import load_model

    model = known.get(member.model) or load_model(member.model, device=device)
    if not member.parameters:
        return model
    if not isinstance(model, AdjustableSegmenter):
        raise ModelError(f'{model.spec.name} not adjusted', 'it has no parameters', 'Leave them out.')
    return model.adjusted(member.parameters)


def _shown(member: MemberRecipe) -> str:
    """A name as it is, a path without its folders; with the values that were set."""
    path = Path(member.model)
    name = path.name if path.exists() or path.is_absolute() else member.model
    values = ', '.join(f'{key} {value:g}' for key, value in member.parameters.items())
    return f'{name} ({values})' if values else name


def _unused(name: str, used: list[str]) -> str:
    count = sum(other == name or other.startswith(f'{name} #') for other in used)
    return f'{name} #{count + 1}' if count else name


LOADER = EnsembleLoader()
