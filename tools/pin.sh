#!/usr/bin/env bash
# Write what is installed in .venv to constraints.txt: the versions that were tested, for `pip install -c`.
set -euo pipefail
cd "$(dirname "$0")/.."
pinned=$(.venv/bin/python -m pip freeze --all --exclude pip --exclude-editable --disable-pip-version-check)
{
  echo '# The versions that were tested together. Use: pip install -c constraints.txt napari-segrobust'
  echo '# Written by: make pin'
  # Local builds (torch 2.13.0+cpu) are pinned by their public version, so that every build of it fits.
  sed -E 's/\+[A-Za-z0-9.]+$//' <<<"$pinned" | grep -E '^[A-Za-z0-9._-]+==' | LC_ALL=C sort -f
} >constraints.txt
