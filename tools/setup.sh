#!/usr/bin/env bash
# Set-up on a bare machine. Usage: tools/setup.sh [system] [venv]
#   system  the libraries that Qt, OpenGL and a virtual display need (Linux only)
#   venv    .venv in this checkout, with the package and everything that tests it
# It says what it does, does nothing twice, and never asks.
set -euo pipefail
cd "$(dirname "$0")/.."

# What is looked for (a program or a shared library), and the Debian package that brings it.
NEEDS='
Xvfb                   xvfb
libEGL.so.1            libegl1
libGL.so.1             libgl1
libGLX_mesa.so.0       libgl1-mesa-dri
libglib-2.0.so.0       libglib2.0-0
libxkbcommon-x11.so.0  libxkbcommon-x11-0
libX11-xcb.so.1        libx11-xcb1
libxcb-cursor.so.0     libxcb-cursor0
libxcb-icccm.so.4      libxcb-icccm4
libxcb-image.so.0      libxcb-image0
libxcb-keysyms.so.1    libxcb-keysyms1
libxcb-randr.so.0      libxcb-randr0
libxcb-render-util.so.0 libxcb-render-util0
libxcb-shape.so.0      libxcb-shape0
libxcb-xinerama.so.0   libxcb-xinerama0
libxcb-xkb.so.1        libxcb-xkb1
libdbus-1.so.3         libdbus-1-3
libfontconfig.so.1     libfontconfig1
'

say() { printf '%s\n' "-> $*"; }
fail() { printf '%s\n' "$*" >&2; exit 1; }

install_packages() { # PACKAGE...
  local root=()
  if ! command -v apt-get >/dev/null; then
    fail "System packages missing: $*. Install what your system calls them (these are Debian's names), then run make again."
  fi
  if [ "$(id -u)" != 0 ]; then
    sudo -n true 2>/dev/null || fail "System packages missing. Run: sudo apt-get update && sudo apt-get install -y $*"
    root=(sudo -n)
  fi
  say "Installing system packages with apt-get: $*"
  "${root[@]}" apt-get update -qq || say 'apt-get update failed; trying with the lists at hand'
  "${root[@]}" env DEBIAN_FRONTEND=noninteractive DEBCONF_NOWARNINGS=yes apt-get install -y -qq --no-install-recommends "$@" >/dev/null ||
    fail "apt-get could not install them. Run: sudo apt-get update && sudo apt-get install -y $*"
}

system() {
  [ "$(uname)" = Linux ] || return 0
  local present missing=() wanted package
  present=$(PATH="$PATH:/usr/sbin:/sbin" ldconfig -p)
  while read -r wanted package; do
    [ -n "$wanted" ] || continue
    case $wanted in
      *.so.*) [[ $present == *"$wanted "* ]] || missing+=("$package") ;;
      *) command -v "$wanted" >/dev/null || missing+=("$package") ;;
    esac
  done <<<"$NEEDS"
  [ ${#missing[@]} = 0 ] || install_packages "${missing[@]}"
}

suitable() { command -v "$1" >/dev/null && "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; }

find_python() { # the machine's own python3 first: wheels are most often at hand for it
  local name
  for name in ${PYTHON:-python3 python3.13 python3.12 python3.11}; do
    suitable "$name" && { command -v "$name"; return; }
  done
  return 1
}

venv() {
  local python log=.venv/install.log binding=${QT:-pyside6}
  if ! suitable .venv/bin/python; then
    python=$(find_python) || { install_packages python3 python3-venv; python=$(find_python); } ||
      fail 'Python 3.11 or newer not found. Install it, or name it: make PYTHON=/path/to/python3.12 test'
    "$python" -c 'import ensurepip, venv' 2>/dev/null || install_packages python3-venv
    say "Creating .venv with $python ($("$python" -V))"
    "$python" -m venv --clear .venv
  fi
  say "Installing napari-segrobust and its dependencies into .venv (some minutes the first time; log in $log)"
  .venv/bin/python -m pip install --disable-pip-version-check --progress-bar off \
    -c constraints.txt -e ".[$binding,samples,onnx,dev]" >"$log" 2>&1 || { tail -n 20 "$log" >&2; fail "pip failed; the whole log is in $log"; }
  touch ".venv/.installed-$binding"
}

for step in "$@"; do
  case $step in
    system | venv) "$step" ;;
    *) fail "unknown step: $step. Use: system, venv" ;;
  esac
done
