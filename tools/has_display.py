"""Exit 0 when a window would be seen: Qt can open the display, and it is not an invisible one."""

import sys

from qtpy.QtGui import QGuiApplication

# Without a display Qt aborts the process here, which is an answer too.
application = QGuiApplication(sys.argv)
sys.exit(application.platformName() in {'offscreen', 'minimal', 'minimalegl', 'vnc'})
