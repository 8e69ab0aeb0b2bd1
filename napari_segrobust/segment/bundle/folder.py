"""The files of a bundle: a folder or a zip archive with ``configs`` and ``models``."""

from __future__ import annotations

import json
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from napari_segrobust.errors import ModelError
from napari_segrobust.segment.archive import names_in, open_archive

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_CONFIGS = tuple(f'{stem}{suffix}' for stem in ('inference', 'metadata') for suffix in ('.json', '.yaml', '.yml'))
#: TorchScript files, and what ``monai.bundle ckpt_export`` writes into them.
_SCRIPTS, _EMBEDDED = ('.ts', '.pt', '.pth'), ('extra/inference.json', 'extra/metadata.json')
_LARGEST_CONFIG = 8 << 20


@dataclass(frozen=True)
class BundleFolder:
    """A bundle that is unpacked.

    Attributes
    ----------
    root : Path
        Holds the folders ``configs`` and ``models``.
    name : str
        For people.
    beside : Path
        TOML file in which a person may state a spec, beside what they opened and named like it.
    script : Path or None
        TorchScript file of which the configs are part, as ``monai.bundle ckpt_export`` writes them.
    """

    root: Path
    name: str
    beside: Path
    script: Path | None = None

    @property
    def inference(self) -> Path:
        """The config that says how to run its network.

        Raises
        ------
        ModelError
            There is none.
        """
        for name in _CONFIGS[:3]:
            if (self.root / 'configs' / name).is_file():
                return self.root / 'configs' / name
        raise ModelError(f'{self.name} not loaded', 'it holds no configs/inference.json', 'Get the whole bundle again.')

    @property
    def metadata(self) -> dict[str, Any]:
        """What it says of itself; empty where it says nothing."""
        for name in _CONFIGS[3:]:
            if (self.root / 'configs' / name).is_file():
                return self.read(f'configs/{name}')
        return {}

    def read(self, name: str) -> dict[str, Any]:
        """Content of a config by its path in the bundle, or by its name in ``configs``.

        Raises
        ------
        ModelError
            Not in the bundle, too large, or neither JSON nor YAML.
        """
        return read_config(self._place(name))

    def weights(self, named: object = None) -> Path:
        """File of its weights: that which the config names, else ``models/model.pt``, else ``models/model.ts``.

        Parameters
        ----------
        named : object
            Path that the config loads weights from; anything else than a file of the bundle is passed over.

        Raises
        ------
        ModelError
            There is none.
        """
        if self.script is not None:
            return self.script
        if isinstance(named, str):
            for place in (self.root / named, self.root / 'models' / PurePosixPath(named).name):
                if self._holds(place):
                    return place
        for name in ('model.pt', 'model.safetensors', 'model.ts'):
            if (self.root / 'models' / name).is_file():
                return self.root / 'models' / name
        raise ModelError(
            f'{self.name} not loaded',
            'it holds neither models/model.pt nor models/model.ts',
            'Download its weights into its folder models.',
        )

    def _place(self, name: str) -> Path:
        for place in (self.root / name, self.root / 'configs' / name):
            if self._holds(place):
                return place
        raise ModelError(f'{self.name} not loaded', f'it holds no {name}', 'Get the whole bundle again.')

    def _holds(self, place: Path) -> bool:
        return place.is_file() and place.resolve().is_relative_to(self.root.resolve())


def is_bundle(path: Path) -> bool:
    """Whether this is a bundle; looks at names only.

    A bundle is its folder, a zip archive of it, one of its two configs, or a TorchScript file that holds both.
    """
    if path.is_dir():
        return any((path / 'configs' / name).is_file() for name in _CONFIGS)
    if path.parent.name == 'configs' and path.name in _CONFIGS:
        return path.is_file()
    if path.suffix.lower() in _SCRIPTS:
        return len(_embedded(names_in(path))) == len(_EMBEDDED)
    return path.suffix.lower() == '.zip' and any(map(_is_config, names_in(path)))


@contextmanager
def open_bundle(path: Path) -> Iterator[BundleFolder]:
    """Yield a bundle's folder; that of an archive is temporary.

    Raises
    ------
    ModelError
        The archive is damaged, or holds what could be written elsewhere than in its folder.
    """
    beside = path.resolve().with_suffix('.toml')
    if path.is_dir() or path.suffix.lower() not in (*_SCRIPTS, '.zip'):
        root = path.resolve() if path.is_dir() else path.resolve().parent.parent
        yield BundleFolder(root, root.name, beside)
        return
    with tempfile.TemporaryDirectory(prefix='segrobust-bundle-') as folder, open_archive(path) as archive:
        root = Path(folder) / 'bundle'
        if path.suffix.lower() in _SCRIPTS:
            (root / 'configs').mkdir(parents=True)
            for name in _embedded(archive.names):
                (root / 'configs' / PurePosixPath(name).name).write_bytes(archive.read(name, _LARGEST_CONFIG))
            yield BundleFolder(root, path.stem, beside, path)
        else:
            inner = next(PurePosixPath(name).parent.parent for name in archive.names if _is_config(name))
            archive.extract(root)
            yield BundleFolder(root / inner, path.stem, beside)


def read_config(path: Path) -> dict[str, Any]:
    """Content of a JSON or YAML file.

    Raises
    ------
    ModelError
        Not readable, too large, or no mapping.
    """
    try:
        if path.stat().st_size > _LARGEST_CONFIG:
            raise ModelError(f'{path.name} not read', f'it is larger than {_LARGEST_CONFIG} bytes', 'Mend the bundle.')
        content = _parsed(path.suffix.lower(), path.read_text(encoding='utf-8'), path.name)
    except (OSError, UnicodeDecodeError) as error:
        raise ModelError(f'{path.name} not read', str(error), 'Get the bundle again.') from error
    except RecursionError as error:
        raise ModelError(f'{path.name} not read', 'it is nested too deep', 'Get the bundle again.') from error
    if not isinstance(content, dict):
        raise ModelError(f'{path.name} not usable', 'it is no mapping of names to entries', 'Get the bundle again.')
    return content


def _parsed(suffix: str, text: str, name: str) -> Any:
    if suffix == '.json':
        try:
            return json.loads(text)
        except ValueError as error:
            raise ModelError(f'{name} is not JSON', str(error), 'Correct that line.') from error
    try:
        import yaml
    except ImportError as error:
        raise ModelError(f'{name} not read', 'PyYAML is not installed', 'Run: pip install pyyaml') from error
    try:
        # SafeLoader makes plain values only; what YAML calls a tag is refused.
        return yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise ModelError(f'{name} is not YAML', ' '.join(str(error).split()), 'Correct that line.') from error


def _is_config(name: str) -> bool:
    parts = PurePosixPath(name).parts
    return 2 <= len(parts) <= 3 and parts[-2] == 'configs' and parts[-1] in _CONFIGS


def _embedded(names: Iterable[str]) -> list[str]:
    return [name for name in names if name.partition('/')[2] in _EMBEDDED]
