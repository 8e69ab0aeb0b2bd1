"""What the form of a model's spec asks, in plain words and in a sensible order."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

Kind = Literal['choice', 'flag', 'whole', 'number', 'wholes', 'numbers', 'names', 'word', 'record']


@dataclass(frozen=True)
class Preset:
    """A setting that others use, offered by its name; nothing takes it but a person.

    Attributes
    ----------
    title : str
    value : object
        As TOML holds it.
    source : str
        Who uses it.
    """

    title: str
    value: Any
    source: str


@dataclass(frozen=True)
class SpecField:
    """One line of the form.

    Attributes
    ----------
    name : str
        Entry of `ModelSpec`; ``post.fill_holes`` is an entry of its record `post`.
    title, unit, words : str
        Label, unit, and what the tooltip says.
    kind : str
        ``choice``, ``flag``; ``whole`` and ``number`` for one, ``wholes`` and ``numbers`` for several with commas
        between; ``names`` and ``word`` for text; ``record`` for entries as TOML writes them.
    choices : tuple of (str, object)
        Words on screen, and what the spec holds.
    empty : str
        What no answer means, such as "whole slice"; without it an answer is needed.
    nothing : object
        What the spec holds then.
    example : str
        Shown in pale letters, and said when an answer is not understood.
    presets : tuple of Preset
    """

    name: str
    title: str
    words: str
    kind: Kind
    unit: str = ''
    choices: tuple[tuple[str, Any], ...] = ()
    empty: str = ''
    nothing: Any = None
    example: str = ''
    presets: tuple[Preset, ...] = ()


_AXES = (('first', 0), ('second', 1), ('third', 2))
_ORDERS = (('nearest voxel', 0), ('linear', 1), ('cubic', 3))

#: In the order of the form.
FIELDS: tuple[SpecField, ...] = (
    SpecField(
        'architecture',
        'architecture',
        'Which network the weights belong to: its name in MONAI, and the arguments it was built with. Whoever trained '
        'it knows them; a TorchScript file needs none.',
        'record',
        empty='none',
        example='name = "UNet", spatial_dims = 2, in_channels = 1, out_channels = 2, channels = [16, 32], '
        'strides = [2]',
    ),
    SpecField(
        'dimensions',
        'works in',
        'A 2D network sees one slice at a time, a 3D network a block of the volume',
        'choice',
        choices=(('2D: slice by slice', 2), ('3D: blocks of the volume', 3)),
    ),
    SpecField('channels', 'input channels', 'Images that it takes together: 1 for CT, 4 for four contrasts', 'whole'),
    SpecField(
        'classes',
        'classes',
        'Names of its output channels in their order, with commas between. With softmax the background is one of them.',
        'names',
        example='background, liver',
    ),
    SpecField(
        'activation',
        'its answer is',
        'Softmax: one class per voxel. Sigmoid: each class by itself, they may overlap. Probabilities: it has applied '
        'one of them already.',
        'choice',
        choices=(
            ('logits, softmax: one class per voxel', 'softmax'),
            ('logits, sigmoid: each class by itself', 'sigmoid'),
            ('probabilities already', 'none'),
        ),
    ),
    SpecField(
        'background',
        'background is',
        'Which output channel is the background, counted from 0; softmax only',
        'whole',
        empty='0',
        nothing=0,
    ),
    SpecField(
        'threshold',
        'threshold',
        'A voxel belongs to a class from this probability on',
        'number',
        empty='0.5',
        nothing=0.5,
    ),
    SpecField(
        'intensity_scope',
        'measured over',
        'Over what mean, range or percentiles are taken; a 3D network always takes the volume',
        'choice',
        choices=(('the whole volume', 'volume'), ('each slice', 'slice')),
    ),
    SpecField(
        'window',
        'window',
        'Size of the blocks that it is given, in voxels: as in its training',
        'wholes',
        unit='voxels',
        empty='whole slice or volume',
        example='96, 96, 96',
        presets=(
            Preset('whole slice or volume', None, 'networks without a fixed input size'),
            Preset('96 in each direction', 96, "training in MONAI's spleen and BTCV tutorials"),
            Preset('128 in each direction', 128, "nnU-Net's plan for BraTS"),
        ),
    ),
    SpecField(
        'overlap',
        'overlap',
        'Share of a window that the next one covers again: more is smoother and slower',
        'number',
        empty='0.25',
        nothing=0.25,
        presets=(
            Preset('0.25', 0.25, 'sliding_window_inference of MONAI, by default'),
            Preset('0.5', 0.5, 'nnU-Net'),
        ),
    ),
    SpecField(
        'blending',
        'blending',
        'How windows that overlap are weighed: the middle more than the rim, or all alike',
        'choice',
        choices=(('middle weighs more (Gaussian)', 'gaussian'), ('all alike', 'constant')),
    ),
    SpecField(
        'grid',
        'window grid',
        'As MONAI places them (steps from the overlap, the last one moved inside), or as nnU-Net does (equal steps)',
        'choice',
        choices=(('as MONAI', 'monai'), ('as nnU-Net', 'nnunet')),
    ),
    SpecField(
        'slice_axis',
        'slices along',
        'For a 2D network: the axis of the volume that is cut; the first one gives axial slices',
        'choice',
        choices=_AXES,
    ),
    SpecField(
        'spacing',
        'voxel size',
        'Voxel size that it was trained on; the image is brought to it, and the answer back',
        'numbers',
        unit='mm',
        empty="the image's own",
        nothing='native',
        example='1.5, 1.5, 2',
        presets=(
            Preset("the image's own", 'native', 'networks trained on whatever came'),
            Preset('1 mm', 1.0, 'brain MR, as in BraTS'),
            Preset('1.5 mm', 1.5, 'TotalSegmentator'),
            Preset('3 mm', 3.0, 'TotalSegmentator, fast'),
        ),
    ),
    SpecField(
        'resample.image',
        'resampling',
        'How the image is brought to that voxel size',
        'choice',
        choices=_ORDERS,
    ),
    SpecField(
        'orientation',
        'axes point to',
        'Where the axes of its input point to, first axis first, such as RAS: right, anterior, superior',
        'word',
        empty='as read: superior, posterior, left',
        example='RAS',
        presets=(
            Preset('as read: superior, posterior, left', None, 'this program, as napari shows images'),
            Preset('RAS', 'RAS', 'MONAI, Orientation(axcodes="RAS")'),
            Preset('LPS', 'LPS', 'arrays of ITK, reversed to (x, y, z)'),
        ),
    ),
    SpecField(
        'transpose',
        'axes reversed',
        'It was trained on images read as (x, y) or (x, y, z), and wants its axes in that order',
        'flag',
    ),
    SpecField(
        'pad_multiple',
        'sides divide by',
        'Whole slices are padded so that their sides can be divided by this: 2 to the number of poolings',
        'whole',
        unit='voxels',
        empty='1',
        nothing=1,
        presets=(
            Preset('1', 1, 'networks for any size'),
            Preset('8', 8, 'a U-Net that halves three times'),
            Preset('16', 16, 'a U-Net that halves four times'),
            Preset('32', 32, 'a U-Net that halves five times'),
        ),
    ),
    SpecField(
        'crop_foreground',
        'crop to the object',
        'It is given the smallest box around all voxels above 0; outside it everything is background',
        'flag',
    ),
    SpecField(
        'mirror_axes',
        'mirrored along',
        'Axes, counted from 0, over whose mirror images its answers are averaged: each doubles the time',
        'wholes',
        empty='none',
        nothing=(),
        example='0, 1, 2',
    ),
    SpecField('post.largest_component', 'largest piece only', 'Of each label only the largest piece stays', 'flag'),
    SpecField('post.fill_holes', 'fill holes', 'Background that a label encloses becomes that label', 'flag'),
    SpecField(
        'post.minimum_ml', 'smallest piece', 'Pieces smaller than this go', 'number', unit='ml', empty='0', nothing=0.0
    ),
)


@dataclass(frozen=True)
class Intensities:
    """A way to bring intensities to what a network wants.

    Attributes
    ----------
    title, words : str
    value : object
        As TOML holds it; where numbers are needed, a template with None in their places.
    numbers : tuple of (str, str, float or None)
        Title and unit of each number, and what it is at first; None is asked for.
    """

    title: str
    words: str
    value: Any
    numbers: tuple[tuple[str, str, float | None], ...] = ()


_TO = (('becomes', '', 0.0), ('and', '', 1.0))

#: By a short name, in the order of the form.
INTENSITIES: dict[str, Intensities] = {
    'none': Intensities('as they are', 'The network takes the values of the file', 'none'),
    'clip': Intensities(
        'fixed window, cut off',
        'Values between two limits are mapped linearly; beyond them they become the limit',
        {'clip': [None, None], 'to': [None, None], 'clipped': True},
        (('from', 'HU or image units', None), ('to', 'HU or image units', None), *_TO),
    ),
    'map': Intensities(
        'fixed window, not cut off',
        'The same line, and values beyond the limits go on along it',
        {'clip': [None, None], 'to': [None, None], 'clipped': False},
        (('from', 'HU or image units', None), ('to', 'HU or image units', None), *_TO),
    ),
    'zscore': Intensities('z-score', 'Minus the mean of the image, divided by its standard deviation', 'zscore'),
    'zscore_nonzero': Intensities(
        'z-score of what is not 0', 'Mean and deviation of voxels that are not 0, which stay 0', 'zscore_nonzero'
    ),
    'minmax': Intensities('minimum and maximum to 0 and 1', 'Of each image by itself', 'minmax'),
    'percentiles': Intensities(
        'percentiles of the image',
        'Two percentiles of each image are the limits; beyond them values are cut off',
        {'percentiles': [None, None], 'to': [None, None]},
        (('from', '%', None), ('to', '%', None), *_TO),
    ),
    'divide_255': Intensities('divided by 255', 'Photographs and other 8 bit images', 'divide_255'),
    'ct': Intensities(
        'CT as nnU-Net does',
        'Cut off at two limits, minus a mean, divided by a deviation: all four are in its plans.json',
        {'ct': [None, None], 'mean': None, 'sd': None},
        (
            ('from (percentile_00_5)', 'HU', None),
            ('to (percentile_99_5)', 'HU', None),
            ('minus (mean)', 'HU', None),
            ('divided by (std)', 'HU', None),
        ),
    ),
}


def _clip(lo: float, hi: float) -> dict[str, Any]:
    return {'clip': [lo, hi], 'to': [0.0, 1.0], 'clipped': True}


#: Settings of intensities that others use.
INTENSITY_PRESETS: tuple[Preset, ...] = (
    Preset('CT soft tissue: -160 to 240 HU becomes 0 to 1', _clip(-160, 240), 'level 40, width 400 HU'),
    Preset('CT abdomen: -175 to 250 HU becomes 0 to 1', _clip(-175, 250), "MONAI's BTCV tutorials (UNETR, Swin UNETR)"),
    Preset('CT spleen: -57 to 164 HU becomes 0 to 1', _clip(-57, 164), "MONAI's spleen tutorial and bundle"),
    Preset('CT lung: -1350 to 150 HU becomes 0 to 1', _clip(-1350, 150), 'level -600, width 1500 HU'),
    Preset('CT bone: -500 to 1300 HU becomes 0 to 1', _clip(-500, 1300), 'level 400, width 1800 HU'),
    Preset('CT brain: 0 to 80 HU becomes 0 to 1', _clip(0, 80), 'level 40, width 80 HU'),
    Preset('MR: z-score of the image', 'zscore', 'nnU-Net for everything but CT'),
    Preset('MR, skull-stripped: z-score of what is not 0', 'zscore_nonzero', "MONAI's BraTS tutorials and bundle"),
    Preset('photograph: divided by 255', 'divide_255', '8 bit images'),
)
