"""Settings that last: declared in the manifest, changed under Preferences, read when an explorer starts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

from napari_segrobust.compare import metric_specs
from napari_segrobust.explore.session import DEFAULT_METRICS
from napari_segrobust.scenario import DEFAULT_TOLERANCE_MM
from napari_segrobust.ui.canvas.navigate import FLOOR_ML

if TYPE_CHECKING:
    from napari_segrobust.ui.app import Explorer

PLUGIN = 'napari-segrobust'
#: The one group of settings in the manifest.
GROUP = 'explorer'
MIB = 1 << 20


@dataclass
class Settings:
    """What a person set once and for all.

    Attributes
    ----------
    tolerance_mm : float
    metrics : tuple of str
        Keys shown in the table, in order.
    favourites : tuple of str
        Keys with a star.
    cache_mb : int
        Budget of the cache in MiB; 0 lets the machine's memory decide.
    device : {'auto', 'cpu', 'cuda', 'mps'}
    map_opacity : float
    error_floor_ml : float
        Smaller errors are not listed.
    recent_models : str
        Paths of the models that were opened last, see `inputs.model_files`.
    """

    tolerance_mm: float = DEFAULT_TOLERANCE_MM
    metrics: tuple[str, ...] = DEFAULT_METRICS
    favourites: tuple[str, ...] = ('dice', 'nsd')
    cache_mb: int = 0
    device: str = 'auto'
    map_opacity: float = 0.75
    error_floor_ml: float = FLOOR_ML
    recent_models: str = ''

    @property
    def cache_bytes(self) -> int | None:
        """Budget for the session; None is its own choice."""
        return self.cache_mb * MIB or None

    @property
    def always_shown(self) -> tuple[str, ...]:
        """Keys on top of the table: `metrics`, and favourites that are not among them."""
        known = metric_specs()
        return tuple(dict.fromkeys(key for key in (*self.metrics, *self.favourites) if key in known))

    @classmethod
    def of(cls, stored: Any) -> Self:
        """Take what napari stored; keys of metrics that do not exist any more are left out."""
        return cls(
            tolerance_mm=stored.tolerance_mm,
            metrics=_keys(stored.metrics) or DEFAULT_METRICS,
            favourites=_keys(stored.favourites),
            cache_mb=stored.cache_mb,
            device=stored.device,
            map_opacity=stored.map_opacity,
            error_floor_ml=stored.error_floor_ml,
            recent_models=stored.recent_models,
        )

    def set_favourite(self, key: str, on: bool) -> None:
        """Give a metric a star, or take it away, also for the next time."""
        others = tuple(one for one in self.favourites if one != key)
        self.favourites = (*others, key) if on else others
        store(favourites=self.favourites)

    def set_error_floor(self, floor_ml: float) -> None:
        """List errors from this size on, also the next time."""
        if floor_ml != self.error_floor_ml:
            self.error_floor_ml = floor_ml
            store(error_floor_ml=floor_ml)

    def apply(self, explorer: Explorer) -> None:
        """Set up an explorer that has just been made."""
        explorer.session.metrics = self.always_shown
        explorer.session.state.tolerance_mm = self.tolerance_mm
        explorer.session.history.clear()
        explorer.painter.set_map_opacity(self.map_opacity)
        explorer.navigator.floor_ml = self.error_floor_ml


def read_settings() -> Settings:
    """Read what is stored; the defaults where napari does not know the plugin."""
    stored = _stored()
    return Settings() if stored is None else Settings.of(stored)


def store(**changes: float | str | tuple[str, ...]) -> None:
    """Keep settings for the next time; napari writes its file at once."""
    stored = _stored()
    if stored is None:
        return
    for name, value in changes.items():
        setattr(stored, name, ', '.join(value) if isinstance(value, tuple) else value)


def _stored() -> Any:
    from napari.settings import get_plugin_settings

    # A plugin that is disabled, or found by import alone, has no settings.
    found = get_plugin_settings().get(PLUGIN)
    return None if found is None else getattr(found, GROUP)


def _keys(text: str) -> tuple[str, ...]:
    """Metric keys in a comma-separated text."""
    known = metric_specs()
    return tuple(key for key in (part.strip() for part in text.split(',')) if key in known)
