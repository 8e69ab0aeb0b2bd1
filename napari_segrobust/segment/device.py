"""Where networks run, and how many threads they may take."""

from __future__ import annotations

import os
import platform

from napari_segrobust.errors import ModelError

#: What a person may choose.
DEVICES = ('auto', 'cpu', 'cuda', 'mps')
#: Windows that are worth handing to a GPU at once, by the model's number of dimensions.
_GPU_BATCH = {2: 16, 3: 2}


def resolve_device(name: str = 'auto') -> str:
    """Turn a choice into a torch device, and have CUDA compute in full float32.

    Parameters
    ----------
    name : str
        "auto" (CUDA where there is one, else the CPU), "cpu", "cuda", "cuda:1" or "mps".

    Returns
    -------
    str
        "cpu", "cuda:0" or "mps".

    Raises
    ------
    ModelError
        Unknown, or not on this computer.

    Notes
    -----
    TensorFloat-32 keeps 10 bits of mantissa and would take the result away from the CPU's; it is switched off for
    the process.
    """
    import torch

    kind, _, number = name.partition(':')
    if kind not in DEVICES or (number and not (kind == 'cuda' and number.isdigit())):
        raise ModelError('Device unknown', f'{name!r}', f'Choose one of {", ".join(DEVICES)}.')
    count = torch.cuda.device_count() if torch.cuda.is_available() else 0
    if kind == 'cpu' or (kind == 'auto' and not count):
        return 'cpu'
    if kind == 'mps':
        if not torch.backends.mps.is_available():
            raise ModelError('Device not available', 'this computer has no Apple GPU', 'Choose auto or cpu.')
        return 'mps'
    if int(number or 0) >= count:
        raise ModelError(
            'Device not available',
            f'{name}: torch sees {count} CUDA devices',
            'Choose auto or cpu, or check the driver.',
        )
    torch.backends.cuda.matmul.allow_tf32 = False
    torch.backends.cudnn.allow_tf32 = False
    return f'cuda:{int(number or 0)}'


def describe_device(device: str) -> str:
    """Words for the panel: "NVIDIA H200 (cuda:0)", "CPU (3 threads)"."""
    import torch

    if device.startswith('cuda'):
        return f'{torch.cuda.get_device_name(device)} ({device})'
    if device == 'mps':
        return f'Apple GPU ({platform.machine()})'
    count = torch.get_num_threads()
    return f'CPU ({count} thread{"s" if count > 1 else ""})'


def windows_at_once(device: str, dimensions: int) -> int:
    """Windows to hand to a model together: 1 on a CPU, where more gain nothing and change the last bit."""
    return 1 if device == 'cpu' else _GPU_BATCH[dimensions]


def limit_threads() -> int:
    """Leave one core to the interface: set torch's threads for this process, and return their number."""
    import torch

    cores = len(os.sched_getaffinity(0)) if hasattr(os, 'sched_getaffinity') else os.cpu_count() or 1
    threads = max(cores - 1, 1)
    torch.set_num_threads(threads)
    return threads
