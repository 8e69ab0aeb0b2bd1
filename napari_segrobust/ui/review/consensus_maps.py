"""The maps of the page on consensus: codes or values of every voxel, with colours, words and legend."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from napari.utils.colormaps import Colormap, DirectLabelColormap, ensure_colormap

from napari_segrobust.digits import on_screen, three_digits
from napari_segrobust.review import ConsensusCode
from napari_segrobust.review.made import LABELS, SOFT
from napari_segrobust.review.maps import alone_map, entropy_map, vote_map
from napari_segrobust.ui.canvas.colors import BLACK, GREEN, GREY, ORANGE, SKY, YELLOW, Chip, label_colormap, rgb
from napari_segrobust.ui.review.hatch import PHASES, hatched, stripes

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from napari_segrobust.cases import Case
    from napari_segrobust.review import Votes
    from napari_segrobust.review.made import Made

#: First code of what is hatched.
HATCH = 100
#: So many counts of votes have an entry in the legend; of more raters the first, the middle and the last.
_LISTED = 6
_IN_ALPHA, _DIM_ALPHA, _GAP_ALPHA = 0.5, 0.7, 0.6


def _sequential() -> Colormap:
    """Viridis that begins transparent: the image stays visible where the value is 0."""
    at = np.linspace(0, 1, 64)
    colors = ensure_colormap('viridis').map(at)
    colors[:, 3] = np.minimum(at * 8, 0.7)
    return Colormap(colors, name='segrobust share', display_name='share, clear at 0')


SEQUENTIAL = _sequential()


@dataclass(frozen=True, eq=False)
class Drawing:
    """What is laid over the image.

    Attributes
    ----------
    array : ndarray, shape ([Z,] Y, X)
        Codes (uint8 or labels), or values (float) from 0 to 1.
    colors : mapping of int to color
        Of codes without hatching.
    stripes : tuple of two colors, or None
        Of the codes from `HATCH` on.
    words : mapping of int to str
        What the status bar says of a code.
    chips : tuple of Chip
    """

    array: NDArray[Any]
    colors: Mapping[int | None, Any]
    stripes: tuple[Any, Any] | None
    words: Mapping[int, str]
    chips: tuple[Chip, ...]

    @property
    def is_codes(self) -> bool:
        """Whether it holds codes."""
        return self.array.dtype.kind != 'f'

    def colormap(self, width: int) -> DirectLabelColormap:
        """Colours of the codes, with stripes of `width` lines."""
        table = {None: 'transparent', 0: 'transparent', **self.colors}
        if self.stripes is not None:
            table |= stripes(HATCH, width, *self.stripes)
        return DirectLabelColormap(color_dict=table)


def volume_words(voxels: float, votes: Votes) -> str:
    """A volume as people read it: "10.4 ml"; voxels are counted where the spacing is unknown."""
    amount = voxels * votes.voxel_volume
    unit = on_screen(votes.volume_unit)
    return f'{three_digits(round(amount) if unit in ("voxels", "px²") else amount)} {unit}'


def consensus_drawing(made: Made, votes: Votes, case: Case) -> Drawing:
    """The consensus itself."""
    if made.rule == SOFT:
        chips = (_share_chip(0.25, '0.25 of the raters'), _share_chip(1.0, 'all raters'))
        return Drawing(made.array, {}, None, {}, chips)
    if made.rule == LABELS:
        return _labels_drawing(made, votes, case)
    codes = hatched(made.array, ConsensusCode.TIE, HATCH)
    tie = f'tie {volume_words(made.ties, votes)}'
    chips = [Chip(GREEN, f'in {volume_words(made.voxels, votes)}', '■')]
    if made.ties:
        chips.append(Chip(YELLOW, f'{tie}, hatched', '▨'))
    if made.unseen:
        chips.append(Chip(BLACK, f'nobody looked, {volume_words(made.unseen, votes)}, dimmed', '■'))
    colors = {ConsensusCode.IN.value: (*rgb(GREEN), _IN_ALPHA), ConsensusCode.UNSEEN.value: (0, 0, 0, _DIM_ALPHA)}
    words = {0: 'out', 1: 'in', 3: 'nobody looked', **_hatch_words('tie')}
    return Drawing(codes, colors, _striped(YELLOW), words, tuple(chips))


def votes_drawing(votes: Votes) -> Drawing:
    """How many raters are in."""
    raters = len(votes.names)
    tints = ensure_colormap('viridis').map(np.linspace(0.15, 1, raters))
    colors = {k: tuple(tints[k - 1]) for k in range(1, raters + 1)}
    shown = range(1, raters + 1) if raters <= _LISTED else (1, (raters + 1) // 2, raters)
    words = {k: f'{k} of {raters}: {"raters disagree" if k < raters else "all agree"}' for k in range(1, raters + 1)}
    chips = tuple(Chip(_hex(colors[k]), words[k], '■') for k in shown)
    return Drawing(vote_map(votes), colors, None, {0: 'nobody is in', **words}, chips)


def entropy_drawing(votes: Votes) -> Drawing:
    """How far the votes are from one opinion, in bits."""
    chips = (_share_chip(0.25, '0.25 bits'), _share_chip(1.0, '1 bit: half in, half out'))
    return Drawing(entropy_map(votes), {}, None, {}, chips)


def alone_drawing(votes: Votes, rater: int, title: str) -> Drawing:
    """Where one rater stands alone."""
    codes = alone_map(votes, rater)
    inside, outside = (volume_words(int(np.count_nonzero(codes == code)), votes) for code in (1, 2))
    chips = (
        Chip(SKY, f'only {title} in, {inside}', '■'),
        Chip(ORANGE, f'only {title} out, {outside}, hatched', '▨'),
    )
    words = {0: 'not alone', 1: f'only {title} in', **_hatch_words(f'only {title} out')}
    return Drawing(hatched(codes, 2, HATCH), {1: (*rgb(SKY), 0.85)}, _striped(ORANGE), words, chips)


def _labels_drawing(made: Made, votes: Votes, case: Case) -> Drawing:
    """Each label in its own colour; tied voxels are hatched whatever their label."""
    values = [int(value) for value in np.unique(made.array) if value]
    high = max(values, default=0) >= HATCH
    # Values where the codes of the hatch are move above them.
    shift = HATCH + PHASES if high else 0
    codes = np.where(made.array, made.array.astype(np.uint16) + shift, 0)
    assert made.tied is not None  # all labels at once have ties
    diagonals = hatched(made.tied.astype(np.uint8), 1, HATCH)
    codes[made.tied] = diagonals[made.tied]
    known = {v: label.color if (label := case.labels.get(v)) else None for v in values}
    table = label_colormap(known).color_dict
    colors = {value + shift: (*np.asarray(table[value])[:3], _IN_ALPHA) for value in values}
    words = {0: 'background', **{v + shift: case.label_name(v) for v in values}, **_hatch_words('tied labels')}
    chips = [Chip(_hex(colors[v + shift]), case.label_name(v), '■') for v in values[:_LISTED]]
    if len(values) > _LISTED:
        chips.append(Chip(GREY, f'and {len(values) - _LISTED} more labels', '■'))
    if made.ties:
        chips.append(Chip(YELLOW, f'tied {volume_words(made.ties, votes)}, hatched', '▨'))
    return Drawing(codes, colors, _striped(YELLOW), words, tuple(chips))


def _striped(color: str) -> tuple[Any, Any]:
    """Stripes that are seen on bright and on dark images."""
    return (*rgb(color), 1.0), (0.0, 0.0, 0.0, _GAP_ALPHA)


def _hatch_words(word: str) -> dict[int, str]:
    return dict.fromkeys(range(HATCH, HATCH + PHASES), word)


def _share_chip(share: float, word: str) -> Chip:
    return Chip(_hex(SEQUENTIAL.map(np.array([share]))[0]), word, '■')


def _hex(color: Any) -> str:
    return '#' + ''.join(f'{round(255 * float(part)):02x}' for part in np.asarray(color)[:3])
