"""Open the live explorer on an array of your own, with a reference, and set the noise from code."""

import napari
import numpy as np

import napari_segrobust as sr
from napari_segrobust.explore.state import Lane
from napari_segrobust.ui.docks import open_docks

# Anything that numpy holds: here a bright ball in noise, with voxels of 2 x 1 x 1 mm.
z, y, x = np.ogrid[:24, :96, :96]
ball = ((z - 12) * 2) ** 2 + (y - 48) ** 2 + (x - 48) ** 2 <= 20**2
image = (ball + np.random.default_rng(0).normal(0, 0.1, ball.shape)).astype(np.float32)
shifted = np.roll(ball, 3, axis=2)

case = sr.load_case(
    image,
    spacing=(2.0, 1.0, 1.0),
    references={'expert': ball.astype(np.uint8)},
    predictions={'shifted': shifted.astype(np.uint8)},
)

viewer = napari.Viewer()
explorer, panel, results = open_docks(viewer)
explorer.open_case(case, [Lane(source='shifted', given=True)])
explorer.session.state.stack = (sr.Perturbation(name='rician_noise', severity=1.5, seed=3),)

if __name__ == '__main__':
    napari.run()
