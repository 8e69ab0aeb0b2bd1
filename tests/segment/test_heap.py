"""How the C library keeps memory is set once in a process, so it is looked at in fresh ones."""

import os
import subprocess
import sys

import pytest

from napari_segrobust.segment.heap import keep_freed_memory

pytestmark = pytest.mark.skipif(not sys.platform.startswith('linux'), reason='glibc alone')

#: Page faults of taking and freeing 3 MB five times, which the first time alone has to make pages where it is kept.
SCRIPT = """
import resource
import numpy as np
from napari_segrobust.segment.heap import keep_freed_memory

if {kept}:
    keep_freed_memory()
np.ones(3 * 2**17)
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
for _ in range(5):
    np.ones(3 * 2**17)
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""


def faults(kept):
    """Page faults in a fresh process."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(('MALLOC_', 'GLIBC_'))}
    return int(subprocess.check_output([sys.executable, '-c', SCRIPT.format(kept=kept)], env=environment))


def test_memory_that_was_freed_is_used_again():
    assert faults(kept=True) < 0.1 * faults(kept=False)


@pytest.mark.parametrize('name', ['MALLOC_TRIM_THRESHOLD_', 'GLIBC_TUNABLES'])
def test_who_has_set_the_library_knows_better(monkeypatch, name):
    monkeypatch.setenv(name, '1')
    assert keep_freed_memory.__wrapped__() is False
