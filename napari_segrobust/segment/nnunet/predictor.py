"""nnU-Net's own preprocessing, predictor and export as a model that takes the whole image."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from napari_segrobust.compare.interrupt import Interrupted, checkpoint
from napari_segrobust.segment.nnunet.network import quiet

if TYPE_CHECKING:
    from collections.abc import Sequence

    import torch
    from numpy.typing import NDArray
    from torch import nn

    from napari_segrobust.segment.nnunet.folder import TrainedFolder
    from napari_segrobust.segment.nnunet.plans import Labels
    from napari_segrobust.segment.protocols import Shown
    from napari_segrobust.segment.spec import ModelSpec

#: How nnU-Net says that a 2D image has no neighbours: slices this many times as far apart as pixels.
_FAR = 999.0


class PredictorSegmenter:
    """A `WholeSegmenter` around nnU-Net's predictor.

    Parameters
    ----------
    networks : sequence of nn.Module
        One for each fold, with its weights.
    folder : TrainedFolder
    configuration : str
        Of its plans.
    mirror_axes : tuple of int
        None is mirrored where it is empty.
    labels : Labels
    spec : ModelSpec
    key, device : str
    """

    def __init__(
        self, networks: Sequence[nn.Module], folder: TrainedFolder, configuration: str, mirror_axes: tuple[int, ...],
        labels: Labels, spec: ModelSpec, key: str, device: str,
    ) -> None:  # fmt: skip
        with quiet():
            from nnunetv2.utilities.plans_handling.plans_handler import PlansManager

            self._plans = PlansManager(folder.plans)
            self._configuration = self._plans.get_configuration(configuration)
        self.spec, self.key, self.device = spec, key, device
        self.messages: list[str] = []
        self._dataset, self._labels = folder.dataset, labels
        self._preprocessor = self._configuration.preprocessor_class(verbose=False)
        self._predictor = _predictor(device, bool(mirror_axes))
        parameters = [network.state_dict() for network in networks]
        with quiet():
            self._predictor.manual_initialization(
                networks[0].eval(), self._plans, self._configuration, parameters, self._dataset, '', mirror_axes or None
            )

    def segment(self, image: NDArray[np.float32], spacing: tuple[float, ...], shown: Shown) -> NDArray[np.float32]:
        """Map (C, *spatial) to probabilities (K, *spatial): every voxel's sum to 1, the greatest is nnU-Net's label.

        Raises
        ------
        Interrupted
            At a checkpoint, where nobody waits any more.
        """
        import torch
        from nnunetv2.inference.export_prediction import convert_predicted_logits_to_segmentation_with_correct_shape

        flat = image.ndim == 3
        if not image.any():  # nnU-Net cuts to what is not 0, and there is nothing
            return _background(len(self.spec.classes), image.shape[1:])
        told = (max(spacing) * _FAR, *spacing) if flat else spacing
        data, _, properties = self._preprocessor.run_case_npy(
            image[:, None] if flat else image,
            None,
            {'spacing': list(told)},
            self._plans,
            self._configuration,
            self._dataset,
        )
        self._predictor.given_up = None
        with quiet():
            logits = self._predictor.predict_logits_from_preprocessed_data(torch.from_numpy(data))
        if self._predictor.given_up is not None:
            raise self._predictor.given_up
        _, probabilities = convert_predicted_logits_to_segmentation_with_correct_shape(
            logits,
            self._plans,
            self._configuration,
            self._predictor.label_manager,
            properties,
            return_probabilities=True,
            num_threads_torch=torch.get_num_threads(),
        )
        found = np.asarray(probabilities, np.float32)
        if self._labels.regions:
            found = exclusive(found, self._labels.regions)
        return found[:, 0] if flat else found


def exclusive(regions: NDArray[np.float32], places: Sequence[int]) -> NDArray[np.float32]:
    """Probabilities of labels from those of regions that overlap, laid one over another as nnU-Net does.

    Parameters
    ----------
    regions : ndarray (R, ...)
        In the order in which they are laid; the last one whose probability is above a half is seen.
    places : sequence of int
        The label of each region; 0 is the background.

    Returns
    -------
    ndarray (R + 1, ...), float32
        A label's is that of its region times the others' above it not being there; they sum to 1. Where another one
        than nnU-Net's would be the greatest, the two change places.
    """
    found = np.empty((len(regions) + 1, *regions.shape[1:]), np.float32)
    above = np.ones(regions.shape[1:], np.float32)
    seen = np.zeros(regions.shape[1:], np.int64)
    for region, place in reversed(list(zip(regions, places, strict=True))):
        found[place] = region * above
        seen[(seen == 0) & (region > 0.5)] = place
        above = above * (1 - region)
    found[0] = above
    greatest = found.argmax(axis=0)[None]
    high, own = (np.take_along_axis(found, at, 0) for at in (greatest, seen[None]))
    np.put_along_axis(found, greatest, own, 0)
    np.put_along_axis(found, seen[None], high, 0)
    return found


def _background(classes: int, shape: tuple[int, ...]) -> NDArray[np.float32]:
    found = np.zeros((classes, *shape), np.float32)
    found[0] = 1
    return found


def _predictor(device: str, mirroring: bool) -> Any:
    """nnU-Net's predictor, which gives up between two windows where nobody waits any more."""
    import torch

    with quiet():
        from nnunetv2.inference.predict_from_raw_data import nnUNetPredictor

        class Predictor(nnUNetPredictor):  # type: ignore[misc]  # nnU-Net is not typed
            given_up: Interrupted | None = None

            def _internal_maybe_mirror_and_predict(self, x: torch.Tensor) -> torch.Tensor:
                # Its other thread waits until every window was taken: those that are left are answered with nothing.
                if self.given_up is None:
                    try:
                        checkpoint()
                        answer: torch.Tensor = super()._internal_maybe_mirror_and_predict(x)
                    except Interrupted as stopped:
                        self.given_up = stopped
                    else:
                        return answer
                return x.new_zeros((len(x), self.label_manager.num_segmentation_heads, *x.shape[2:]))

        on_device = device.startswith('cuda')
        return Predictor(
            use_mirroring=mirroring,
            perform_everything_on_device=on_device,
            device=torch.device(device),
            allow_tqdm=False,
        )
