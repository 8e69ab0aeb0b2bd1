"""napari's door for medical files: direction, units and axis order survive."""

from __future__ import annotations

from typing import TYPE_CHECKING

import nibabel as nib
import numpy as np
import pytest
from napari.components import ViewerModel
from napari.layers import Image, Labels, Layer
from npe2 import PluginManifest

import napari_segrobust
from napari_segrobust.cases.layers import METADATA_KEY, LayerFacts, case_from_layers, world_affine
from napari_segrobust.cases.load import load_case
from napari_segrobust.cases.roles import Role
from napari_segrobust.errors import CaseError
from napari_segrobust.ui.inputs.reader import get_reader, read_layers

if TYPE_CHECKING:
    from pathlib import Path

AFFINE = np.array([[-2.0, 0, 0, 10], [0, 3.0, 0, 20], [0, 0, 5.0, -30], [0, 0, 0, 1]])
PIXELS = np.random.default_rng(0).integers(-50, 1000, (14, 16, 18)).astype(np.int16)


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path]:
    """An image and a mask that is stored the other way round."""
    mask = np.zeros(PIXELS.shape, np.int32)
    mask[1:11, 2:13, 1:15] = 3
    nib.save(nib.Nifti1Image(PIXELS, AFFINE), tmp_path / 'ct.nii.gz')
    nib.save(nib.as_closest_canonical(nib.Nifti1Image(mask, AFFINE)), tmp_path / 'organs.nii.gz')
    return tmp_path / 'ct.nii.gz', tmp_path / 'organs.nii.gz'


def facts(layer: Layer, role: Role) -> LayerFacts:
    affine = world_affine(layer.scale, layer.translate, layer.rotate, layer.shear, layer.affine.affine_matrix)
    return LayerFacts(layer.name, layer.data, role, affine, tuple(map(str, layer.units)), metadata=layer.metadata)


def test_layers_end_in_the_same_case_as_files(files: tuple[Path, Path]) -> None:
    image, mask = files
    viewer = ViewerModel()
    for path in files:
        for data in read_layers(str(path)):
            viewer.add_layer(Layer.create(*data))
    ct, organs = viewer.layers
    assert isinstance(ct, Image)
    assert isinstance(organs, Labels)
    assert organs.data.dtype == np.uint8
    assert tuple(ct.scale) == (5.0, 3.0, 2.0)
    assert [str(unit) for unit in ct.units] == ['millimeter'] * 3
    assert ct.axis_labels == ('z', 'y', 'x')
    assert ct.metadata[METADATA_KEY]['geometry'].letters == (('I', 'S'), ('A', 'P'), ('R', 'L'))
    ours = case_from_layers([facts(ct, Role.IMAGE), facts(organs, Role.REFERENCE)])
    theirs = load_case(image, references=mask)
    assert ours.key == theirs.key
    assert np.array_equal(ours.references['organs'], theirs.references['organs'])
    assert np.array_equal(ours.geometry.order.undo(ours.image[0]), PIXELS)


# napari cannot slice what it can place; only the placing is asked for here.
@pytest.mark.filterwarnings('ignore:Non-orthogonal slicing')
def test_transforms_compose_as_napari_composes_them() -> None:
    rng = np.random.default_rng(1)
    matrix = np.eye(4)
    matrix[:3] = rng.normal(size=(3, 4))
    told = {'scale': (1.5, 2, 3), 'translate': (4, 5, 6), 'rotate': (10, 20, 30), 'shear': (0.1, 0.2, 0.3)}
    layer = Image(PIXELS, affine=matrix, **told)
    ours = world_affine(layer.scale, layer.translate, layer.rotate, layer.shear, layer.affine.affine_matrix)
    for point in rng.normal(size=(5, 3)):
        np.testing.assert_allclose(layer.world_to_data((ours @ [*point, 1])[:3]), point)


def test_only_medical_formats_are_ours(files: tuple[Path, Path], tmp_path: Path) -> None:
    assert get_reader(str(files[0])) is read_layers
    assert get_reader([str(path) for path in files]) is read_layers
    np.save(tmp_path / 'a.npy', PIXELS)
    assert get_reader(str(tmp_path / 'a.npy')) is None
    assert get_reader(str(tmp_path)) is None
    assert get_reader([]) is None


def test_channels_are_layers(tmp_path: Path) -> None:
    import SimpleITK as sitk

    sitk.WriteImage(sitk.GetImageFromArray(np.zeros((4, 5, 6, 2)), isVector=True), str(tmp_path / 'a.nrrd'))
    assert [told['name'] for _, told, _ in read_layers(str(tmp_path / 'a.nrrd'))] == ['a [0]', 'a [1]']


def test_damaged_files_are_one_line(tmp_path: Path) -> None:
    (tmp_path / 'a.nii').write_bytes(b'')
    with pytest.raises(CaseError, match=r'a\.nii cannot be read: the file is empty'):
        read_layers(str(tmp_path / 'a.nii'))


def test_the_manifest_offers_it() -> None:
    from importlib.resources import files as resources

    manifest = PluginManifest.from_file(str(resources(napari_segrobust) / 'napari.yaml'))
    (reader,) = manifest.contributions.readers or []
    command = next(c for c in manifest.contributions.commands or [] if c.id == reader.command)
    assert command.python_name == 'napari_segrobust.ui.inputs.reader:get_reader'
    assert reader.accepts_directories
    assert {'*.nii', '*.nii.gz', '*.nrrd', '*.mha', '*.mhd', '*.dcm'} <= set(reader.filename_patterns)


def test_real_series_opens(shared_data: Path) -> None:
    folder = str(shared_data / 'ct_dicom')
    assert get_reader(folder) is read_layers
    ((data, told, kind),) = read_layers(folder)
    assert (data.shape, kind) == ((20, 512, 512), 'image')
    assert told['scale'] == (2.0, 0.9765625, 0.9765625)
