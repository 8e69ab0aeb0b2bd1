"""The page about the lab names everything that is there."""

import subprocess
import sys
from pathlib import Path

from napari_segrobust.lab import EMPTY_POLICIES, POLICIES, load_scene, mask_edits, scenes

DOCS = Path(__file__).parents[2] / 'docs'
PAGE = (DOCS / 'lab.md').read_text(encoding='utf-8')


def test_scenes_edits_and_policies_are_listed():
    for name in (*scenes(), *mask_edits(), *POLICIES):
        assert f'`{name}`' in PAGE, name
    assert len(EMPTY_POLICIES) == 12
    assert 'twelve tools' in PAGE


def test_the_example_of_a_scene_is_one(tmp_path):
    text = (DOCS / 'file_formats.md').read_text(encoding='utf-8')
    example = text.partition('## Scenes of the pitfall lab')[2].partition('```toml\n')[2].partition('```')[0]
    path = tmp_path / 'example.toml'
    path.write_text(example, encoding='utf-8')
    assert len(load_scene(path).draw()) == 2


def test_the_lab_opens_without_networks_or_windows():
    code = 'import sys, napari_segrobust.lab as lab; lab.scenes(); print(*sys.modules)'
    loaded = subprocess.run([sys.executable, '-c', code], capture_output=True, text=True, check=True).stdout.split()
    assert not {'torch', 'monai', 'napari', 'qtpy'} & set(loaded)
