"""The page of the perturbations: a card each, with its picture, and the levels of benchmarks."""

from __future__ import annotations

from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any

from markdown_parts import NOTE, linked, table

from napari_segrobust.perturb import catalogue, get_spec, presets
from napari_segrobust.perturb.spec import MODALITIES, RANGE, STAGES

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from napari_segrobust.perturb import Perturbation, Preset
    from napari_segrobust.perturb.presets import Level

PICTURES = Path(__file__).parents[1] / 'docs' / 'images' / 'perturbations'
#: Groups as they are listed: heading, and what holds them together.
GROUPS = {
    'noise': ('Noise', 'Values that scatter from voxel to voxel. Where and how strongly depends on the device.'),
    'blur': ('Blur', 'Every voxel becomes a mean of its neighbours: detail goes, and noise with it.'),
    'intensity': ('Intensity', 'Grey values and colours are mapped to others; what lies where stays.'),
    'mr': ('Magnetic resonance', 'Coils, k-space, and a patient who moves. They act slice by slice, in the plane.'),
    'ct': ('Computed tomography', 'Projections that are wrong, reconstructed slice by slice; amounts are in HU.'),
    'ultrasound': ('Ultrasound', 'Sound that weakens on its way down from a transducer at the top of the image.'),
    'optical': ('Endoscopy, fundus and histology', 'Lamps, lenses, slides and codecs of cameras and microscopes.'),
    'resolution': ('Resolution', 'Larger voxels and lost slices, with the mean that a larger voxel measures.'),
    'geometry': (
        'Geometry',
        'The image is moved or bent, or its file says so. The reference is carried along, unless that is switched off: '
        'leaving it behind asks another question.',
    ),
    'content': ('Content', 'Things that cover the image, are missing from it, or look like something else.'),
    'style': ('Style', 'The look of another image, or of other tissue, on the anatomy of this one.'),
    'annotation': (
        'Annotation',
        'The image and the prediction stay; the reference is another. They show how much of a number is the rater.',
    ),
    'prompt': (
        'Prompts',
        'The image stays; a model that is shown points or boxes is shown them elsewhere. Every other model sees '
        'nothing of it. Where a warp of the image carries the reference along, it carries prompts along as well.',
    ),
    'remedy': (
        'Remedies',
        'They act after all perturbations, in the order given. What they are worth is the share of the loss that they '
        'win back: (with - without) / (clean - without), for each metric. 1 is all of it; below 0 they harm. They act '
        'on a clean image too: look at what they cost there.',
    ),
}
KINDS = {
    'continuous': 'continuous; the higher the severity, the more the intensities change',
    'geometry': 'geometry; the higher the severity, the farther voxels move',
    'discrete': 'discrete; severity chooses one of a few steps, and between two the higher one acts',
    'header': 'header; voxels stay, and what the file says of them changes',
    'mask': 'mask; changes the reference, and leaves the image',
    'prompt': 'prompt; changes what a model is shown beside the image',
}
EXPECTS = {
    'any': 'any; amounts are relative to lo and hi',
    'magnitude': 'magnitudes; lo must be the value of no signal, for an offset changes the effect',
    'HU': 'Hounsfield units',
}
NEEDS = {
    'channels': 'at least two channels',
    'rgb': 'a colour image',
    'reference': 'a reference mask',
    'target': 'another image',
    'prompts': 'a model that is shown points or boxes',
}
#: What at most so many modalities have is typical of them.
_FEW = 4
LENGTHS = {'mm': 'mm', 'px': 'px', 'slice': 'slices', 'voxel': 'voxels'}
_RANDOM = {True: 'the seed decides the draw, severity only how much of it', False: 'nothing; the seed plays no part'}
_SEVERITIES = ('0', '1', '2', '3', '4', '5')


