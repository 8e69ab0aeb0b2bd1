"""Take the pictures of the README and of the tutorial in a real window: ``tools/xvfb python tools/make_pictures.py``.

Names take some of them: ``python tools/make_pictures.py window errors``.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import napari
from PIL import Image
from qtpy.QtCore import Qt
from qtpy.QtGui import QGuiApplication
from qtpy.QtTest import QTest

from napari_segrobust.cases import load_sample, save_image
from napari_segrobust.perturb import Perturbation
from napari_segrobust.pipeline import run
from napari_segrobust.scenario import Scenario
from napari_segrobust.segment import load_model
from napari_segrobust.ui.demo import WHITE_MATTER
from napari_segrobust.ui.demo_stack import build_stack
from napari_segrobust.ui.docks import open_docks
from napari_segrobust.ui.hands import drag_to, wait
from napari_segrobust.ui.inside.room import show_inside
from napari_segrobust.ui.inside.scene import stage
from napari_segrobust.ui.lab.room import Room
from napari_segrobust.ui.review.room import show_review

if TYPE_CHECKING:
    from collections.abc import Callable

    from qtpy.QtWidgets import QWidget

    from napari_segrobust.ui.app import Explorer
    from napari_segrobust.ui.panel import Panel

FOLDER = Path(__file__).parents[1] / 'docs' / 'images'
SIZE = (1440, 900)
#: Slice of the brain sample.
VENTRICLES = 94


class Photographer:
    """A window, and what was opened in it."""

    def __init__(self) -> None:
        self.viewer = napari.Viewer()
        self.viewer.window.resize(*SIZE)
        self.explorer: Explorer
        self.panel: Panel
        self.explorer, self.panel, _ = open_docks(self.viewer)
        self.session = self.explorer.session

    def settle(self) -> None:
        """Wait until everything that was asked for is there and painted."""
        wait(self.session, lambda: self.session.volume is not None and self.session.settled)
        QTest.qWait(300)

    def open_brain(self, severity: float = 0.0) -> None:
        """White matter of the brain sample at a severity of noise, at the height of the ventricles."""
        self.explorer.open_sample('brain')
        wait(self.session, lambda: self.session.case is not None)
        self.viewer.dims.set_current_step(0, VENTRICLES)
        self.settle()
        self.session.state.update({'label': WHITE_MATTER, 'scope': 'volume'})
        self.settle()
        for stop in (0.5, 1.0, 1.5, 2.0, 2.5):
            if stop <= severity:
                drag_to(self.panel.perturb.rows[0].severity, stop)
                self.settle()

    def shoot(self, name: str) -> None:
        """Write a picture of the whole window."""
        path = FOLDER / f'{name}.png'
        self.viewer.screenshot(str(path), canvas_only=False, flash=False)
        _make_small(path)

    def shoot_popup(self, name: str, popup: QWidget, beside: int) -> None:
        """Write a picture of the screen: a popup, which is a window of its own, and what lies left of it and above."""
        path = FOLDER / f'{name}.png'
        place, window = popup.frameGeometry(), self.panel.window().frameGeometry()
        left, top, bottom = place.left() - beside, window.top(), max(place.bottom(), window.bottom())
        screen = QGuiApplication.primaryScreen()
        screen.grabWindow(0, left, top, place.right() - left + 1, bottom - top + 1).save(str(path))
        _make_small(path)


def _make_small(path: Path) -> None:
    """Take 256 colours: few bytes, and crisp where there are letters."""
    with Image.open(path) as picture:
        small = picture.convert('RGB').quantize(256, dither=Image.Dither.NONE)
    small.save(path, optimize=True)
    print(f'{path.name}: {path.stat().st_size / 1000:.0f} kB')


def window(photographer: Photographer) -> None:
    """The first picture of the README."""
    photographer.open_brain(2.5)
    photographer.shoot('window')


def errors(photographer: Photographer) -> None:
    """The third place in the list of errors, flown to."""
    photographer.open_brain(1.0)
    for _ in range(3):
        photographer.explorer.navigator.next()
    photographer.settle()
    photographer.shoot('errors')


def side_by_side(photographer: Photographer) -> None:
    """Perturbed beside clean."""
    photographer.open_brain(2.0)
    photographer.explorer.layout.toggle()
    photographer.settle()
    photographer.shoot('side_by_side')


def context(photographer: Photographer) -> None:
    """A box outside which the model sees nothing."""
    photographer.open_brain()
    photographer.panel.context.set_unfolded(True)
    lanes = photographer.session.state.lanes
    seen = lanes[0].context.model_copy(update={'box': ((70, 120), (50, 150), (40, 130))})
    photographer.session.state.lanes = (lanes[0].model_copy(update={'context': seen}),)
    photographer.settle()
    photographer.shoot('context')


def given(photographer: Photographer) -> None:
    """Files of one's own: an image, a reference, and a prediction that somebody sent."""
    case = load_sample('lesion')
    noise = Perturbation(name='gaussian_noise', severity=4.0, seed=7)
    sent = run(case, load_model('lesion-unet3d'), Scenario(perturbations=(noise,))).labels
    with tempfile.TemporaryDirectory() as folder:
        image, reference, prediction = (Path(folder) / f'{name}.nii.gz' for name in ('mr', 'expert', 'network'))
        save_image(image, case.image[0], case.geometry)
        save_image(reference, case.references['phantom'], case.geometry)
        save_image(prediction, sent, case.geometry)
        photographer.explorer.opener.open_files([image, reference, prediction])
        wait(photographer.session, lambda: photographer.session.case is not None)
        photographer.settle()
    photographer.panel.case.set_unfolded(True)
    photographer.panel.case.inputs.set_unfolded(True)
    photographer.settle()
    photographer.shoot('given')


