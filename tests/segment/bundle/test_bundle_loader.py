"""Bundles as they lie on a disk: folders and archives, whole and broken, honest and malicious."""

import json
import os
import pickle
import sys
import zipfile

import numpy as np
import pytest
import torch

from napari_segrobust.errors import ConsentNeeded, ModelError, SpecMissing
from napari_segrobust.segment.load import load_model
from napari_segrobust.segment.networks import build_network
from napari_segrobust.segment.spec import ModelSpec
from napari_segrobust.segment.spec_file import write_spec

WINDOWS = torch.rand(1, 1, 16, 16, 16, generator=torch.Generator().manual_seed(0))


def refusal(path, **given):
    with pytest.raises(ModelError) as caught:
        load_model(path, device='cpu', **given)
    assert '\n' not in str(caught.value)
    return str(caught.value)


def test_folder_archive_and_config_are_one_model(write_bundle, zipped):
    root = write_bundle()
    models = [
        load_model(path, device='cpu')
        for path in (root, str(root), zipped(root), root / 'configs/inference.json', root / 'configs/metadata.json')
    ]
    assert len({model.key for model in models}) == 1
    assert {model.spec.name for model in models} == {'spleen'}
    assert all(torch.equal(model(WINDOWS), models[0](WINDOWS)) for model in models)
    assert models[0].messages[0].startswith('spleen: network: UNet; SlidingWindowInferer: window 32 x 24 x 16')


def test_an_archive_without_a_folder_of_its_own(write_bundle, tmp_path):
    root = write_bundle()
    path = tmp_path / 'flat.zip'
    with zipfile.ZipFile(path, 'w') as archive:
        for file in root.rglob('*.*'):
            archive.write(file, file.relative_to(root))
    assert load_model(path, device='cpu').spec.name == 'flat'


def test_nothing_of_an_archive_stays_on_the_disk(write_bundle, zipped, tmp_path, monkeypatch):
    scratch = tmp_path / 'scratch'
    scratch.mkdir()
    monkeypatch.setattr('tempfile.tempdir', str(scratch))
    load_model(zipped(write_bundle()), device='cpu')
    assert not list(scratch.iterdir())


def test_yaml_is_read_as_json_is(write_bundle, inference):
    import yaml

    root = write_bundle()
    key = load_model(root, device='cpu').key
    (root / 'configs/inference.json').unlink()
    (root / 'configs/inference.yaml').write_text(yaml.safe_dump(inference, sort_keys=False))
    assert load_model(root, device='cpu').key == key


def test_a_spec_beside_it_or_given_is_taken_instead(write_bundle, metadata):
    metadata['napari_segrobust'] = {'threshold': 0.1, 'overlap': 0.1, 'name': 'own'}
    root = write_bundle(metadata=metadata)
    assert load_model(root, device='cpu').spec.threshold == 0.1
    (root / 'model.toml').write_text('threshold = 0.2\nclasses = ["air", "spleen"]')
    (root.parent / 'spleen.toml').write_text('pad_multiple = 2')
    (root / 'other.toml').write_text('threshold = 0.4')
    spec = load_model(root, device='cpu').spec
    assert (spec.threshold, spec.overlap, spec.classes, spec.name) == (0.2, 0.1, ('air', 'spleen'), 'own')
    assert spec.pad_multiple == 2
    assert load_model(root, {'threshold': 0.3}, device='cpu').spec.threshold == 0.3
    assert load_model(root, root / 'other.toml', device='cpu').spec.threshold == 0.4
    whole = ModelSpec(name='whole', dimensions=3, classes=('a', 'b'), intensity='zscore')
    given = load_model(root, whole, device='cpu').spec
    assert given.architecture['channels'] == [4, 8]
    # Its network takes multiples of 2, whatever is said.
    assert given.model_copy(update={'architecture': None, 'pad_multiple': 1}) == whole


def test_what_a_bundle_does_not_say_is_asked_for(write_bundle, metadata):
    del metadata['network_data_format']['outputs']
    root = write_bundle(metadata=metadata)
    message = refusal(root)
    assert 'Spec of spleen is not complete: missing: classes. Add them to spleen.toml beside' in message
    (root.parent / 'spleen.toml').write_text("classes = ['air', 'spleen']")
    assert load_model(root, device='cpu').spec.classes == ('air', 'spleen')


def test_what_is_asked_for_completes_what_is_known(write_bundle, inference):
    inference['preprocessing']['transforms'][3] = {'_target_': 'Resized', 'keys': 'image', 'spatial_size': [8, 8, 8]}
    root = write_bundle(inference)
    with pytest.raises(SpecMissing, match='Resized brings every image') as caught:
        load_model(root, device='cpu')
    assert caught.value.missing == ('spacing',)
    answered = ModelSpec(name='answered', **caught.value.known, spacing=(2, 2, 2))
    model = load_model(root, answered, device='cpu')
    assert (model.spec.spacing, model.spec.window, model.spec.orientation) == ((2, 2, 2), (32, 24, 16), 'RAS')
    write_spec(root, answered)
    assert load_model(root, device='cpu').spec.spacing == (2, 2, 2)


