"""Opening the panel must not load what only an inference needs."""

from __future__ import annotations

import subprocess
import sys

SCRIPT = """
import sys

import napari

from napari_segrobust.ui.docks import make_panel

viewer = napari.Viewer(show=False)
viewer.window.add_dock_widget(make_panel(viewer))
print([name for name in ('torch', 'monai', 'SimpleITK', 'nibabel', 'pydicom', 'matplotlib') if name in sys.modules])
viewer.close()
"""


def test_panel_loads_no_network_library():
    done = subprocess.run([sys.executable, '-c', SCRIPT], capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip().splitlines()[-1] == '[]', done.stdout
