"""Arrays as Qt pictures: grey values, codes through a table of colours, outlines as paths."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from qtpy.QtCore import QPointF
from qtpy.QtGui import QImage, QPainterPath, QPolygonF

from napari_segrobust.compare import ErrorCode
from napari_segrobust.explore.picture import PALE, error_picture
from napari_segrobust.grid.cells import NOW, vote_colour
from napari_segrobust.grid.sheet import outlines, rgb, shades
from napari_segrobust.ui.canvas.colors import ERROR_COLORS

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from napari_segrobust.grid import Grid, GridRow

#: Opacity of codes, and of their paler shade.
_FULL, _PALE = 235, 120


def plane_image(image: NDArray[np.float32], grid: Grid) -> QImage:
    """The grey values of a plane (C, rows, columns), or its colours."""
    pixels = np.ascontiguousarray(shades(image, grid.limits, grid.rgb))
    rows, columns = pixels.shape[:2]
    return QImage(pixels.data, columns, rows, pixels.strides[0], QImage.Format.Format_RGB888).copy()


def error_image(row: GridRow, grid: Grid) -> QImage:
    """Errors as the canvas shows them: what is extra hatched, what is missed outlined; or the prediction alone."""
    table = np.zeros((256, 4), np.uint8)
    if row.error is None:
        table[1] = (*rgb(NOW), _PALE)
        return _coded((grid.votes_of(row) != 0).astype(np.uint8), table)
    for code, colour in ERROR_COLORS.items():
        if code != ErrorCode.TRUE_POSITIVE:
            table[code], table[code + PALE] = (*rgb(colour), _FULL), (*rgb(colour), _PALE)
    return _coded(error_picture(row.error), table)


def votes_image(row: GridRow, grid: Grid) -> QImage:
    """How many models see something, and where this one is apart from the majority: there every second diagonal."""
    agreement = grid.agreement
    table = np.zeros((256, 4), np.uint8)
    for votes in range(1, agreement.models + 1):
        table[votes] = (*rgb(vote_colour(votes, agreement.models)), 180)
    table[255] = (255, 255, 255, 235)
    codes = agreement.seen.copy()
    across, down = np.ogrid[: codes.shape[0], : codes.shape[1]]
    codes[(grid.votes_of(row) != agreement.majority) & ((across + down) // 2 % 2 == 0)] = 255
    return _coded(codes, table)


def outline_path(labels: NDArray[Any] | None, label: int | None) -> QPainterPath:
    """Outlines of a mask in pixels of the slice; without a label those of every label."""
    path = QPainterPath()
    if labels is None:
        return path
    for value in [label] if label is not None else [int(v) for v in np.unique(labels) if v]:
        for line in outlines(labels == value):
            path.addPolygon(QPolygonF([QPointF(x, y) for x, y in line.tolist()]))
    return path


def _coded(codes: NDArray[np.uint8], table: NDArray[np.uint8]) -> QImage:
    pixels = np.ascontiguousarray(table[codes])
    rows, columns = codes.shape
    return QImage(pixels.data, columns, rows, pixels.strides[0], QImage.Format.Format_RGBA8888).copy()