def test_weights_are_those_that_the_config_loads(write_bundle, inference):
    inference['checkpointloader'] = inference.pop('handlers')[0] | {'load_path': "$@bundle_root + '/models/' + @file"}
    inference['file'] = 'low.pt'
    root = write_bundle(inference)
    zeros = {name: value * 0 for name, value in torch.load(root / 'models/model.pt', weights_only=True).items()}
    torch.save({'model': zeros}, root / 'models/low.pt')
    assert not load_model(root, device='cpu')(WINDOWS).any()
    (root / 'models/low.pt').unlink()
    assert load_model(root, device='cpu')(WINDOWS).any(), 'models/model.pt where it is not there'


@pytest.mark.parametrize('handlers', ['@nothing', '$f()', 5, {'a': 1}, [{'_target_': 'CheckpointLoader'}], None])
def test_handlers_that_say_nothing_of_weights_are_passed_over(write_bundle, inference, handlers):
    broken = {'_target_': 'CheckpointLoader', 'load_path': '@nothing'}
    for loader in (None, broken):
        inference |= {'handlers': handlers, 'checkpointloader': loader}
        assert load_model(write_bundle(inference), device='cpu')(WINDOWS).any()


def test_weights_outside_the_bundle_are_passed_over(write_bundle, inference, tmp_path):
    torch.save({}, tmp_path / 'outside.pt')
    for path in ('../outside.pt', str(tmp_path / 'outside.pt')):
        inference['handlers'][0]['load_path'] = path
        assert load_model(write_bundle(inference), device='cpu')(WINDOWS).any()


def plain_network(root):
    config = json.loads((root / 'configs/inference.json').read_text())['network_def']
    network = build_network({'name': config.pop('_target_'), **config}).eval()
    network.load_state_dict(torch.load(root / 'models/model.pt', weights_only=True))
    return network


def test_torchscript_brings_its_network_along(write_bundle, inference):
    module = plain_network(write_bundle())
    inference['network_def'] = {'_target_': 'scripts.net.Net'}
    root = write_bundle(inference)
    torch.jit.trace(module, WINDOWS).save(str(root / 'models/model.ts'))
    (root / 'models/model.pt').unlink()
    model = load_model(root, device='cpu')
    np.testing.assert_allclose(model(WINDOWS).numpy(), module(WINDOWS).detach().numpy(), atol=1e-5)
    assert model.spec.window == (32, 24, 16)


def test_torchscript_that_holds_its_configs(write_bundle, inference, metadata, tmp_path):
    root = write_bundle()
    model = load_model(root, device='cpu')
    path = tmp_path / 'exported.ts'
    extra = {'metadata.json': json.dumps(metadata), 'inference.json': json.dumps(inference)}
    torch.jit.save(torch.jit.trace(plain_network(root), WINDOWS), str(path), _extra_files=extra)
    exported = load_model(path, device='cpu')
    np.testing.assert_allclose(exported(WINDOWS).numpy(), model(WINDOWS).numpy(), atol=1e-5)
    same = ('spacing', 'intensity', 'orientation', 'window', 'classes', 'activation')
    assert {name: getattr(exported.spec, name) for name in same} == {name: getattr(model.spec, name) for name in same}
    assert 'TorchScript' in ' '.join(exported.messages)
    path.with_suffix('.toml').write_text('threshold = 0.3')
    assert load_model(path, device='cpu').spec.threshold == 0.3
    stated = {'dimensions': 3, 'channels': 1, 'classes': ['a', 'b'], 'intensity': 'none', 'activation': 'softmax'}
    assert load_model(path, stated, device='cpu').spec.spacing == 'native'


def test_without_preprocessing_it_is_asked_for(write_bundle, inference):
    del inference['preprocessing']
    assert 'missing: intensity' in refusal(write_bundle(inference))


