"""The set-up says what it does, asks for nothing, and gives one command where it may not do it itself."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

TOOLS = Path(__file__).parents[2] / 'tools'
pytestmark = pytest.mark.skipif(sys.platform != 'linux', reason='system packages and virtual displays are for Linux')


@pytest.fixture
def machine(tmp_path: Path):
    """A machine whose programs are the given one-line scripts; returns what `tools/setup.sh system` did there."""
    programs = tmp_path / 'bin'
    programs.mkdir()
    for name in ('bash', 'dirname', 'env', 'uname', 'rm', 'cat'):
        (programs / name).symlink_to(next(p for d in os.environ['PATH'].split(':') if (p := Path(d) / name).exists()))

    def system(**scripts: str) -> subprocess.CompletedProcess[str]:
        for name, script in scripts.items():
            program = programs / name.replace('_', '-')
            program.write_text(f'#!/usr/bin/env bash\n{script}\n')
            program.chmod(0o755)
        command = [str(programs / 'bash'), str(TOOLS / 'setup.sh'), 'system']
        return subprocess.run(command, env={'PATH': str(programs)}, capture_output=True, text=True, check=False)

    return system


def test_root_installs_what_is_missing_and_says_so(machine, tmp_path: Path) -> None:
    log = tmp_path / 'apt'
    done = machine(
        ldconfig='echo "libEGL.so.1 (libc6) => somewhere"', id='echo 0', apt_get=f'echo "$@" >> {log}', Xvfb='true'
    )
    assert done.returncode == 0, done.stderr
    assert 'Installing system packages with apt-get' in done.stdout
    update, install = log.read_text().splitlines()
    assert update.startswith('update')
    wanted = install.split()
    assert {'libgl1', 'libxcb-cursor0'} <= set(wanted)
    assert not {'libegl1', 'xvfb'} & set(wanted)


def test_others_are_told_the_command_in_one_line(machine) -> None:
    done = machine(ldconfig='true', id='echo 1000', apt_get='exit 9', sudo='exit 1')
    assert done.returncode == 1
    (line,) = done.stderr.splitlines()
    assert 'sudo apt-get install -y xvfb libegl1' in line


def test_a_system_without_apt_is_told_the_names(machine) -> None:
    done = machine(ldconfig='true', id='echo 0')
    assert done.returncode == 1
    (line,) = done.stderr.splitlines()
    assert 'libegl1' in line


def test_virtual_displays_can_run_side_by_side_and_pass_on_the_exit_status() -> None:
    show = [TOOLS / 'xvfb', 'bash', '-c', 'echo $DISPLAY; read -r; exit 3']
    both = [subprocess.Popen(show, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    shown = {process.stdout.readline() for process in both}
    assert len(shown) == 2
    for process in both:
        process.communicate('\n')
        assert process.returncode == 3
