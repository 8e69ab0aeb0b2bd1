"""Trained-model folders of nnU-Net v2: plans and data set become a spec, and its folds are averaged."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from napari_segrobust.errors import ModelError, first_fault
from napari_segrobust.segment.input_shape import Extent, InputShape, ShapedSegmenter
from napari_segrobust.segment.nnunet.checkpoint import read_checkpoint
from napari_segrobust.segment.nnunet.folder import Options, open_folder, root_of, split_options
from napari_segrobust.segment.nnunet.network import mean_of, need_nnunet, networks_of
from napari_segrobust.segment.nnunet.plans import (
    channels_of,
    configuration_of,
    labels_of,
    spec_of,
    whole_spec_of,
    why_not_windows,
)
from napari_segrobust.segment.nnunet.predictor import PredictorSegmenter
from napari_segrobust.segment.spec import ModelSpec
from napari_segrobust.segment.spec_file import model_key

if TYPE_CHECKING:
    from collections.abc import Mapping

    from napari_segrobust.segment.protocols import WholeSegmenter, WindowSegmenter
    from napari_segrobust.segment.spec_file import SpecSource


class NNUNetLoader:
    """Loads what ``nnUNetv2_train`` left: ``plans.json``, ``dataset.json`` and a checkpoint for each fold.

    Parameters
    ----------
    trust : bool
        Whether a person allowed checkpoints and plans that name code of their own.
    """

    kind = 'nnU-Net v2 (trained-model folder)'

    def __init__(self, trust: bool = False) -> None:
        self._trust = trust

    def trusting(self) -> NNUNetLoader:
        """The same loader, after a person's consent."""
        return NNUNetLoader(trust=True)

    def specs(self) -> list[ModelSpec]:
        """None is known by name."""
        return []

    def recognises(self, name_or_path: str | Path) -> bool:
        """Whether this is a trained-model folder, one of its folds, or a checkpoint in a fold."""
        path = Path(name_or_path)
        return path.exists() and root_of(path.absolute()) is not None

    def load(self, name_or_path: str | Path, spec: SpecSource, device: str) -> WindowSegmenter | WholeSegmenter:
        """Read plans and weights, and build the networks.

        Parameters
        ----------
        name_or_path : str or Path
        spec : mapping, ModelSpec or path, optional
            Entries are taken instead of the plans'; beside those of a model spec it may hold `Options`. By default
            ``model.toml`` in the folder, where there is one. A `ModelSpec` is taken as it is.
        device : str

        Raises
        ------
        ConsentNeeded
            A checkpoint or the plans name code of their own.
        ModelError
            nnU-Net is not installed, or the folder cannot be used.
        """
        path = Path(name_or_path).absolute()
        root = root_of(path)
        assert root is not None  # it was recognised
        options, entries = (Options(), {}) if isinstance(spec, ModelSpec) else split_options(root, spec)
        folder = open_folder(path, options)
        need_nnunet(folder.name)
        checkpoints = [read_checkpoint(file, self._trust) for file in folder.checkpoints]
        name = checkpoints[0].configuration
        if any(one.configuration != name for one in checkpoints):
            raise ModelError(f'{folder.name} not loaded', 'its folds are of several configurations', 'Choose folds.')
        configuration = configuration_of(folder.plans, name)
        if configuration.get('previous_stage'):
            why = f'{name} is the second stage of a cascade and needs the prediction of the first'
            raise ModelError(f'{folder.name} not loaded', why, 'Choose 3d_lowres or 3d_fullres.')
        labels, mirrored = labels_of(folder.dataset), checkpoints[0].mirror_axes if options.mirroring else ()
        channels = len(channels_of(folder.dataset))
        networks = networks_of(folder.plans, name, labels.heads, channels, checkpoints, trust=self._trust)
        reason = why_not_windows(folder.plans, configuration, labels)
        if options.run == 'windows' and reason:
            raise ModelError(f'{folder.name} cannot run through windows', reason, 'Leave run = "windows" out.')
        whole = options.run == 'nnunet' or bool(reason)
        title = f'{folder.name} {name}'
        say = whole_spec_of if whole else spec_of
        fields = say(folder.plans, folder.dataset, configuration, mirrored)
        card = {**fields.get('card', {}), 'trainer': checkpoints[0].trainer, 'folds': len(checkpoints)}
        read = spec if isinstance(spec, ModelSpec) else _spec({'name': title, **fields, 'card': card}, entries)
        key = model_key(folder.content() + f'{whole} {mirrored}'.encode(), read)
        if whole:
            model = PredictorSegmenter(networks, folder, name, mirrored, labels, read, key, device)
            if reason:
                model.messages.append(f'{read.name} runs as a whole, through nnU-Net: {reason}.')
            return model
        shape = _input_shape(configuration, channels)
        return ShapedSegmenter(mean_of(networks), read, key, device, shape=shape)


def _spec(fields: dict[str, Any], entries: Mapping[str, Any]) -> ModelSpec:
    try:
        return ModelSpec(**{**fields, **entries})
    except ValidationError as error:
        why, remedy = first_fault(error), 'Correct these entries, or leave them out.'
        raise ModelError(f'Spec of {fields["name"]} not usable', why, remedy) from error


def _input_shape(configuration: Mapping[str, Any], channels: int) -> InputShape:
    """Every stage halves or keeps an axis: lengths are multiples of all strides together."""
    told = configuration.get('architecture', {}).get('arch_kwargs', {}).get('strides')
    strides = told or configuration.get('pool_op_kernel_sizes') or [[1] * len(configuration['patch_size'])]
    multiples = [math.prod(int(stage[axis]) for stage in strides) for axis in range(len(configuration['patch_size']))]
    return InputShape(tuple(Extent(least=n, multiple=n) for n in multiples), channels=Extent(channels, channels))


LOADER = NNUNetLoader()
