"""The page of the perturbations: a card each, with its picture, and the levels of benchmarks."""

from __future__ import annotations

from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any

from markdown_parts import NOTE, linked, table

from napari_segrobust.perturb import catalogue, get_spec, presets
from napari_segrobust.perturb.spec import RANGE, STAGES

if TYPE_CHECKING:
    from collections.abc import Mapping

    from napari_segrobust.perturb import Perturbation, Preset

PICTURES = Path(__file__).parents[1] / 'docs' / 'images' / 'perturbations'
#: Groups as they are listed, and their headings; one that is not named here comes after them.
GROUPS = {
    'noise': 'Noise',
    'blur': 'Blur',
    'intensity': 'Intensity',
    'mr': 'Magnetic resonance',
    'ct': 'Computed tomography',
    'ultrasound': 'Ultrasound',
    'optical': 'Endoscopy, fundus and histology',
    'resolution': 'Resolution',
    'geometry': 'Geometry',
    'content': 'Content',
    'style': 'Style of another image',
    'annotation': 'Annotation',
    'remedy': 'Remedies',
}
KINDS = {
    'continuous': 'continuous: intensities change, and more of it with severity',
    'geometry': 'geometry: the image is warped, farther with severity; the reference moves along, or not, as chosen',
    'discrete': 'discrete: in documented steps',
    'header': 'header: the voxels stay, what the file says of them changes',
    'mask': 'mask: acts on a mask, not on the image',
}
EXPECTS = {
    'magnitude': 'magnitudes: lo must be the value of no signal, an offset changes the effect',
    'HU': 'Hounsfield units',
}
NEEDS = {
    'channels': 'at least two channels',
    'rgb': 'a colour image',
    'reference': 'a reference mask',
    'target': 'another image',
}
LENGTHS = {'mm': 'mm', 'px': 'px', 'slice': 'slices', 'voxel': 'voxels'}
_RANDOM = {True: 'drawn from the seed, the same at every severity', False: 'no; the seed plays no part'}


def perturbations_page() -> str:
    """Every perturbation with its picture, its parameters from severity 0 to 5, and where they come from."""
    entries = sorted(catalogue(), key=lambda entry: (_place(entry['group']), entry['name']))
    groups = {group: list(members) for group, members in groupby(entries, key=lambda entry: entry['group'])}
    parts = [
        '# Perturbations',
        NOTE,
        INTRODUCTION,
        table(
            ['perturbation', 'amount', '0', '1', '2', '3', '4', '5', 'realistic for'],
            (
                [_link(e), amount_name(e['parameters'][0]), *levels(e['parameters'][0]), ', '.join(e['modalities'])]
                for e in entries
            ),
        ),
    ]
    for group, members in groups.items():
        parts += [f'## {GROUPS.get(group, group.capitalize())}', *map(card, members)]
    parts += ['## Levels of benchmarks', PRESETS, *map(preset_card, presets().values())]
    return '\n\n'.join(parts) + '\n'


def card(entry: Mapping[str, Any]) -> str:
    """Everything about one perturbation."""
    facts = [
        f'- Model: `{entry["model"]}`',
        f'- Kind: {KINDS[entry["kind"]]}',
        f'- Stage: {entry["stage"]}, {STAGES.index(entry["stage"]) + 1} of {len(STAGES)} in the physical order',
        f'- Random: {_RANDOM[entry["random"]]}',
        f'- Realistic for: {", ".join(entry["modalities"]) or "any image"}',
    ]
    if entry['expects'] in EXPECTS:
        facts.append(f'- Expects {EXPECTS[entry["expects"]]}')
    if entry['needs']:
        facts.append(f'- Needs {", ".join(NEEDS[need] for need in entry["needs"])}')
    if entry['caution']:
        facts.append(f'- **Caution**: {entry["caution"]}')
    facts.append(f'- Source: {linked(entry["source"])}')
    rows = (
        [f'`{p["name"]}`', amount_name(p), *levels(p), _limits(p), _seen(p), linked(p['source'] or entry['source'])]
        for p in entry['parameters']
    )
    head = ['parameter', 'what', '0', '1', '2', '3', '4', '5', 'settable', 'seen', 'source of the levels']
    picture = f'![{entry["title"]} at severity 0, 1, 3 and 5](images/perturbations/{entry["name"]}.jpg)'
    return '\n\n'.join((_heading(entry), entry['summary'], picture, '\n'.join(facts), table(head, rows)))


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
        each = [' + '.join(_entry_words(entry, level.lengths) for entry in level.stack) or 'clean' for level in series]
        titles = [level.title for level in series]
        if titles != [str(i + 1) for i in range(len(each))]:
            each = [f'{title}: {words}' for title, words in zip(titles, each, strict=True)]
        names = ', '.join(dict.fromkeys(entry.name for level in series for entry in level.stack))
        rows.append([f'`{name}`', names, '; '.join(each)])
    head = f'### {preset.title} (`{preset.name}`)'
    size = 'any size' if preset.size is None else ' x '.join(map(str, preset.size))
    facts = f'- Source: {linked(preset.source)}\n- Images: {size}'
    return '\n\n'.join((head, preset.note, facts, table(['series', 'perturbation', 'levels, mildest first'], rows)))