def catalogue(photographer: Photographer) -> None:
    """The catalogue over the panel, with small pictures of the open case."""
    photographer.open_brain()
    section = photographer.panel.perturb
    QTest.mouseClick(section.add, Qt.MouseButton.LeftButton)
    wait(photographer.session, lambda: section.picker.wanted() is None)
    QTest.qWait(300)
    photographer.shoot_popup('catalogue', section.picker, beside=640)
    section.picker.reject()


def stack(photographer: Photographer) -> None:
    """The three perturbations of the demo, one of them in the white matter alone."""
    photographer.open_brain()
    build_stack(photographer.explorer, photographer.panel, WHITE_MATTER)
    photographer.settle()
    photographer.shoot('stack')


def film(photographer: Photographer) -> None:
    """Five levels of a preset, on the texture sample."""
    photographer.explorer.open_sample('texture')
    wait(photographer.session, lambda: photographer.session.case is not None)
    photographer.settle()
    section = photographer.panel.perturb
    QTest.mouseClick(section.rows[0].remove, Qt.MouseButton.LeftButton)
    next(action for action in section.presets.actions() if 'Kamath' in action.text()).trigger()
    photographer.settle()
    frames = section.film.strip.frames
    wait(photographer.session, lambda: all(value is not None for value in frames.values()))
    hardest = frames.box(frames.count() - 1).center().toPoint()
    QTest.mouseClick(frames, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, hardest)
    photographer.settle()
    photographer.shoot('film')


def pitfalls(photographer: Photographer) -> None:
    """A scene of the pitfall lab, all revealed, with a slider that moves the first mask."""
    QTest.qWait(500)
    room = Room.open(photographer.viewer)
    room.panel.scene.setCurrentText('Holes')
    QTest.qWait(500)
    room.lab.game.reveal_all()
    room.panel.edits.add.setCurrentText('Shift')
    QTest.qWait(500)
    photographer.shoot('pitfalls')


def inside(photographer: Photographer) -> None:
    """The scene for a lecture: two networks, one noise slider, what it does inside them, and the maps of a skip."""
    photographer.open_brain()
    stage(photographer.explorer)
    dock = show_inside(photographer.viewer)
    photographer.settle()
    wait(photographer.session, lambda: photographer.session.jobs.is_idle)
    skip = next(point for point in dock.watch.change(0).points if point.kind == 'skip')
    dock.chart.chosen.emit(0, skip)
    wait(photographer.session, lambda: dock.watch.maps is not None)
    photographer.settle()
    photographer.shoot('inside')


def raters(photographer: Photographer) -> None:
    """The matrix of five simulated raters, and on the image where two of them differ."""
    photographer.explorer.open_sample('lesion')
    wait(photographer.session, lambda: photographer.session.case is not None)
    photographer.settle()
    page = show_review(photographer.viewer).show_page('Agreement')
    names = photographer.session.case.raters
    wait(photographer.session, lambda: page.matrix.accessibleDescription().startswith('Dice'))
    page.matrix.opened.emit(names[3], names[1])
    wait(photographer.session, lambda: page.pair.found is not None)
    photographer.settle()
    photographer.shoot('raters')


def consensus(photographer: Photographer) -> None:
    """The strict majority of four simulated raters, with ties."""
    photographer.explorer.open_sample('lesion')
    wait(photographer.session, lambda: photographer.session.case is not None)
    photographer.settle()
    panel = show_review(photographer.viewer)
    panel.review.change(left_out=frozenset(photographer.session.case.raters[-1:]))
    page = panel.show_page('Consensus')
    wait(photographer.session, lambda: page.rules.rowCount() > 0 and page.raters.rowCount() == 4)
    photographer.viewer.scene.camera.zoom *= 2.6
    photographer.viewer.scene.camera.center = (0, 86, 52)
    photographer.settle()
    photographer.shoot('consensus')


PICTURES: dict[str, Callable[[Photographer], None]] = {
    take.__name__: take
    for take in (
        window,
        errors,
        side_by_side,
        catalogue,
        stack,
        film,
        context,
        given,
        pitfalls,
        inside,
        raters,
        consensus,
    )
}


def main() -> None:
    """Read the command line; take the pictures, each in a window of its own."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('names', nargs='*', choices=[[], *PICTURES], metavar='NAME', help='default: all of them')
    for name in parser.parse_args().names or PICTURES:
        photographer = Photographer()
        PICTURES[name](photographer)
        photographer.viewer.close()


if __name__ == '__main__':
    main()