def perturbations_page() -> str:
    """Every perturbation with its picture, its parameters from severity 0 to 5, and where they come from."""
    entries = sorted(catalogue(), key=lambda entry: (_place(entry['group']), entry['title'].lower()))
    groups = {group: list(members) for group, members in groupby(entries, key=lambda entry: entry['group'])}
    parts = ['# Perturbations', NOTE, INTRODUCTION, '## Contents', _contents(groups), _by_modality(entries)]
    for group, members in groups.items():
        heading, words = GROUPS[group]
        parts += [f'## {heading}', words, _overview(members), *map(card, members)]
    parts += ['## Guests', GUESTS, '## Levels of benchmarks', PRESETS, *map(preset_card, presets().values())]
    return '\n\n'.join(parts) + '\n'


def card(entry: Mapping[str, Any]) -> str:
    """Everything about one perturbation."""
    facts = {
        'Model': f'`{entry["model"]}`',
        'Kind': KINDS[entry['kind']],
        'Random': _RANDOM[entry['random']],
        'Intensities it expects': _expects(entry),
        'Needs': ', '.join(NEEDS[need] for need in entry['needs']) or 'nothing but the image',
        'Realistic for': _modalities(entry),
        'Physical order': f'{entry["stage"]}, {STAGES.index(entry["stage"]) + 1} of {len(STAGES)}',
        '**Caution**': entry['caution'],
        'Source': linked(entry['source']),
    }
    picture = f'![{entry["title"]} at severity 0, 1, 3 and 5](images/perturbations/{entry["name"]}.jpg)'
    lines = '\n'.join(f'- {word}: {fact}' for word, fact in facts.items() if fact)
    driven = [p for p in entry['parameters'] if not _fixed(p)]
    fixed = [p for p in entry['parameters'] if _fixed(p)]
    return '\n\n'.join(
        filter(None, (_heading(entry), entry['summary'], picture, lines, _driven(driven), _fixed_ones(fixed)))
    )


def _driven(parameters: Sequence[Mapping[str, Any]]) -> str:
    """What severity drives, with its levels."""
    seen = any(p['seen'] for p in parameters)
    rows = (
        [
            f'`{p["name"]}`',
            amount_name(p),
            *levels(p),
            _limits(p),
            *([_seen(p)] if seen else []),
            linked(p['source']),
        ]
        for p in parameters
    )
    head = ['severity drives', 'what', *_SEVERITIES, 'settable', *(['seen'] if seen else []), 'source of the levels']
    return table(head, rows)


def _fixed_ones(parameters: Sequence[Mapping[str, Any]]) -> str:
    """What stays as it is until somebody sets it."""
    rows = ([f'`{p["name"]}`', amount_name(p), levels(p)[0], _limits(p), linked(p['source'])] for p in parameters)
    return table(['set by hand', 'what', 'unless set', 'settable', 'why'], rows) if parameters else ''


def _contents(groups: Mapping[str, Sequence[Mapping[str, Any]]]) -> str:
    lines = []
    for group, members in groups.items():
        heading = GROUPS[group][0]
        lines.append(f'- [{heading}](#{_anchor(heading)}): {", ".join(map(_link, members))}')
    return '\n'.join([*lines, '- [Guests](#guests)', '- [Levels of benchmarks](#levels-of-benchmarks)'])


def _by_modality(entries: Sequence[Mapping[str, Any]]) -> str:
    """What to look at first: those that not every modality has."""
    rows = []
    for modality in MODALITIES:
        own = [e for e in entries if modality in e['modalities'] and len(e['modalities']) <= _FEW]
        rows.append([modality, ', '.join(map(_link, own))])
    words = (
        f'Those that at most {_FEW} modalities have; the panel offers all that are realistic for the open case first.'
    )
    return f'{words}\n\n{table(["modality", "typical of it"], rows)}'


def _overview(members: Sequence[Mapping[str, Any]]) -> str:
    firsts = [(entry, entry['parameters'][0]) for entry in members]
    rows = ([_link(entry), amount_name(first), *levels(first), _modalities(entry)] for entry, first in firsts)
    return table(['perturbation', 'amount', *_SEVERITIES, 'realistic for'], rows)


