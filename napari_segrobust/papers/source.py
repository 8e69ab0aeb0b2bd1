"""What a published number comes with: its publication, and a curve to draw behind one's own."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Source:
    """A publication.

    Attributes
    ----------
    title, authors, venue : str
    doi : str
        Empty where it has none.
    data : str
        Where the numbers were read, with their licence.
    """

    title: str
    authors: str
    venue: str
    doi: str
    data: str

    @property
    def short(self) -> str:
        """One line for a figure or a page."""
        return f'{self.authors}, "{self.title}", {self.venue}{f", doi:{self.doi}" if self.doi else ""}'


@dataclass(frozen=True, slots=True)
class ReferenceCurve:
    """A published course, to stand behind one's own and always called other data.

    Attributes
    ----------
    title : str
        What it is of, such as "U-Net, window 96".
    x, y : tuple of float
    x_title, y_title : str
    source : Source
    lower, upper : tuple of float
        Smallest and largest seed; empty where only the mean is published.
    """

    title: str
    x: tuple[float, ...]
    y: tuple[float, ...]
    x_title: str
    y_title: str
    source: Source
    lower: tuple[float, ...] = ()
    upper: tuple[float, ...] = ()
