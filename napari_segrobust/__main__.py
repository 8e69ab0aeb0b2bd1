"""``python -m napari_segrobust`` is the console script ``napari-segrobust``."""

import sys

from napari_segrobust.cli import main

if __name__ == '__main__':
    sys.exit(main())
