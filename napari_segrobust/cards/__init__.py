"""Pictures of what perturbations do: one strip for each on a real image, and a contact sheet of all on one's own."""

from napari_segrobust.cards.images import card_case, image_for, view_for
from napari_segrobust.cards.pictures import Shown, changed, shown
from napari_segrobust.cards.sheet import applicable, contact_sheet, strip

__all__ = ['Shown', 'applicable', 'card_case', 'changed', 'contact_sheet', 'image_for', 'shown', 'strip', 'view_for']
