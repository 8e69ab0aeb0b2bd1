"""What a report of a fault needs: versions, devices, graphics. No file names, nothing of a patient."""

from __future__ import annotations

import platform
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING

import qtpy

if TYPE_CHECKING:
    from napari_segrobust.explore.session import Session

_PACKAGES = ('napari-segrobust', 'napari', 'numpy', 'scipy', 'torch', 'monai', 'vispy', 'psygnal', 'pydantic')


def diagnostics(session: Session) -> str:
    """Versions, system, devices and graphics, one per line.

    Parameters
    ----------
    session : Session
        Its devices, status and the shape of its case are told, never a name.
    """
    facts = {
        'system': f'{platform.system()} {platform.release()} {platform.machine()}',
        'python': platform.python_version(),
        'qt': f'{qtpy.API_NAME} {qtpy.PYSIDE_VERSION or qtpy.PYQT_VERSION}, Qt {qtpy.QT_VERSION}',
        **{name: _version(name) for name in _PACKAGES},
        **graphics(),
        'device': ', '.join(sorted({model.device for model in session.models.values()})) or session.device,
        'status': session.status.kind,
    }
    facts |= {f'model {number}': words for number, words in enumerate(_said(session), 1)}
    case = session.case
    if case is not None:
        facts['case'] = f'{" x ".join(map(str, case.image.shape))}, spacing {case.geometry.spacing_mm}'
        facts['lanes'] = str(len(session.state.lanes))
        facts['stack'] = ', '.join(p.name for p in session.state.stack) or 'empty'
    return '\n'.join(f'{name}: {fact}' for name, fact in facts.items())


def _said(session: Session) -> list[str]:
    """What the lanes' models say of themselves, without the names of their files."""
    found = []
    for lane in session.state.lanes:
        name = Path(lane.source).stem
        failure = session.loader.failures.get(lane.model_id)
        said = ' '.join(session.loader.notes.get(lane.model_id, ()) if failure is None else (failure,))
        if said:
            found.append(said.replace(lane.title, 'the file').replace(name, 'the model'))
    return found


def graphics() -> dict[str, str]:
    """Vendor, renderer and version of OpenGL."""
    from vispy.app import Canvas
    from vispy.gloo import gl

    canvas = Canvas(show=False)
    try:
        canvas.set_current()
        names = {'gl vendor': gl.GL_VENDOR, 'gl renderer': gl.GL_RENDERER, 'gl version': gl.GL_VERSION}
        return {name: str(gl.glGetParameter(which)) for name, which in names.items()}
    finally:
        canvas.close()


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return 'not installed'
