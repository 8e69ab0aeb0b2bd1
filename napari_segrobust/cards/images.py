"""Real images that installed packages bring, small enough for a page: what the cards show perturbations on."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_segrobust.cards.pictures import Shown, shown
from napari_segrobust.cases import load_sample
from napari_segrobust.cases.case import Case, Label
from napari_segrobust.geometry import GridGeometry
from napari_segrobust.perturb import new_perturbation, perturbations

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from napari_segrobust.perturb import Perturbation
    from napari_segrobust.perturb.spec import PerturbationSpec

#: Modality to the name of its image; a modality without one of its own borrows the nearest.
_BY_MODALITY = {
    'MR': 'brain', 'CT': 'spine', 'US': 'heart', 'OCT': 'heart', 'X-ray': 'spine', 'fundus': 'retina',
    'endoscopy': 'retina', 'histology': 'tissue', 'photograph': 'portrait', 'EM': 'tissue',
}  # fmt: skip
#: Side of a picture, in pixels.
SIDE = 150
#: Key of the other image of every case.
OTHER = 'other'


def image_for(spec: PerturbationSpec) -> str:
    """Name of the image that a perturbation is shown on: of the first modality for which it is realistic."""
    if 'rgb' in spec.needs or 'channels' in spec.needs:
        colour = [m for m in spec.modalities if _BY_MODALITY[m] in ('retina', 'tissue', 'portrait')]
        return _BY_MODALITY[colour[0]] if colour else 'tissue'
    if spec.expects == 'HU' or spec.kind in ('mask', 'prompt'):
        return 'spine'
    return _BY_MODALITY[spec.modalities[0]] if spec.modalities else 'brain'


@cache
def card_case(name: str) -> Case:
    """One of the images, with a mask that stands in for a reference, and another image to lead towards.

    Parameters
    ----------
    name : str
        ``brain`` (MNI T1 template, of nilearn), ``spine`` (CT) or ``heart`` (ultrasound, both of pydicom), ``retina``,
        ``tissue`` (immunohistochemistry) or ``portrait`` (photograph, all three of scikit-image).

    Returns
    -------
    Case
        A slice of 150 x 150; the brain is a volume.
    """
    case = _MAKERS[name]()
    return case.with_masks(targets={OTHER: _other(case)})


@cache
def _view(name: str, axis: int) -> Shown:
    return shown(card_case(name), axis, index=None if axis else 84, side=SIDE)


def view_for(spec: PerturbationSpec) -> Shown:
    """Choose what a card shows a perturbation on; the resolution of a volume is seen from the side."""
    name = image_for(spec)
    across = spec.group == 'resolution' or spec.kind == 'header'
    view = _view(name, 1 if name == 'brain' and across else 0)
    return replace(view, faults=_faults(spec)) if spec.stage == 'remedy' else view


def _faults(spec: PerturbationSpec) -> tuple[Perturbation, ...]:
    """What a remedy is shown on: a bias field for what corrects it, low contrast, else noise."""
    wanted = {'bias_correction': ('bias_field', 4.0)}.get(spec.name, ('gaussian_noise', 0.8))
    if spec.name in ('clahe', 'histogram_equalisation', 'renormalise'):
        wanted = ('contrast', 3.0)
    return (new_perturbation(*wanted),) if wanted[0] in perturbations() else ()


def _brain() -> Case:
    return load_sample('brain')


def _spine() -> Case:
    """CT of a thoracic vertebra, with vertebra, aorta and spinal canal outlined."""
    from pydicom import dcmread, examples
    from scipy.ndimage import binary_fill_holes, gaussian_filter

    data = dcmread(examples.get_path('ct'))
    image = data.pixel_array.astype(np.float32) * float(data.RescaleSlope) + float(data.RescaleIntercept)
    spacing = tuple(float(step) for step in data.PixelSpacing)
    mask = binary_fill_holes(gaussian_filter(image, 1) > 230).astype(np.uint8)
    mask[_disk(image.shape, (6, 92), (21, 21)) & (gaussian_filter(image, 1) > 60)] = 2
    mask[_disk(image.shape, (51, 59), (10, 11))] = 3
    names = ('vertebra', 'aorta', 'spinal canal')
    return _flat('spine', image[None], mask, names, 'CT', spacing, 'CT_small.dcm, as packaged by pydicom')


def _heart() -> Case:
    """Ultrasound of the heart, four chambers, with an ellipse in the left ventricle."""
    from pydicom import dcmread, examples
    from skimage.transform import resize

    frame = dcmread(examples.get_path('ybr_color')).pixel_array[0, 20:202, 64:246, 0].astype(np.float32)
    image = np.ascontiguousarray(resize(frame, (SIDE, SIDE), anti_aliasing=True), np.float32)
    ventricle = _disk(image.shape, (65, 89), (20, 13))
    source = 'examples_ybr_color.dcm, as packaged by pydicom'
    return _flat('heart', image[None], ventricle, ('left ventricle',), 'US', None, source)


def _retina() -> Case:
    from skimage import data
    from skimage.transform import resize

    colour = resize(data.retina(), (SIDE, SIDE), anti_aliasing=True)
    image = np.ascontiguousarray(255 * colour.transpose(2, 0, 1), np.float32)
    disc = _disk(image.shape[1:], (71, 24), (11, 9))
    return _flat('retina', image, disc, ('optic disc',), 'fundus', None, 'retina, as packaged by scikit-image')


def _tissue() -> Case:
    from scipy.ndimage import gaussian_filter
    from skimage import data
    from skimage.transform import resize

    colour = resize(data.immunohistochemistry()[:400, :400], (SIDE, SIDE), anti_aliasing=True)
    image = np.ascontiguousarray(255 * colour.transpose(2, 0, 1), np.float32)
    brown = gaussian_filter(image[0] - image[2], 2) > 25
    source = 'immunohistochemistry, as packaged by scikit-image'
    return _flat('tissue', image, brown, ('stained',), 'histology', None, source)


def _portrait() -> Case:
    from skimage import data
    from skimage.transform import resize

    colour = resize(data.astronaut()[:300, 80:380], (SIDE, SIDE), anti_aliasing=True)
    image = np.ascontiguousarray(255 * colour.transpose(2, 0, 1), np.float32)
    face = _disk(image.shape[1:], (58, 72), (32, 24))
    return _flat('portrait', image, face, ('face',), 'photograph', None, 'astronaut, as packaged by scikit-image')


def _disk(shape: tuple[int, ...], centre: tuple[int, int], radii: tuple[int, int]) -> NDArray[np.bool_]:
    """Inside of an ellipse."""
    y, x = np.ogrid[: shape[0], : shape[1]]
    inside: NDArray[np.bool_] = ((y - centre[0]) / radii[0]) ** 2 + ((x - centre[1]) / radii[1]) ** 2 <= 1
    return inside


def _flat(
    name: str,
    image: NDArray[np.float32],
    mask: NDArray[Any],
    labels: tuple[str, ...],
    modality: str,
    spacing: tuple[float, ...] | None,
    source: str,
) -> Case:
    shape = image.shape[1:]
    return Case(
        name=name,
        image=image,
        geometry=GridGeometry.from_spacing(shape, spacing),
        references={'expert': mask.astype(np.uint8)},
        labels={value: Label(label) for value, label in enumerate(labels, 1)},
        modality=modality,
        provenance={'source': source, 'dtype': 'uint8' if modality not in ('MR', 'CT') else 'int16'},
    )


def _other(case: Case) -> NDArray[np.float32]:
    """Another image of as many channels: what a site with another protocol might send."""
    if case.name == 'portrait':
        return card_case('retina').image
    if len(case.image) == 3:
        return _portrait().image
    turned = case.image.max() - case.image
    return np.where(case.image > case.image.min(), turned, case.image).astype(np.float32)


_MAKERS = {
    'brain': _brain,
    'spine': _spine,
    'heart': _heart,
    'retina': _retina,
    'tissue': _tissue,
    'portrait': _portrait,
}
