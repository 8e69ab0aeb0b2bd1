#!/usr/bin/env bash
# Open the demo in a window; without a display, drive it on a virtual one and leave screenshots and numbers in demo/.
set -eu
cd "$(dirname "$0")/.."
if .venv/bin/python tools/has_display.py >/dev/null 2>&1; then
  exec .venv/bin/python -m napari_segrobust demo
fi
echo '-> No display: the demo runs on a virtual one and writes demo/'
exec tools/xvfb .venv/bin/python -m napari_segrobust demo --out demo