@pytest.mark.parametrize(
    ('broken', 'words'),
    [
        (lambda root: (root / 'configs/inference.json').unlink(), 'it holds no configs/inference.json'),
        (lambda root: (root / 'models/model.pt').unlink(), 'neither models/model.pt nor models/model.ts'),
        (lambda root: (root / 'configs/inference.json').write_text('{'), 'inference.json is not JSON'),
        (lambda root: (root / 'configs/metadata.json').write_text('[1]'), 'metadata.json not usable'),
        (lambda root: (root / 'configs/inference.json').write_bytes(b'\xff\xfe\xff'), 'inference.json not read'),
        (lambda root: (root / 'configs/inference.json').write_text('{"a":' + '[' * 90000), 'nested too deep'),
        (lambda root: (root / 'configs/inference.json').write_text('{"a":' + '[' * 700 + ']' * 700 + '}'), 'too deep'),
        (lambda root: (root / 'configs/inference.json').write_text('{"a": ' + '9' * 9999 + '}'), 'is not JSON'),
        (lambda root: (root / 'configs/inference.json').write_text('{}'), 'its config has no network_def'),
        (lambda root: torch.save({'x': torch.zeros(1)}, root / 'models/model.pt'), 'does not fit its architecture'),
    ],
)
def test_broken_bundles_are_refused(write_bundle, broken, words):
    root = write_bundle()
    broken(root)
    assert words in refusal(root)


def test_yaml_that_would_make_objects_is_refused(write_bundle, tmp_path):
    root = write_bundle()
    (root / 'configs/inference.json').unlink()
    config = root / 'configs/inference.yml'
    config.write_text(
        f"a: !!python/object/apply:pathlib.Path.touch [!!python/object/apply:pathlib.Path ['{tmp_path}/x']]"
    )
    assert 'inference.yml is not YAML' in refusal(root)
    assert not (tmp_path / 'x').exists()


def test_yaml_that_grows_without_end_is_refused(write_bundle):
    root = write_bundle()
    (root / 'configs/inference.json').unlink()
    lines = ['x0: &x0 [1, 1]', *(f'x{n + 1}: &x{n + 1} [*x{n}, *x{n}]' for n in range(60))]
    (root / 'configs/inference.yml').write_text('\n'.join(lines))
    assert 'refer to each other without end' in refusal(root)


def test_words_of_strangers_stay_on_one_line(write_bundle, inference, metadata):
    inference['preprocessing'] = [{'_target_': 'A\nB' + 'C' * 9999, 'keys': 'image'}]
    assert len(refusal(write_bundle(inference))) < 800
    inference['inferer'] = {'_target_': 'SlidingWindowInferer', 'roi_size': '$f(\n' + ' ' * 9999 + ')'}
    assert len(refusal(write_bundle(inference))) < 800
    del inference['inferer'], inference['preprocessing']
    inference['network_def'] = '@a\nb'
    refusal(write_bundle(inference))


def test_other_archives_and_folders_are_no_bundles(tmp_path):
    (tmp_path / 'folder/configs').mkdir(parents=True)
    assert 'not a kind of model known here' in refusal(tmp_path / 'folder')
    with zipfile.ZipFile(tmp_path / 'x.zip', 'w') as archive:
        archive.writestr('a/b/c/configs/inference.json', '{}')
    assert 'not a kind of model known here' in refusal(tmp_path / 'x.zip')


@pytest.mark.parametrize('name', ['../evil.txt', '/evil.txt', 'spleen/../../evil.txt', 'spleen\\..\\..\\evil.txt'])
def test_archives_that_climb_out_are_refused(write_bundle, zipped, name, tmp_path):
    path = zipped(write_bundle())
    with zipfile.ZipFile(path, 'a') as archive:
        archive.writestr(zipfile.ZipInfo(name), 'x')
    assert 'leads out of the folder' in refusal(path)
    assert not list(tmp_path.rglob('evil*'))


def test_archives_with_links_or_bombs_are_refused(write_bundle, zipped):
    path = zipped(write_bundle())
    link = zipfile.ZipInfo('spleen/models/other.pt')
    link.external_attr = 0o120777 << 16
    with zipfile.ZipFile(path, 'a') as archive:
        archive.writestr(link, '/etc/passwd')
    assert 'is a link' in refusal(path)
    path = zipped(write_bundle())
    with zipfile.ZipFile(path, 'a', zipfile.ZIP_DEFLATED) as archive:
        archive.writestr('spleen/models/bomb.pt', bytes(80 << 20))
    assert 'times its size' in refusal(path)


@pytest.fixture
def canary(tmp_path):
    """Code that leaves a file where it is run, in every way in which a bundle could have it run."""
    return tmp_path / 'sang'


def sing(canary):
    return f"$__import__('pathlib').Path({str(canary)!r}).touch()"


@pytest.mark.parametrize('place', ['spacing', 'network_def', 'image_key', 'inferer', 'preprocessing', 'postprocessing'])
def test_expressions_that_are_needed_are_shown_and_not_run(write_bundle, inference, canary, place):
    inference[place] = sing(canary)
    with pytest.raises(ConsentNeeded) as caught:
        load_model(write_bundle(inference), device='cpu')
    assert any(sing(canary) in expression for expression in caught.value.expressions)
    assert not canary.exists()