def _expects(entry: Mapping[str, Any]) -> str:
    return 'none; it leaves them' if entry['kind'] in ('mask', 'header', 'prompt') else EXPECTS[entry['expects']]


def _modalities(entry: Mapping[str, Any]) -> str:
    every = not entry['modalities'] or set(entry['modalities']) == set(MODALITIES)
    return 'any modality' if every else ', '.join(entry['modalities'])


def _fixed(parameter: Mapping[str, Any]) -> bool:
    return len(set(parameter['levels'])) == 1


def amount_name(parameter: Mapping[str, Any]) -> str:
    """Title and unit of a parameter."""
    unit = '% of range' if parameter['unit'] == RANGE else parameter['unit']
    return f'{parameter["title"]}, {unit}' if unit else str(parameter['title'])


def levels(parameter: Mapping[str, Any]) -> list[str]:
    """Values at severity 0 to 5; shares of the intensity range in percent, as on screen."""
    return [f'{_scale(parameter) * level:.4g}' for level in parameter['levels']]


def preset_card(preset: Preset) -> str:
    """Series of one benchmark, with what its levels are."""
    rows = []
    for name, series in preset.series.items():
        names = dict.fromkeys(entry.name for level in series for entry in level.stack)
        links = ', '.join(_link({'name': one, 'title': get_spec(one).title}) for one in names)
        rows.append([f'`{name}`', links, _series_words(series)])
    head = f'### {preset.title} (`{preset.name}`)'
    size = 'any size' if preset.size is None else ' x '.join(map(str, preset.size))
    facts = f'- Source: {linked(preset.source)}\n- Images: {size}'
    return '\n\n'.join((head, preset.note, facts, table(['series', 'perturbation', 'levels, mildest first'], rows)))


def _series_words(series: Sequence[Level]) -> str:
    """Levels in one line: the values of each parameter where all levels are one entry, else level by level."""
    titles = [level.title for level in series]
    entries = [level.stack[0] for level in series if len(level.stack) == 1]
    alike = len(entries) == len(series) and len({(e.name, e.region, tuple(e.parameters)) for e in entries}) == 1
    if alike and titles == [str(i + 1) for i in range(len(series))]:
        units = _units(entries[0].name, series[0].lengths)
        told = []
        for key in entries[0].parameters:
            values = [f'{entry.parameters[key]:.4g}' for entry in entries]
            words = ', '.join(values if len(set(values)) > 1 else values[:1])
            told.append(f'{key} {words} {units[key]}'.rstrip())
        return '; '.join(told)
    each = [' + '.join(_entry_words(entry, level.lengths) for entry in level.stack) or 'clean' for level in series]
    return '; '.join(
        f'{title}: {words}' if words != title else title for title, words in zip(titles, each, strict=True)
    )


def _entry_words(entry: Perturbation, lengths: str) -> str:
    units = _units(entry.name, lengths)
    told = ', '.join(f'{key} {value:.4g} {units[key]}'.rstrip() for key, value in entry.parameters.items())
    where = '' if entry.region.kind == 'whole' else f' in the {entry.region.kind}'
    return f'{get_spec(entry.name).title}, {told}{where}'


def _units(name: str, lengths: str) -> dict[str, str]:
    units = {p.name: p.unit for p in get_spec(name).parameters}
    return {key: LENGTHS[lengths] if unit == 'mm' else _plain(unit) for key, unit in units.items()}


def _plain(unit: str) -> str:
    return '' if unit == RANGE else unit


def _heading(entry: Mapping[str, Any]) -> str:
    return f'### {_title(entry)}'


def _title(entry: Mapping[str, Any]) -> str:
    title = entry['title']
    return f'{title[0].upper()}{title[1:]} (`{entry["name"]}`)'


def _link(entry: Mapping[str, Any]) -> str:
    """Link to a card, by the anchor that GitHub gives its heading."""
    return f'[{entry["title"]}](#{_anchor(_title(entry))})'


