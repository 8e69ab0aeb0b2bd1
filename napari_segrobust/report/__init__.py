"""What leaves a review: tables, the final mask, and one page with pictures."""

from napari_segrobust.report.mask import save_final_mask
from napari_segrobust.report.page import report_html, save_report
from napari_segrobust.report.source import Source
from napari_segrobust.report.tables import agreement_csv, dispute_csv, save_table

__all__ = [
    'Source',
    'agreement_csv',
    'dispute_csv',
    'report_html',
    'save_final_mask',
    'save_report',
    'save_table',
]