def test_expressions_that_are_not_needed_are_not_run(write_bundle, inference, canary):
    for place in ('initialize', 'imports', 'run', 'handlers', 'datalist', 'device'):
        inference[place] = [sing(canary)]
    load_model(write_bundle(inference), device='cpu')
    assert not canary.exists()


@pytest.mark.parametrize('target', ['os.system', 'subprocess.run', 'builtins.eval', 'monai.networks.nets.os.system'])
@pytest.mark.parametrize('place', ['network_def', 'preprocessing', 'inferer', 'postprocessing', 'handlers'])
def test_targets_are_never_called(write_bundle, inference, canary, target, place):
    trap = {'_target_': target, 'command': f'touch {canary}', 'args': ['touch', str(canary)], '_mode_': 'debug'}
    inference[place] = [trap] if place == 'handlers' else trap
    inference['requires'] = {'_target_': 'Identityd', 'keys': 'image', '_requires_': [trap, sing(canary)]}
    inference['preprocessing'] = inference['preprocessing'] if place == 'preprocessing' else ['@requires']
    root = write_bundle(inference)
    if place == 'handlers':
        load_model(root, device='cpu')
    else:
        refusal(root)
    assert not canary.exists()


def test_pickles_are_never_read(write_bundle, canary):
    class Trap:
        def __reduce__(self):
            return os.system, (f'touch {canary}',)

    root = write_bundle()
    torch.save({'model': Trap()}, root / 'models/model.pt')
    assert 'can run anything' in refusal(root)
    (root / 'models/model.pt').write_bytes(pickle.dumps(Trap(), protocol=2))
    refusal(root)
    assert not canary.exists()


def test_code_of_the_bundle_is_not_imported_without_consent(write_bundle, inference, canary):
    inference['network_def'] = {'_target_': 'scripts.net.Net'}
    root = write_bundle(inference)
    (root / 'scripts').mkdir()
    (root / 'scripts/__init__.py').write_text(f'open({str(canary)!r}, "w").close()')
    with pytest.raises(ConsentNeeded):
        load_model(root, device='cpu')
    assert not canary.exists()


def test_consent_has_monai_evaluate_what_cannot_be_read(write_bundle, inference):
    inference['imports'] = ['$import math']
    inference['spacing'] = '$[math.sqrt(x) for x in (16, 12.25, 25)]'
    root = write_bundle(inference)
    with pytest.raises(ConsentNeeded, match=r'math\.sqrt') as caught:
        load_model(root, device='cpu')
    assert pickle.loads(pickle.dumps(caught.value)).expressions == caught.value.expressions
    assert load_model(root, device='cpu', trust=True).spec.spacing == (4.0, 3.5, 5.0)


NET = """
import torch

class Net(torch.nn.Conv3d):
    def __init__(self, width):
        super().__init__(1, 2, width, padding='same')
"""


def test_consent_lets_the_bundle_build_its_own_network(write_bundle, inference):
    inference['network_def'] = {'_target_': 'own_scripts.net.Net', 'width': 3}
    root = write_bundle(inference)
    (root / 'own_scripts').mkdir()
    (root / 'own_scripts/__init__.py').write_text('')
    (root / 'own_scripts/net.py').write_text(NET)
    torch.manual_seed(1)
    network = torch.nn.Conv3d(1, 2, 3, padding='same').eval()
    torch.save({'state_dict': network.state_dict()}, root / 'models/model.pt')
    path = list(sys.path)
    model = load_model(root, device='cpu', trust=True)
    np.testing.assert_allclose(model(WINDOWS).numpy(), network(WINDOWS).detach().numpy(), atol=1e-6)
    assert model.spec.dimensions == 3
    assert sys.path == path
    assert not [name for name in sys.modules if name.startswith('own_scripts')]


@pytest.mark.parametrize(
    ('entry', 'words'),
    [('$1 // zero()', 'network_def raised NameError'), ('$[1]', 'its network_def gave list, and no network')],
)
def test_code_that_fails_is_one_line(write_bundle, inference, entry, words):
    inference['network_def'] = entry
    assert words in refusal(write_bundle(inference), trust=True)


def test_consent_to_what_needs_none_changes_nothing(write_bundle, tmp_path):
    root = write_bundle()
    assert load_model(root, device='cpu', trust=True).key == load_model(root, device='cpu').key
    assert load_model('brain-unet', device='cpu', trust=True).spec.name == 'brain-unet'


def test_older_ways_of_writing(write_bundle, inference):
    text = json.dumps(inference).replace('"@spacing"', '"@settings#spacing"')
    inference = json.loads(text) | {'settings': {'spacing': '%spacing'}}
    assert load_model(write_bundle(inference), device='cpu').spec.spacing == (4.0, 3.5, 5.0)
