"""What a model may see: context boxes, sliding-window plans, blending weights and the foreground fraction."""

from napari_segrobust.context.fraction import foreground_fraction
from napari_segrobust.context.plan import Window, WindowPlan, plan_windows
from napari_segrobust.context.record import Context, make_context

__all__ = ['Context', 'Window', 'WindowPlan', 'foreground_fraction', 'make_context', 'plan_windows']
