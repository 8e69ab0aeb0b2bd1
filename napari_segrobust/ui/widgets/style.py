"""The one style sheet of our widgets; what it does not say is napari's."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from napari_segrobust.ui.widgets.palette import Palette


@cache
def style_sheet(palette: Palette) -> str:
    """Style sheet for the widgets of this package.

    It makes controls compact, gives keyboard focus a visible ring (napari's theme has none), and raises the contrast
    of slider handles and check boxes. Labels choose their voice by the property ``role``: ``muted`` or ``title``.
    A panel sets it and all within takes it from there: on a part again it changes nothing, and Qt matches it twice.
    """
    small = f'font-size: {palette.font_size}pt;'
    return f"""
QLabel, QCheckBox {{ {small} padding: 0px; background: transparent; }}
QLabel[role="muted"] {{ color: {palette.muted}; }}
QLabel[role="title"] {{ font-size: {palette.font_size + 1}pt; font-weight: 600; }}
QLabel:disabled, QCheckBox:disabled {{ color: {palette.muted}; }}

QComboBox {{ {small} min-height: 18px; padding: 1px 0px 1px 5px; border: 1px solid transparent; }}
QComboBox::drop-down {{ width: 14px; }}
QComboBox::down-arrow {{ width: 8px; height: 8px; }}
QAbstractSpinBox {{ {small} min-height: 18px; padding: 0px; border: 1px solid transparent; }}
QAbstractSpinBox::up-button, QAbstractSpinBox::down-button {{ width: 0px; height: 0px; }}
QAbstractSpinBox::up-arrow, QAbstractSpinBox::down-arrow {{ image: none; width: 0px; height: 0px; }}
QAbstractSpinBox QLineEdit {{ {small} min-height: 0px; padding: 0px 2px; background: transparent; }}
QPushButton {{ {small} padding: 2px 8px; border: 1px solid transparent; }}
QComboBox:focus, QAbstractSpinBox:focus, QPushButton:focus {{ border-color: {palette.accent}; }}

QCheckBox {{ spacing: 6px; }}
QCheckBox::indicator {{ width: 12px; height: 12px; border: 1px solid {palette.muted}; border-radius: 2px; }}
QCheckBox::indicator:focus {{ width: 10px; height: 10px; border: 2px solid {palette.text}; }}

QSlider {{ min-height: 18px; }}
QSlider::groove:horizontal {{ height: 4px; border-radius: 2px; background: {palette.primary}; }}
QSlider::sub-page:horizontal {{ background: {palette.accent}; border-radius: 2px; }}
QSlider::handle:horizontal {{
  width: 12px; margin: -4px 0px; border-radius: 6px; background: {palette.text};
}}
QSlider::handle:horizontal:focus {{ background: {palette.accent}; border: 2px solid {palette.text}; width: 8px; }}
QSlider::handle:horizontal:hover {{ background: {palette.muted}; }}
QSlider::sub-page:horizontal:disabled {{ background: {palette.secondary}; }}
QSlider::handle:horizontal:disabled {{ background: {palette.secondary}; }}

QListView, QTableView {{ {small} background: {palette.background}; border: none; padding: 0px; outline: none; }}
QHeaderView, QHeaderView::section {{
  {small} background: {palette.background}; color: {palette.muted}; border: none; padding: 0px 4px;
}}
"""
