"""What a model may see: context boxes, sliding-window plans, blending weights and the foreground fraction."""
