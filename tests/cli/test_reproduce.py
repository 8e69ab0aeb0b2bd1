"""The experiments from the command line, in their quick form, and what an interrupted run leaves."""

from __future__ import annotations

import csv

import pytest

from napari_segrobust.cases.case import Case
from napari_segrobust.cli.reproduce import NAMES
from napari_segrobust.compare import compare
from napari_segrobust.geometry import GridGeometry
from napari_segrobust.papers import reproduce
from napari_segrobust.papers.spheres import SphereTask, exam_cubes
from napari_segrobust.papers.textures import TextureTask, exam_images
from napari_segrobust.papers.training import Store
from napari_segrobust.papers.variants import exam
from napari_segrobust.segment import load_model, predict

FIGURES = {
    'kamath-2022': ['dice_over_fraction'],
    'kamath-2025': ['dice_over_alpha', 'dice_over_levels', 'dice_over_speckle'],
    'training-matrix': ['matrix'],
}
_PAPER = [
    'What was done alike', 'What was done differently', 'What came out otherwise', 'What came out as published',
    'What stays open', 'Weak or fragile',
]  # fmt: skip
HEADS = {
    'kamath-2022': _PAPER,
    'kamath-2025': [*_PAPER, 'Score, drop and retained share', 'Published counter-examples', 'Errata of the papers'],
    'training-matrix': ['Better than the clean training in every seed', 'Worse in every seed', 'Sources'],
}


def read(path):
    with path.open(newline='') as file:
        return list(csv.DictReader(file))


@pytest.mark.parametrize('name', NAMES)
def test_a_quick_run_writes_everything_and_is_not_done_twice(name, tmp_path, capsys):
    from napari_segrobust.cli import main

    words = ['reproduce', name, '--quick', '--device', 'cpu', '--out', str(tmp_path)]
    assert main(words) == 0
    out, said = capsys.readouterr()
    assert out.strip() == str(tmp_path / 'page.html')
    assert ': step ' in said
    page = (tmp_path / 'page.md').read_text()
    assert 'THIS IS A QUICK RUN' in page
    for head in HEADS[name]:
        assert f'## {head}' in page
    for figure in FIGURES[name]:
        assert (tmp_path / f'{figure}.svg').read_text().startswith('<?xml')
        assert (tmp_path / f'{figure}.png').read_bytes().startswith(b'\x89PNG')
        assert f'({figure}.png)' in page
    cases = read(tmp_path / 'cases.csv')
    assert cases
    assert all(0 <= float(row['dice']) <= 1 for row in cases)
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir() if path.is_file()}
    assert main(words) == 0
    assert ': step ' not in capsys.readouterr().err
    trained = sorted(path.stem for path in (tmp_path / 'networks-quick').glob('*.safetensors'))
    assert trained == sorted(path.stem for path in (tmp_path / 'networks-quick').glob('*.toml'))
    check_a_network_as_a_model(name, tmp_path, cases)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir() if path.is_file()} == before


def check_a_network_as_a_model(name, folder, cases):
    """Opened as any other model, a network scores on the first test image what the experiment says."""
    network, image, mask, expected = FIRST[name](cases)
    case = Case('test', image[None], GridGeometry.from_spacing(image.shape))
    model = load_model(folder / 'networks-quick' / f'{network}.safetensors', device='cpu')
    found = compare(mask, predict(case, model).labels, labels=[1], metrics=['dice']).metrics[1]['dice'].value
    assert found == pytest.approx(float(expected['dice']), abs=2e-3)


def first_ball(cases):
    # The window is as large as the cube: one window, in both ways of inference.
    row = next(row for row in cases if (row['model'], row['window']) == ('unet', '48'))
    image, mask = next(cube[1:] for cube in exam_cubes(SphereTask(), 9) if cube[0] == float(row['radius']))
    return 'sphere-unet-48-seed1', image, mask, row


def first_texture(cases):
    row = next(row for row in cases if (row['model'], row['kind'], row['value']) == ('U-Net', 'level', '2'))
    return 'texture-foreground-u-net-seed1', *exam_images(TextureTask(), 1, None)[0], row


def first_of_the_matrix(cases):
    row = next(row for row in cases if (row['trained'], row['tested']) == ('noise', 'speckle'))
    return 'matrix-noise-seed1', *exam('speckle', 2)[0], row


FIRST = {'kamath-2022': first_ball, 'kamath-2025': first_texture, 'training-matrix': first_of_the_matrix}


def test_an_interrupted_run_goes_on(tmp_path, monkeypatch):
    """Stopped after two networks, the next run trains the others only."""
    trained = []
    network = Store.network

    def counted(store, training, batches):
        if len(trained) == 2:
            raise KeyboardInterrupt
        trained.append(training.name)
        return network(store, training, batches)

    monkeypatch.setattr(Store, 'network', counted)
    with pytest.raises(KeyboardInterrupt):
        reproduce.reproduce('kamath-2025', tmp_path, quick=True, device='cpu')
    assert sorted(path.stem for path in tmp_path.rglob('*.safetensors')) == sorted(trained)
    assert not (tmp_path / 'page.html').exists()
    again = []
    monkeypatch.setattr(Store, 'network', lambda store, training, batches: (
        again.append(training.name), network(store, training, batches))[1])  # fmt: skip
    reproduce.reproduce('kamath-2025', tmp_path, quick=True, device='cpu')
    assert not set(again) & set(trained)
    assert len(again) + len(trained) == 6
    assert (tmp_path / 'page.html').exists()


def test_the_names_are_those_of_the_experiments():
    assert tuple(reproduce.EXPERIMENTS) == NAMES


@pytest.mark.parametrize(
    ('words', 'why'),
    [
        ('reproduce kamath-2022 --seeds 0', 'Seeds unusable'),
        ('reproduce kamath-2022 --quick --device cuda', 'Device not available'),
        ('reproduce kamath-2022 --quick --device cpu --out image.nii.gz/here', 'cannot be made'),
        ('reproduce kamath-1999', 'invalid choice'),
        ('reproduce', 'required'),
    ],
)
def test_mistakes_are_said_in_one_line(refused, words, why, monkeypatch):
    monkeypatch.setattr('torch.cuda.is_available', lambda: False)
    assert why in refused(words)
