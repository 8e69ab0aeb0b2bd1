#!/usr/bin/env bash
# Test what the optional extra nnunet brings, against nnU-Net itself, in an environment of its own: .venv-extras.
# It says what it does, does nothing twice, and never asks.
set -euo pipefail
cd "$(dirname "$0")/.."

say() { printf '%s\n' "-> $*"; }
fail() { printf '%s\n' "$*" >&2; exit 1; }

python=.venv-extras/bin/python
done=.venv-extras/.installed
log=.venv-extras/install.log
if [ ! -e "$done" ] || [ pyproject.toml -nt "$done" ] || [ constraints.txt -nt "$done" ]; then
  .venv/bin/python -m venv .venv-extras
  torch=$(grep -E '^torch==' constraints.txt)
  say "Installing nnU-Net and what tests it into .venv-extras (some minutes the first time; log in $log)"
  # torch first and alone: asked for by another package, pip would take a build for a GPU that is not there.
  $python -m pip install --disable-pip-version-check --progress-bar off "$torch" >"$log" 2>&1 &&
    $python -m pip install --disable-pip-version-check --progress-bar off -c constraints.txt -e '.[nnunet]' \
      pytest pytest-qt pytest-timeout hypothesis "PySide6!=6.12.0" >>"$log" 2>&1 ||
    { tail -n 20 "$log" >&2; fail "pip failed; the whole log is in $log"; }
  touch "$done"
fi
$python - <<'EOF'
from importlib.metadata import version

names = ('nnunetv2', 'dynamic-network-architectures', 'torch', 'numpy', 'SimpleITK')
print('-> ' + ', '.join(f'{name} {version(name)}' for name in names))
EOF
exec tools/xvfb $python -m pytest -q tests/segment/nnunet "$@"
