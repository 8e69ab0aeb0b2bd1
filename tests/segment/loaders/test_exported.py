"""Files of torch.export: what they hold is read, and nothing in them is run."""

import json
import pickle
import zipfile

import numpy as np
import pytest
import torch

from napari_segrobust.errors import ModelError
from napari_segrobust.segment.facts import read_facts
from napari_segrobust.segment.load import load_model
from napari_segrobust.segment.prediction import predict


@pytest.fixture(scope='module')
def frozen(network, export, tmp_path_factory):
    return export(network, tmp_path_factory.mktemp('pt2') / 'frozen.pt2')


@pytest.fixture(scope='module')
def free(network, export, tmp_path_factory):
    return export(network, tmp_path_factory.mktemp('pt2') / 'free.pt2', batch=2, free=(0, 2, 3))


def edited(path, target, change=None, add=()):
    """Copy an archive; `change` edits the JSON of its graph, `add` are other members (name, content)."""
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(target, 'w') as new:
        replaced = {name for name, _ in add}
        for name in old.namelist():
            content = old.read(name)
            if change is not None and name.endswith('models/model.json'):
                program = json.loads(content)
                change(program)
                content = json.dumps(program).encode()
            if name not in replaced:
                new.writestr(name, content)
        for name, content in add:
            new.writestr(name, content)
    return target


def test_a_frozen_size_becomes_the_window(frozen, spec):
    model = load_model(frozen, {k: v for k, v in spec.items() if k != 'window'}, device='cpu')
    assert model.spec.window == (16, 16)
    assert any('takes windows of 16 x 16 only' in line for line in model.messages)


def test_another_window_is_refused(frozen, spec, case, refused):
    assert 'it is 24 x 16, and the network takes 16 x 16' in refused(frozen, window=[24, 16])
    model = load_model(frozen, spec, device='cpu')
    with pytest.raises(ModelError, match='it is 20 x 16, and the network takes 16 x 16'):
        predict(case, model, window=(20, 16))


def test_a_frozen_batch_is_kept_to(frozen, spec, network):
    windows = torch.rand(3, 1, 16, 16)
    found = load_model(frozen, spec, device='cpu')(windows)
    with torch.inference_mode():
        np.testing.assert_allclose(found.numpy(), network(windows).numpy(), atol=1e-6)


def test_a_batch_frozen_at_two_is_filled_up(network, export, tmp_path, spec):
    model = load_model(export(network, tmp_path / 'two.pt2', batch=2), spec, device='cpu')
    windows = torch.rand(3, 1, 16, 16)
    with torch.inference_mode():
        np.testing.assert_allclose(model(windows).numpy(), network(windows).numpy(), atol=1e-6)


def test_free_sizes_take_what_the_guards_allow(free, spec, network, refused):
    model = load_model(free, spec | {'window': [24, 32]}, device='cpu')
    assert model.spec.pad_multiple == 4
    for shape in [(1, 1, 24, 32), (3, 1, 16, 20)]:
        windows = torch.rand(shape)
        with torch.inference_mode():
            np.testing.assert_allclose(model(windows).numpy(), network(windows).numpy(), atol=1e-6)
    assert 'it is 18 x 16, and the network takes a multiple of 4' in refused(free, window=[18, 16])


@pytest.mark.parametrize(
    ('told', 'why'),
    [
        ({'dimensions': 3, 'window': None}, 'dimensions = 3, and the network takes 2D windows'),
        ({'channels': 4}, 'channels = 4, and the network takes 1'),
        ({'classes': ['a', 'b', 'c']}, '3 classes (a, b, c), and the network answers with 2'),
    ],
)
def test_a_spec_of_another_network_is_refused(frozen, refused, told, why):
    assert why in refused(frozen, **told)


class Attentive(torch.nn.Module):
    """Views, slices that are written to, several results of one call, constants and lists."""

    def __init__(self):
        super().__init__()
        self.first, self.last = torch.nn.Conv2d(1, 6, 3, padding=1), torch.nn.Conv2d(6, 2, 1)
        self.register_buffer('shift', torch.linspace(0, 1, 6).reshape(1, 6, 1, 1))

    def forward(self, windows):
        found = torch.nn.functional.leaky_relu(self.first(windows), 0.1, inplace=True) + self.shift
        tokens = found.flatten(2).transpose(1, 2).reshape(windows.shape[0], -1, 3, 2)
        query, key = tokens.unbind(-1)
        value, place = torch.topk(query @ key.transpose(1, 2).contiguous().view(windows.shape[0], 3, -1), 2, dim=-1)
        found = found.clone()
        found[:, :, :4, 1:] = value.mean() + place.float().mean()
        half = torch.nn.functional.interpolate(found, scale_factor=0.5, mode='bilinear')
        return self.last(torch.nn.functional.interpolate(half, size=windows.shape[2:]) + torch.arange(16))


@pytest.mark.parametrize('make', [Attentive, lambda: torch.nn.Sequential(*[torch.nn.Conv2d(1, 1, 3, padding=1)] * 2)])
def test_pytorchs_own_loader_gives_the_same_bits(make, export, tmp_path):
    from napari_segrobust.segment.pt2_file import read_exported
    from napari_segrobust.segment.pt2_network import exported_network

    torch.manual_seed(0)
    path = export(make().eval(), tmp_path / 'net.pt2', batch=2)
    windows = torch.rand(2, 1, 16, 16)
    kept = windows.clone()
    with torch.inference_mode():
        ours, theirs = exported_network(read_exported(path))(windows), torch.export.load(path).module()(windows)
    assert torch.equal(ours, theirs)
    assert torch.equal(windows, kept)


