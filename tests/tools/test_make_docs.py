"""The pages that are made from the registries are those that the registries make now."""

from __future__ import annotations

import re
from pathlib import Path

import make_docs
import metric_figures
import perturbation_page
import pytest
from PIL import Image

from napari_segrobust.compare import metric_specs
from napari_segrobust.perturb import catalogue, perturbations, presets
from napari_segrobust.perturb.spec import Need


@pytest.mark.parametrize('path', make_docs.PAGES, ids=lambda path: path.name)
def test_page_is_up_to_date(path: Path) -> None:
    made = make_docs.PAGES[path]()
    assert path.read_text(encoding='utf-8') == made, f'{path.name} is out of date: run make docs'


def test_a_cell_cannot_break_a_table() -> None:
    assert make_docs.table(['a'], [['|x|']]).splitlines()[-1] == '| \\|x\\| |'


def test_dois_become_links() -> None:
    assert make_docs.linked('A 1, doi:10.1/x; B 2') == 'A 1, [doi:10.1/x](https://doi.org/10.1/x); B 2'


def test_odd_dois_become_links_that_work() -> None:
    assert make_docs.linked('B, doi:10.1/(1950)3<1:A>2;3').endswith('(https://doi.org/10.1/(1950)3%3C1%3AA%3E2%3B3)')


def test_empty_masks_are_said_as_the_registry_says_them() -> None:

    assert make_docs.cells(metric_specs()['dice']) == ['computed', 'undefined', '0', '0']
    assert make_docs.cells(metric_specs()['hd95']) == ['computed', *['undefined'] * 3]
    assert make_docs.cells(metric_specs()['fp']) == ['computed', '0', 'computed', '0']
    assert make_docs.cells(metric_specs()['detection']) == ['computed', 'TN', 'FP', 'FN']


def test_every_family_has_its_place_and_every_need_its_words() -> None:

    assert {spec.family for spec in metric_specs().values()} <= {*make_docs.FAMILIES, 'counts'}
    assert {need for spec in metric_specs().values() for need in spec.needs} <= set(make_docs.NEEDS)


# -- figures ---------------------------------------------------------------------------------------------------------


def test_there_is_a_figure_for_every_metric_and_for_nothing_else():
    assert {path.stem for path in make_docs.FIGURES.glob('*.svg')} == set(metric_specs())


def test_figures_show_what_is_known_of_a_disk():
    shifted, resized, joined = (metric_figures.measured(i) for i in range(3))
    dice = [values['dice'].value for values in shifted]
    assert dice[0] == 1.0
    assert dice == sorted(dice, reverse=True)
    # Shifted by whole voxels it keeps its size; a far blob of one voxel is as far as it is.
    assert {values['volume_difference_ml'].value for values in shifted[::2]} == {0.0}
    assert resized[len(resized) // 2]['hd'].value == 0.0
    assert joined[0]['hd'].value == 0.0
    assert joined[1]['hd'].value > 30.0


# -- pictures of perturbations ---------------------------------------------------------------------------------------


def test_there_is_a_picture_for_every_perturbation_and_for_nothing_else():
    """``napari-segrobust cards --out docs/images/perturbations`` makes them."""
    assert {path.stem for path in perturbation_page.PICTURES.glob('*')} == set(perturbations())


def test_pictures_are_small():
    sizes = {path: path.stat().st_size for path in perturbation_page.PICTURES.glob('*.jpg')}
    assert sum(sizes.values()) < 1_500_000
    assert max(sizes.values()) < 30_000
    with Image.open(next(iter(sizes))) as picture:
        assert picture.size == (612, 165)


def test_every_word_of_a_card_is_known():
    specs = perturbations().values()
    assert {spec.group for spec in specs} <= set(perturbation_page.GROUPS)
    assert {spec.kind for spec in specs} <= set(perturbation_page.KINDS)
    assert set(Need.__args__) == set(perturbation_page.NEEDS)


def test_every_link_within_the_page_leads_to_a_heading():
    page = perturbation_page.perturbations_page()
    headings = {perturbation_page._anchor(words) for words in re.findall(r'^#+ (.*)$', page, re.MULTILINE)}
    links = set(re.findall(r'\]\(#([^)]*)\)', page))
    assert not links - headings
    assert len(links) > len(perturbations())


def test_an_anchor_is_that_of_the_heading():
    entry = {'title': 'CT dose noise', 'name': 'ct_dose_noise'}
    assert perturbation_page._link(entry) == '[CT dose noise](#ct-dose-noise-ct_dose_noise)'
    assert '### CT dose noise (`ct_dose_noise`)' in perturbation_page.perturbations_page()


def test_a_card_says_everything():
    entries = {entry['name']: entry for entry in catalogue()}
    for entry in entries.values():
        words = perturbation_page.card(entry)
        for part in ('Model', 'Intensities it expects', 'Needs', 'Realistic for', 'Source', 'severity drives'):
            assert part in words, (entry['name'], part)
    words = perturbation_page.card(entries['rigid_motion'])
    assert '| `moved` | k-space acquired after moving, % | 0 | 35 | 42 | 46 | 48 | 49 |' in words
    assert '| `translation` | largest shift, mm | 6 | 0 to 100 |' in words


def test_levels_of_a_series_are_told_once():
    series = presets()['rood-mri'].series
    words = perturbation_page._series_words(series['motion'])
    assert words == 'degrees 1, 2, 3, 4, 5 degrees; translation 2, 4, 6, 8, 10 mm; moved 46 %'
    titled = perturbation_page._series_words(presets()['kamath-2025'].series['texture'])
    assert titled.startswith('easiest: gaussian blur, sigma 7 px in the background; ')
    assert '; clean; ' in titled
