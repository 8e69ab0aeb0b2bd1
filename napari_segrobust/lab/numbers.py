"""The numbers of a scene: one row per metric, one column per contestant, and which of them is the best."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from napari_segrobust.compare import metric_specs
from napari_segrobust.lab.aggregate import aggregate
from napari_segrobust.lab.scene import SAME

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from napari_segrobust.compare import Comparison, MetricSpec, MetricValue
    from napari_segrobust.lab.aggregate import Policy
    from napari_segrobust.lab.scene import DrawnPane, Scene


@dataclass(frozen=True)
class Row:
    """One metric of a scene.

    Attributes
    ----------
    spec : MetricSpec
    policy : str or None
        How several cases became one number.
    values : mapping of str to MetricValue
        By contestant.
    chip : str
        Words of the convention in use, such as the tolerance.
    """

    spec: MetricSpec
    policy: Policy | None
    values: Mapping[str, MetricValue]
    chip: str = ''

    @property
    def title(self) -> str:
        """Words on screen."""
        return self.spec.label if self.policy is None else f'{self.spec.label}, {self.policy}'

    @property
    def right(self) -> tuple[str, ...]:
        """Which contestants have the better number: one, several, or "same"; nobody where it cannot be said.

        Compared as they are shown, with three significant digits.
        """
        found = {}
        for name, value in self.values.items():
            if self.spec.better is None or not isinstance(value.value, (int, float)):
                return ()
            shown = float(f'{value.value:.3g}')
            found[name] = {'higher': -shown, 'lower': shown, 'zero': abs(shown)}[self.spec.better]
        best = min(found.values())
        winners = tuple(name for name, cost in found.items() if cost == best)
        return winners if len(winners) < len(found) else (SAME,)


def rows(scene: Scene, panes: Sequence[DrawnPane] | None = None) -> tuple[Row, ...]:
    """Compute the numbers of a scene, in the order in which they are revealed.

    Parameters
    ----------
    scene : Scene
    panes : sequence of DrawnPane, optional
        Its panes, where a person has edited one; drawn anew by default.

    Returns
    -------
    tuple of Row
        One per metric; with ``aggregate`` one per metric and way.
    """
    cases: dict[str, list[Comparison]] = {}
    for pane in scene.draw() if panes is None else panes:
        cases.setdefault(pane.name, []).append(pane.compare(scene.metrics))
    chips = next(iter(cases.values()))[0].chips
    found = []
    for key in scene.metrics:
        spec, chip = metric_specs()[key], chips.get(key, '')
        if not scene.aggregate:
            found.append(Row(spec, None, {name: c[0].metrics[1][key] for name, c in cases.items()}, chip))
        found += [
            Row(spec, policy, {name: aggregate(c, key, policy) for name, c in cases.items()}, chip)
            for policy in scene.aggregate
        ]
    return tuple(found)