def _entry_words(entry: Perturbation, lengths: str) -> str:
    units = {p.name: p.unit for p in get_spec(entry.name).parameters}
    units = {name: LENGTHS[lengths] if unit == 'mm' else unit for name, unit in units.items()}
    told = ', '.join(f'{key} {value:.4g} {_plain(units[key])}'.rstrip() for key, value in entry.parameters.items())
    where = '' if entry.region.kind == 'whole' else f' in the {entry.region.kind}'
    return f'{told}{where}'


def _plain(unit: str) -> str:
    return '' if unit == RANGE else unit


def _heading(entry: Mapping[str, Any]) -> str:
    return f'### {entry["title"].capitalize()} (`{entry["name"]}`)'


def _link(entry: Mapping[str, Any]) -> str:
    """Link to a card, by the anchor that GitHub gives its heading."""
    words = _heading(entry).removeprefix('### ').lower()
    anchor = ''.join(c for c in words if c.isalnum() or c in ' -_').replace(' ', '-')
    return f'[{entry["title"]}](#{anchor})'


def _place(group: str) -> int:
    known = list(GROUPS)
    return known.index(group) if group in known else len(known)


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
A perturbation has a severity from 0 to 5, continuous. Severity 0 is the image itself, bit for bit. Between the columns
below the parameters are interpolated linearly; each can also be set by itself, within its limits.

- **Scale.** Intensities are changed on u = (x - lo) / (hi - lo), unclipped, where lo and hi are the 1st and 99th
  percentile of the clean image (minimum and maximum for 8-bit images). "% of range" means percent of hi - lo.
- **Draw.** What is random depends on the perturbation, the seed, the shape, the spacing and the channel, and on nothing
  else: moving the slider changes the amount and never the draw, and a slice alone gets the same values as within the
  volume.
- **Order.** Several can be stacked; they act in the order in which they are listed. The physical order is that of their
  stages; remedies act after all others.
- **Region.** Each can be limited to the foreground of a reference, its background, one label, a box, or a drawn region,
  with a soft edge in mm.
- **How much.** Severity 3 of one is not severity 3 of another. Before ranking what they do to a model, bring them to
  the same change: RMS in percent of hi - lo, PSNR or SSIM against the clean image (`perturb.rank_at_change`).
- **Recipes.** A stack is saved to a file with versions, units and seeds, and drawn regions beside it
  (`perturb.save_recipe`); the `--recipe` option of the command line uses it.

Pictures show severity 0, 1, 3 and 5 with the first parameter below: on the MNI T1 template (nilearn), a CT slice and an
ultrasound of the heart (pydicom), a fundus photograph, a stained tissue section and a portrait (scikit-image). Of masks
the reference is an orange line and what became of it is filled, a colour for each label. Remedies are shown on a noisy,
shaded or flat image. An image of your own is drawn with all of them by
`napari-segrobust cards --contact-sheet sheet.png --image FILE`."""

PRESETS = """\
`--preset NAME:SERIES:LEVEL` on the command line, `perturb.preset_stack` in Python. Pixels become mm of the last two
axes of the case. `napari-segrobust presets` lists them."""
