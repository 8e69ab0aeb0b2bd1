"""The map of one channel of one layer, small: clean, perturbed, and what changed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from napari.utils.colormaps import ensure_colormap
from qtpy.QtCore import QRectF, QSize, Qt
from qtpy.QtGui import QColor, QImage, QPainter
from qtpy.QtWidgets import QSizePolicy, QWidget

from napari_segrobust.ui.widgets.painted import Painted

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from qtpy.QtGui import QPaintEvent

    from napari_segrobust.inside.feature_maps import FeatureMaps
    from napari_segrobust.ui.widgets.palette import Palette

TITLES = ('clean', 'perturbed', 'change')
_HEAD, _GAP = 15.0, 4.0


class MapsView(Painted):
    """Three pictures of a channel side by side; grey values are common to the first two.

    Parameters
    ----------
    palette : Palette
    """

    def __init__(self, *, palette: Palette, parent: QWidget | None = None) -> None:
        super().__init__(palette, parent)
        self._images: tuple[QImage, ...] = ()
        self._aspect = 1.0
        self.words = ''
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.apply_palette(palette)

    def show_maps(self, maps: FeatureMaps | None, channel: int, plane: tuple[int, int], words: str = '') -> None:
        """Show the plane of a channel.

        Parameters
        ----------
        maps : FeatureMaps or None
        channel : int
            Place among those of `maps`.
        plane : (int, int)
            Axis and index of the shown plane, in voxels of the case.
        words : str
            What stands there while there are no maps.
        """
        self.words = words
        if maps is None:
            self._images = ()
        else:
            clean, perturbed = (plane_of(maps, stack[channel], plane) for stack in (maps.clean, maps.perturbed))
            sizes = [one for axis, one in enumerate(maps.scale) if axis != sliced_axis(maps, plane)]
            rows, columns = clean.shape
            self._aspect = (columns * sizes[-1]) / max(rows * sizes[-2], 1e-9)
            both = min(clean.min(), perturbed.min()), max(clean.max(), perturbed.max())
            change = abs(perturbed - clean)
            grey, hot = ensure_colormap('gray'), ensure_colormap('magma')
            top = (0.0, float(change.max()))
            self._images = tuple(
                _picture(values, limits, colours)
                for values, limits, colours in ((clean, both, grey), (perturbed, both, grey), (change, top, hot))
            )
        self.setAccessibleName('Feature map: ' + ', '.join(TITLES if self._images else (words,)))
        self.update()

    def sizeHint(self) -> QSize:
        """Return room for three small pictures."""
        return QSize(270, 110)

    def minimumSizeHint(self) -> QSize:
        """Return the smallest size at which something is seen."""
        return QSize(180, 60)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the pictures with their titles."""
        painter = QPainter(self)
        painter.setPen(QColor(self._palette.muted))
        if not self._images:
            flags = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap
            painter.drawText(self.rect(), int(flags), self.words)
            return
        each = (self.width() - _GAP * (len(TITLES) - 1)) / len(TITLES)
        width = min(each, (self.height() - _HEAD) * self._aspect)
        height = width / self._aspect
        for number, (title, image) in enumerate(zip(TITLES, self._images, strict=True)):
            left = number * (each + _GAP)
            painter.drawText(QRectF(left, 0, each, _HEAD), Qt.AlignmentFlag.AlignHCenter, title)
            painter.drawImage(QRectF(left + (each - width) / 2, _HEAD, width, height), image)


def sliced_axis(maps: FeatureMaps, plane: tuple[int, int]) -> int | None:
    """Axis across which a map is shown: its own thin one, else that of the plane; None in 2D."""
    shape = maps.clean.shape[1:]
    if len(shape) == 2:
        return None
    return shape.index(1) if 1 in shape else plane[0]


def plane_of(maps: FeatureMaps, values: NDArray[np.float32], plane: tuple[int, int]) -> NDArray[np.float32]:
    """The plane (rows, columns) of a channel that lies nearest to a plane of the case."""
    axis = sliced_axis(maps, plane)
    if axis is None:
        return values
    place = 0
    if values.shape[axis] > 1:
        place = round((plane[1] - maps.origin[axis]) / maps.scale[axis])
    return values.take(min(max(place, 0), values.shape[axis] - 1), axis=axis)


def _picture(values: NDArray[np.float32], limits: tuple[float, float], colours: object) -> QImage:
    low, high = limits
    shares = (values - low) / (high - low if high > low else 1.0)
    rgba = np.ascontiguousarray(np.round(255 * colours.map(shares.ravel())).astype(np.uint8))
    rows, columns = values.shape
    # A copy of its own: Qt does not keep the array.
    return QImage(rgba.data, columns, rows, 4 * columns, QImage.Format.Format_RGBA8888).copy()
