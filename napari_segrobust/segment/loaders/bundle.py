"""MONAI bundles: a folder or a zip archive with configs and weights, loaded as its authors run it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from napari_segrobust.errors import ModelError
from napari_segrobust.segment.bundle.draft import name_in
from napari_segrobust.segment.bundle.folder import BundleFolder, is_bundle, open_bundle, read_config
from napari_segrobust.segment.bundle.resolver import Component, Config
from napari_segrobust.segment.bundle.translate import Translation, translate
from napari_segrobust.segment.loaders.torchscript import LOADER as TORCHSCRIPT
from napari_segrobust.segment.loaders.weights import LOADER as WEIGHTS
from napari_segrobust.segment.module import TorchSegmenter
from napari_segrobust.segment.reading import read_file
from napari_segrobust.segment.spec import ModelSpec
from napari_segrobust.segment.spec_file import REQUIRED, model_key, read_spec, read_toml
from napari_segrobust.segment.state_dict import find_weights, fit_weights, read_tensors

if TYPE_CHECKING:
    import torch

    from napari_segrobust.segment.bundle.trusted import TrustedConfig
    from napari_segrobust.segment.spec_file import SpecSource

#: Entry of a bundle's metadata under which its authors may state a spec for us.
_OWN = 'napari_segrobust'


class BundleLoader:
    """Loads bundles of MONAI's model zoo and those made like them.

    Its configs are read by us and said again as a model spec, see `napari_segrobust.segment.bundle`; nothing in them
    is run.

    Parameters
    ----------
    trust : bool
        Whether a person allowed the bundle's own code: what cannot be read is then evaluated by MONAI.
    """

    kind = 'MONAI bundle (folder, .zip, .ts)'

    def __init__(self, trust: bool = False) -> None:
        self._trust = trust

    def trusting(self) -> BundleLoader:
        """The same loader, after a person's consent."""
        return BundleLoader(trust=True)

    def specs(self) -> list[ModelSpec]:
        """None is known by name."""
        return []

    def recognises(self, name_or_path: str | Path) -> bool:
        """Whether this is a bundle's folder, an archive of it, one of its configs, or TorchScript that holds them."""
        return is_bundle(Path(name_or_path))

    def load(self, name_or_path: str | Path, spec: SpecSource, device: str) -> TorchSegmenter:
        """Read configs and weights, and build the network.

        Parameters
        ----------
        name_or_path : str or Path
        spec : mapping, ModelSpec or path, optional
            Its entries are taken instead of the bundle's; a `ModelSpec` is taken as it is. Next come those of a TOML
            file beside the bundle and named like it, of ``model.toml`` in its folder, and of ``napari_segrobust`` in
            its metadata.
        device : str

        Raises
        ------
        ConsentNeeded
            It needs code of its own.
        SpecMissing
            It does not say all of its spec, or a step of it has no counterpart here.
        ModelError
            Not a whole bundle, or one that cannot be run here.
        """
        with open_bundle(Path(name_or_path)) as folder:
            try:
                return self._load(folder, spec, device)
            except RecursionError as error:
                raise ModelError(
                    f'{folder.name} not loaded', 'its configs are nested too deep', 'Get the bundle again.'
                ) from error

    def _load(self, folder: BundleFolder, spec: SpecSource, device: str) -> TorchSegmenter:
        metadata = folder.metadata
        stated = _stated(folder, metadata, spec)
        if folder.script is not None and set(REQUIRED) <= set(stated):
            # A person says all that its configs could.
            return TORCHSCRIPT.load(folder.script, spec if isinstance(spec, ModelSpec) else stated, device)
        trusted = self._trusted(folder)
        config = Config(
            {**read_config(folder.inference), 'bundle_root': str(folder.root)},
            folder.read,
            trusted.value if trusted else None,
        )
        weights = folder.weights(_named_weights(config))
        script = next((p for p in (weights, folder.root / 'models/model.ts') if TORCHSCRIPT.recognises(p)), None)
        translation = translate(
            folder.name,
            config,
            metadata,
            stated,
            beside=folder.beside.name,
            has_network=bool(script or trusted),
        )
        whole = _spec(folder, translation, spec)
        model: TorchSegmenter
        if whole.architecture is not None and not TORCHSCRIPT.recognises(weights):
            model = WEIGHTS.load(weights, whole, device)
        elif trusted is not None and not TORCHSCRIPT.recognises(weights):
            model = _filled(trusted.network(), weights, whole, device)
        else:
            model = TORCHSCRIPT.load(script or weights, whole, device)
        model.messages[:0] = translation.messages
        return model

    def _trusted(self, folder: BundleFolder) -> TrustedConfig | None:
        if not self._trust:
            return None
        from napari_segrobust.segment.bundle.trusted import TrustedConfig

        return TrustedConfig(folder, read_config(folder.inference))


def _filled(network: torch.nn.Module, weights: Path, spec: ModelSpec, device: str) -> TorchSegmenter:
    """A network that the bundle's own code built, with the bundle's weights."""
    content, messages = read_file(weights), list[str]()
    found = read_tensors(weights.name, content, safetensors=weights.suffix.lower() == '.safetensors')
    fit_weights(network, find_weights(weights.name, found, messages), weights.name, messages)
    key = model_key(content + repr(network).encode(), spec)
    model = TorchSegmenter(network, spec, key, device)
    model.messages.extend(messages)
    return model


def _stated(folder: BundleFolder, metadata: Mapping[str, Any], spec: SpecSource) -> dict[str, Any]:
    """Entries that a person states, the nearest to them last."""
    own = metadata.get(_OWN)
    stated = dict(own) if isinstance(own, Mapping) else {}
    for path in (folder.root / 'model.toml', folder.beside):
        if path.is_file():
            stated.update(read_toml(path))
    if isinstance(spec, ModelSpec):
        stated.update(spec.model_dump(exclude={'architecture'}))
    elif isinstance(spec, Mapping):
        stated.update(spec)
    elif spec is not None:
        stated.update(read_toml(Path(spec)))
    return stated


def _spec(folder: BundleFolder, translation: Translation, given: SpecSource) -> ModelSpec:
    if isinstance(given, ModelSpec):
        network = given.architecture or translation.fields.get('architecture')
        return given.model_copy(update={'architecture': network})
    return read_spec(folder.beside.with_suffix(''), {'name': folder.name, **translation.fields})


def _named_weights(config: Config) -> str | None:
    """Path that the config's ``CheckpointLoader`` loads."""
    try:
        for handler in (config.get('checkpointloader'), *(config.get('handlers') or ())):
            if isinstance(handler, Component) and name_in(handler.target, 'monai.handlers') == 'CheckpointLoader':
                path = handler.arguments.get('load_path')
                return path if isinstance(path, str) else None
    except (ModelError, TypeError):  # handlers that are broken are not needed
        return None
    return None


LOADER = BundleLoader()
