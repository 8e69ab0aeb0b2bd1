"""What a person installs: the manifest is found whichever way, weights and types travel along, start-up is light."""

from __future__ import annotations

import ast
import json
import re
import shutil
import subprocess
import sys
import sysconfig
import tarfile
import tomllib
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / 'napari_segrobust'
#: npe2 as napari calls it, in a Python that knows the packages of this environment and, before them, `argv[1]`.
FIND = """
import json, site, sys
site.addsitedir(sys.argv[1])
site.addsitedir(sys.argv[2])
import napari_segrobust
from npe2 import PluginManager
manager = PluginManager()
manager.discover(include_npe1=False)
found = manager.get_manifest('napari-segrobust')
print(json.dumps({'from': napari_segrobust.__file__, 'manifest': json.loads(found.json(include={'contributions'}))}))
"""


def python(*arguments: str | Path, cwd: Path | None = None) -> str:
    """Standard output of a fresh interpreter that must succeed."""
    done = subprocess.run(
        [sys.executable, '-B', *map(str, arguments)], cwd=cwd, capture_output=True, text=True, check=False, timeout=240
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope='session')
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The files of the project, copied, so that building leaves nothing in the checkout."""
    copy = tmp_path_factory.mktemp('source') / 'napari-segrobust'
    copy.mkdir()
    shutil.copytree(PACKAGE, copy / PACKAGE.name, ignore=shutil.ignore_patterns('__pycache__'))
    for path in ROOT.iterdir():
        if path.is_file() or path.is_symlink():
            shutil.copy2(path, copy / path.name, follow_symlinks=False)
    return copy


@pytest.fixture(scope='session')
def built(source: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A wheel and an sdist."""
    folder = tmp_path_factory.mktemp('dist')
    python('-m', 'build', '--no-isolation', '--wheel', '--sdist', '--outdir', folder, source)
    return {'wheel': next(folder.glob('*.whl')), 'sdist': next(folder.glob('*.tar.gz'))}


def install(what: list[str | Path], target: Path) -> Path:
    quiet = ['--quiet', '--disable-pip-version-check', '--no-warn-script-location']
    python('-m', 'pip', 'install', *quiet, '--no-deps', '--no-build-isolation', '--target', target, *what)
    return target


@pytest.mark.parametrize('kind', ['wheel', 'sdist', 'editable'])
def test_napari_finds_the_manifest(kind: str, source: Path, built: dict[str, Path], tmp_path: Path) -> None:
    target = install(['--editable', source] if kind == 'editable' else [built[kind]], tmp_path / 'site')
    found = json.loads(python('-I', '-S', '-c', FIND, target, sysconfig.get_path('purelib'), cwd=tmp_path))
    home = source if kind == 'editable' else target
    assert Path(found['from']).is_relative_to(home.resolve())
    assert commands(found['manifest']) == commands(yaml.safe_load((PACKAGE / 'napari.yaml').read_text()))


def commands(manifest: dict) -> set[str]:
    return {command['id'] for command in (manifest.get('contributions') or {}).get('commands') or ()}


def test_the_manifest_at_the_top_is_that_of_the_package() -> None:
    top, real = ROOT / 'napari.yaml', PACKAGE / 'napari.yaml'
    if not top.is_symlink():  # a checkout without links (Windows) holds the path as text
        assert sys.platform == 'win32'
        top = ROOT / top.read_text().strip()
    assert top.resolve() == real.resolve()
    assert yaml.safe_load(top.read_text()) == yaml.safe_load(real.read_text())


def test_the_manifest_is_valid_and_all_it_names_can_be_imported() -> None:
    assert 'valid' in python('-m', 'npe2', 'validate', '--imports', PACKAGE / 'napari.yaml')


@pytest.mark.parametrize('kind', ['wheel', 'sdist'])
def test_everything_in_the_package_travels(kind: str, source: Path, built: dict[str, Path], tmp_path: Path) -> None:
    if kind == 'wheel':
        shutil.unpack_archive(built[kind], tmp_path, 'zip')
        root = tmp_path
    else:
        # Python 3.11.0 to 3.11.3 have no filter, later ones warn without it
        safely = {'filter': 'data'} if hasattr(tarfile, 'data_filter') else {}
        shutil.unpack_archive(built[kind], tmp_path, **safely)
        root = next(tmp_path.iterdir())
    ours = {path.relative_to(source) for path in (source / PACKAGE.name).rglob('*') if path.is_file()}
    assert {Path('napari_segrobust/napari.yaml'), Path('napari_segrobust/py.typed')} <= ours
    assert not {path for path in ours if not (root / path).is_file()}


def test_weights_in_the_package_are_small() -> None:
    weights = list((PACKAGE / 'segment/zoo').glob('*.safetensors'))
    assert sum(path.stat().st_size for path in weights) <= 6 * 2**20
    assert all(path.with_suffix('.toml').is_file() for path in weights)


def test_module_and_console_script_are_one() -> None:
    script = Path(sysconfig.get_path('scripts')) / 'napari-segrobust'
    said = subprocess.run([script, '--help'], capture_output=True, text=True, check=True).stdout
    assert said == python('-m', 'napari_segrobust', '--help')


LIGHT = {
    'the package': 'import napari_segrobust',
    'the command line': 'from napari_segrobust.cli import main\ntry: main(["--help"])\nexcept SystemExit: pass',
    'the registries': 'import napari_segrobust as sr; assert sr.perturbations() and sr.metrics() and sr.models()',
    'comparing two masks': 'import numpy as np, napari_segrobust as sr; m = np.eye(8, dtype="u1"); sr.compare(m, m)',
}


@pytest.mark.parametrize('doing', LIGHT)
def test_torch_and_monai_are_loaded_late(doing: str) -> None:
    heavy = "print('HEAVY', *sorted({'torch', 'monai', 'napari', 'qtpy'} & set(__import__('sys').modules)))"
    assert python('-c', f'{LIGHT[doing]}\n{heavy}').splitlines()[-1] == 'HEAVY'


#: Names of imports whose distribution is called otherwise.
DISTRIBUTIONS = {
    'PIL': 'pillow',
    'imageio_ffmpeg': 'imageio-ffmpeg',
    'skimage': 'scikit-image',
    'sklearn': 'scikit-learn',
    'yaml': 'pyyaml',
}


def test_everything_imported_is_a_declared_dependency() -> None:
    project = tomllib.loads((ROOT / 'pyproject.toml').read_text())['project']
    required = [*project['dependencies'], *(r for extra in project['optional-dependencies'].values() for r in extra)]
    declared = {re.split(r'[<>=!~\[ ]', requirement)[0].lower() for requirement in required}
    imported = {name for path in PACKAGE.rglob('*.py') for name in imports(path)} - set(sys.stdlib_module_names)
    assert {DISTRIBUTIONS.get(name, name).lower() for name in imported} <= declared | {'napari_segrobust'}


def imports(path: Path) -> set[str]:
    """Top-level names that a file imports, wherever in it."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module)
    return {name.partition('.')[0] for name in names}