def test_a_window_of_a_3d_network_is_computed_as_from_its_weights(export, spec, tmp_path):
    torch.manual_seed(0)
    network = torch.nn.Sequential(torch.nn.Conv3d(1, 4, 3, padding=1), torch.nn.Conv3d(4, 2, 1, bias=False)).eval()
    told = spec | {'dimensions': 3, 'window': [16, 16, 16]}
    path = export(network, tmp_path / 'net.pt2', size=(16, 16, 16))
    windows = torch.rand(1, 1, 16, 16, 16)
    assert torch.equal(
        load_model(path, told, device='cpu')(windows), load_model(network, spec=told, device='cpu')(windows)
    )


class Trap:
    """A pickle that makes a file when it is read."""

    def __init__(self, canary):
        self.canary = canary

    def __reduce__(self):
        return open, (str(self.canary), 'w')


def test_sample_inputs_are_not_unpickled(frozen, spec, tmp_path):
    canary = tmp_path / 'canary'
    trapped = edited(
        frozen, tmp_path / 'x.pt2', add=[('frozen/data/sample_inputs/model.pt', pickle.dumps(Trap(canary)))]
    )
    assert load_model(trapped, spec, device='cpu').spec.name == 'tiny'
    assert not canary.exists()


@pytest.mark.parametrize('kind', ['weights', 'constants'])
def test_pickled_weights_are_refused(frozen, refused, tmp_path, kind):
    canary = tmp_path / 'canary'
    meta = {'path_name': 'opaque_obj_0', 'is_param': False, 'use_pickle': True, 'tensor_meta': None}
    config = json.dumps({'config': {'x': meta}})
    folder = f'frozen/data/{kind}'
    trapped = edited(
        frozen,
        tmp_path / 'x.pt2',
        add=[(f'{folder}/model_{kind}_config.json', config), (f'{folder}/opaque_obj_0', pickle.dumps(Trap(canary)))],
    )
    assert 'x is pickled, and unpickling it can run anything' in refused(trapped)
    assert not canary.exists()


def test_expressions_and_guards_are_not_run(free, spec, tmp_path):
    canary = tmp_path / 'canary'
    code = f'open({str(canary)!r}, "w")'

    def change(program):
        program['guards_code'].append(code)
        values = program['graph_module']['graph']['tensor_values']
        for value in values.values():
            for size in value['sizes']:
                if 'as_expr' in size:
                    size['as_expr']['expr_str'] = code

    load_model(edited(free, tmp_path / 'x.pt2', change), spec, device='cpu')(torch.rand(1, 1, 16, 16))
    assert not canary.exists()


@pytest.mark.parametrize(
    'target', ['torch.ops.aten.from_file.default', 'torch.os.system', 'torch.ops.mine.run.default', 'os.system', '#x:y']
)
def test_calls_of_anything_but_tensor_operations_are_refused(frozen, refused, tmp_path, target):
    def change(program):
        program['graph_module']['graph']['nodes'][0]['target'] = target

    assert f'it calls {target}' in refused(edited(frozen, tmp_path / 'x.pt2', change))


def test_a_network_in_training_mode_is_refused(refused, export, tmp_path):
    training = torch.nn.Sequential(torch.nn.Conv2d(1, 2, 1), torch.nn.Dropout(0.5)).train()
    path = export(training, tmp_path / 'net.pt2')
    assert 'it was exported in training mode' in refused(path)


def test_several_inputs_are_refused(refused, tmp_path):
    class Two(torch.nn.Module):
        def forward(self, one, other):
            return one + other

    example = torch.rand(1, 1, 16, 16)
    path = tmp_path / 'two.pt2'
    torch.export.save(torch.export.export(Two(), (example, example)), path)
    assert 'it takes 2 tensors' in refused(path)


def test_compiled_libraries_and_older_files_are_refused(refused, tmp_path):
    path = tmp_path / 'old.pt2'
    for member in ('serialized_exported_program.json', 'x/data/aotinductor/model/lib.so'):
        with zipfile.ZipFile(path, 'w') as archive:
            archive.writestr(member, b'{}')
        assert 'Export the network again' in refused(path)


def test_damage_is_said(frozen, refused, tmp_path):
    path = tmp_path / 'x.pt2'
    edited(frozen, path, add=[('frozen/data/weights/weight_0', b'1234')])
    assert 'x.pt2 not loaded: it is damaged' in refused(path)
    path.write_bytes(frozen.read_bytes()[:1000])
    assert 'no zip archive or a damaged one' in refused(path)
    path.write_bytes(b'')
    assert 'the file is empty' in refused(path)


def test_it_says_what_its_spec_must_be(frozen, free, tmp_path):
    for path in (frozen, free):
        found = {fact.entry: fact.value for fact in read_facts(path)}
        assert found == {'dimensions': 2, 'channels': 1, 'classes': 2}
    with pytest.raises(ModelError, match='it is damaged'):
        read_facts(edited(frozen, tmp_path / 'x.pt2', lambda program: program.pop('graph_module')))


def test_an_exported_file_is_known_by_what_it_holds(frozen, spec, tmp_path):
    path = tmp_path / 'model.pt'
    path.write_bytes(frozen.read_bytes())
    assert load_model(path, spec, device='cpu').spec.window == (16, 16)
