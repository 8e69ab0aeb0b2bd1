"""A small picture of a dispute: the image around its deepest voxel, with what every rater drew there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from qtpy.QtCore import QPointF, QRectF, QSize, Qt
from qtpy.QtGui import QColor, QPainter, QPen, QPixmap, QPolygonF
from qtpy.QtWidgets import QSizePolicy

from napari_segrobust.review.marks import color_of, dashes_of
from napari_segrobust.ui.review.lines import borders
from napari_segrobust.ui.widgets.painted import Painted
from napari_segrobust.ui.widgets.thumbnail import pixmap

if TYPE_CHECKING:
    from napari.layers import Image
    from numpy.typing import NDArray
    from qtpy.QtGui import QPaintEvent

    from napari_segrobust.review import Dispute, Votes
    from napari_segrobust.ui.review.disputes.cast import Cast
    from napari_segrobust.ui.widgets.palette import Palette

#: What is seen around a dispute: this share of its size, and never fewer pixels.
_AROUND, _FEWEST = 0.35, 24


@dataclass(frozen=True, eq=False)
class Picture:
    """What is painted.

    Attributes
    ----------
    image : QPixmap
    ratio : float
        Height of a pixel over its width.
    outlines : list of (list of ndarray of float, each of shape (N, 2), str, tuple of int)
        Lines in pixels of the picture, with their colour and dashes.
    region : list of ndarray of float, each of shape (N, 2)
        Lines around what is in dispute.
    """

    image: QPixmap
    ratio: float
    outlines: list[tuple[list[NDArray[np.float64]], str, tuple[int, ...]]]
    region: list[NDArray[np.float64]]

    @classmethod
    def of(cls, dispute: Dispute, votes: Votes, cast: Cast, image: Image) -> Picture:
        """Take a picture of the slice along the first axis that holds the deepest voxel."""
        points = np.stack(np.unravel_index(dispute.where, votes.shape), axis=1)
        volume = len(votes.shape) == 3
        if volume:
            points = points[points[:, 0] == dispute.position[0]][:, 1:]
        box = _around(points, votes.shape[-2:])
        where = (dispute.position[0], *box) if volume else box
        masks = [votes.masks[votes.names.index(name)][where] for name in cast.order]
        region = np.zeros(votes.shape[-2:], bool)
        region[tuple(points.T)] = True
        grey = np.asarray(image.data[where], np.float32)
        planes = np.moveaxis(grey, -1, 0) if image.rgb else grey[None]
        spacing = (votes.spacing or (1.0, 1.0))[-2:]
        return cls(
            pixmap(planes, tuple(image.contrast_limits), rgb=image.rgb),
            spacing[0] / spacing[1],
            [(borders(mask), color_of(i), dashes_of(i)) for i, mask in enumerate(masks)],
            borders(region[box]),
        )


def _around(points: NDArray[np.intp], shape: tuple[int, ...]) -> tuple[slice, slice]:
    """A square around points, inside the slice where it can be."""
    low, high = points.min(axis=0), points.max(axis=0) + 1
    side = max(_FEWEST, int((high - low).max() * (1 + 2 * _AROUND)))
    start = (low + high - side) // 2
    return tuple(slice(max(0, int(s)), min(n, int(s) + side)) for s, n in zip(start, shape, strict=True))


class DisputePicture(Painted):
    """Paints one picture under a caption.

    Parameters
    ----------
    caption : str
    palette : Palette
    """

    smaller = 1

    def __init__(self, caption: str, *, palette: Palette) -> None:
        super().__init__(palette)
        self._caption = caption
        self._picture: Picture | None = None
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAccessibleName(caption)
        self.apply_palette(palette)

    def show_picture(self, picture: Picture | None, caption: str) -> None:
        """Show a picture; None leaves the place empty."""
        self._picture, self._caption = picture, caption
        self.setAccessibleName(caption)
        self.update()

    @property
    def picture(self) -> Picture | None:
        """What is shown."""
        return self._picture

    def sizeHint(self) -> QSize:
        """Return room for something to be seen."""
        return QSize(150, 120)

    def minimumSizeHint(self) -> QSize:
        """Return what is left where there is little room."""
        return QSize(90, 90)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint caption, image and outlines."""
        painter = QPainter(self)
        painter.setFont(self.font())
        painter.setPen(QColor(self._palette.muted))
        line = painter.fontMetrics().height() + 2
        words = painter.fontMetrics().elidedText(self._caption, Qt.TextElideMode.ElideRight, self.width())
        painter.drawText(QRectF(0, 0, self.width(), line), Qt.AlignmentFlag.AlignLeft, words)
        picture = self._picture
        if picture is None:
            return
        room = QRectF(0, line, self.width(), self.height() - line)
        rows, columns = picture.image.height(), picture.image.width()
        scale = min(room.width() / columns, room.height() / (rows * picture.ratio))
        place = QRectF(0, line, columns * scale, rows * scale * picture.ratio)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.drawPixmap(place, picture.image, QRectF(picture.image.rect()))
        for lines, color, dashes, width in (
            (picture.region, '#ffffff', (), 3.5),
            *((*outline, 1.6) for outline in picture.outlines),
        ):
            pen = QPen(QColor(color), width)
            pen.setCapStyle(Qt.PenCapStyle.FlatCap)
            if dashes:
                pen.setDashPattern(dashes)
            painter.setPen(pen)
            for line in lines:
                across = (line[:, 1] + 0.5) * scale + place.left()
                down = (line[:, 0] + 0.5) * scale * picture.ratio + place.top()
                painter.drawPolyline(QPolygonF(list(map(QPointF, across, down))))