def _anchor(heading: str) -> str:
    return ''.join(c for c in heading.lower() if c.isalnum() or c in ' -_').replace(' ', '-')


def _place(group: str) -> int:
    return list(GROUPS).index(group)


def _scale(parameter: Mapping[str, Any]) -> float:
    return 100 if parameter['unit'] == RANGE else 1


def _limits(parameter: Mapping[str, Any]) -> str:
    return f'{_scale(parameter) * parameter["minimum"]:g} to {_scale(parameter) * parameter["maximum"]:g}'


def _seen(parameter: Mapping[str, Any]) -> str:
    if parameter['seen'] is None:
        return ''
    low, high = (f'{_scale(parameter) * value:g}' for value in parameter['seen'])
    return f'{low} to {high} ({linked(parameter["seen_source"])})'


INTRODUCTION = """\
A perturbation has a severity from 0 to 5. 0 is the image itself, bit for bit. Severities are for sliders: what one
means is a physical amount, which the tables below give and which can be set by itself. Between two columns it is
interpolated linearly.

- **Scale.** Grey values are changed on u = (x - lo) / (hi - lo), where lo and hi are the 1st and 99th percentile of the
  clean image (minimum and maximum of 8-bit images); nothing is cut off. "% of range" is percent of hi - lo. In the
  models u is before, u' after.
- **Draw.** What is random depends on the seed, the perturbation, the shape, the spacing and the channel, and on nothing
  else. Moving the slider makes more of the same noise, never other noise; a slice alone gets the values that it has in
  the volume.
- **Order.** Perturbations are stacked and act from first to last. The physical order is that in which images are made:
  {stages}. Remedies always act last on the image.
- **Region.** Each can be kept to the foreground of a reference, its background, one label, a box or a drawn region,
  with a soft edge in mm.
- **How much.** Severity 3 of one is not severity 3 of another. Before ranking what they do to a model, bring them to
  the same change: `rank_at_change` does it by RMS in percent of hi - lo, and gives PSNR and SSIM too.
- **Realistic for** names modalities in whose images something like it is seen. "Chosen" in a table means that no
  publication gives the levels, and says what we went by. Where a source gives a range that occurs, it stands under
  *seen* and is marked on the slider; where none does, no level is claimed to be common.

Pictures show severity 0, 1, 3 and 5 of what severity drives: on the MNI T1 template (nilearn), a CT slice and an
ultrasound of the heart (pydicom), a fundus photograph, a stained tissue section and a portrait (scikit-image). Of masks
the reference is an orange line and what became of it is filled, a colour for each label; prompts as they were set are
orange too, and where they went has the colours of their labels. Remedies are shown on a noisy, shaded or flat image.
`napari-segrobust cards --contact-sheet sheet.png --image FILE` draws all of them on an image of your own."""
INTRODUCTION = INTRODUCTION.format(
    stages=', '.join(stage for stage in STAGES if stage not in ('remedy', 'annotation', 'prompt'))
)

GUESTS = """\
Any random array transform of MONAI and any transform of TorchIO can stand in a stack by its name, such as
`monai:RandGibbsNoise` or `torchio:RandomMotion`. TorchIO comes with the extra `guests`. Numeric arguments are its
parameters; a number for a range sets both ends.

- It is given a copy of the image on the scale u, and every generator that it may draw from is seeded before, and put
  back after. The same seed gives the same image.
- **No common random numbers.** It draws its amount anew with its place. Above severity 0 it acts in full, and another
  parameter is another draw. Curves over its severity mean nothing, and none is claimed.
- It transforms the whole image even where one slice is shown, on the CPU.
- It must keep the grid. One that moves things leaves the reference behind.

`examples/guest_beside_ours.py` puts three of them beside ours."""

PRESETS = """\
The levels that a benchmark has published, as stacks: *Preset as a film strip* in the panel, `--preset
NAME:SERIES:LEVEL` on the command line, `perturb.preset_stack` in Python. Lengths in pixels become mm of the last two
axes of the case."""
