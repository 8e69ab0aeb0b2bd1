import pytest

from napari_segrobust.errors import ModelError
from napari_segrobust.segment.fit import check_image, expectations
from napari_segrobust.segment.source import ArraySource
from napari_segrobust.segment.spec import ModelSpec


def spec(**fields):
    return ModelSpec(**{'name': 'net', 'dimensions': 3, 'classes': ('a', 'b')} | fields)


def test_native_spacing_fits_everything(image):
    check_image(spec(), ArraySource(image((1, 4, 4, 4)), (5, 0.7, 0.7)))


def test_a_model_that_wants_mm_is_told_that_nobody_knows_them(image):
    model, volume = spec(spacing=(2, 1.5, 1.5)), image((1, 4, 4, 4))
    check_image(model, ArraySource(volume, (5, 0.7, 0.7)))
    with pytest.raises(ModelError, match=r'voxels of 2 x 1\.5 x 1\.5 mm, and nothing says how large these are'):
        check_image(model, ArraySource(volume, (1, 1, 1), has_spacing=False))
    check_image(spec(), ArraySource(volume, (1, 1, 1), has_spacing=False))


def test_expectations_know_channels_and_axes():
    told = expectations(spec(channels=2, orientation='RAS', expectations={'modality': 'MR', 'intensity_range': [0, 9]}))
    assert (told.channels, told.orientation, told.modality, told.intensity_range) == (2, 'RAS', 'MR', (0, 9))
