"""Prompts: what models that want to be shown something are shown, drawn on the canvas."""

from __future__ import annotations

from typing import TYPE_CHECKING

from napari_segrobust.segment.asking import ask_for, is_unprompted
from napari_segrobust.ui.sections.base import BoundSection, button, line, quiet
from napari_segrobust.ui.sections.parts import ModelPart
from napari_segrobust.ui.widgets.controls import LABEL_WIDTH, Combo, buddy, named
from napari_segrobust.ui.widgets.slider import SliderRow

if TYPE_CHECKING:
    from qtpy.QtWidgets import QPushButton

    from napari_segrobust.prompts import PromptKind
    from napari_segrobust.ui.app import Explorer
    from napari_segrobust.ui.widgets.palette import Palette

#: Before the name of a class: the symbol of its seeds on the canvas.
_SIGNS = ('✕', '●', '■', '◆', '▲')
_MOST_SLICES = 20


class PromptsSection(BoundSection):
    """Bound to `ExploreState.prompts`; it hides where no model takes prompts and there are none."""

    def __init__(self, explorer: Explorer, palette: Palette) -> None:
        super().__init__('Prompts', explorer, palette)
        self.layers = explorer.prompt_layers
        self.label = named(Combo(), 'Class of prompts', 'What the next seed, box or scribble marks')
        self.label.currentTextChanged.connect(self._choose)
        self.buttons: dict[PromptKind, QPushButton] = {
            'points': button('+ seeds', 'Click on the image: each click is a seed', lambda: self._draw('points')),
            'boxes': button('+ box', 'Drag a box around an object', lambda: self._draw('boxes')),
            'scribbles': button('+ scribble', 'Paint on object and background', lambda: self._draw('scribbles')),
        }
        self.moving = button('Move', 'Drag seeds and boxes; models follow. Delete takes the selected away', self._move)
        self.clear = button('Clear', 'Take every prompt away', self.layers.clear)
        self.reach = SliderRow(
            'box ±',
            0,
            _MOST_SLICES,
            1,
            unit='slices',
            tooltip='How many slices a box covers on either side of the shown one',
            palette=palette,
        )
        self.reach.value_changed.connect(lambda slices: self.layers.boxes.set_reach(int(slices)))
        self.reach.dragging_changed.connect(self.commit)
        self.words = quiet()
        title = buddy('class', self.label)
        title.setFixedWidth(LABEL_WIDTH)
        self.body.addWidget(self.words)
        self.body.addWidget(line(title, (self.label, 1)))
        self.body.addWidget(line(*((made, 1) for made in self.buttons.values())))
        self.body.addWidget(line((self.moving, 1), (self.clear, 1)))
        self.body.addWidget(self.reach)
        for event in (
            self.session.state.events.prompts,
            self.session.requested,
            self.session.case_changed,
            self.session.lanes_ready,
            self.layers.label_changed,
        ):
            self.links.add(event, self.sync)
        self.sync()

    def sync(self, *_: object) -> None:
        """Show what is wanted and what is there."""
        case, prompts, specs = self.session.case, self.session.state.prompts, self.layers.wanted()
        there = prompts.kinds()
        self.setVisible(case is not None and bool(specs or there))
        if case is None:
            return
        taken = {kind for spec in specs for kind in spec.prompts}
        for kind, made in self.buttons.items():
            made.setEnabled(kind in taken)
        waiting = dict.fromkeys(f'{spec.name}: {ask_for(spec)}' for spec in specs if is_unprompted(spec, prompts))
        counted = _counted(len(prompts.points), 'seed'), _counted(len(prompts.boxes), 'box', 'boxes')
        told = ', '.join(filter(None, (*counted, 'scribbles' if prompts.scribbles else '')))
        self.words.setText('; '.join(waiting) or told)
        self.set_summary('; '.join(waiting) or told or 'none')
        names = max((spec.classes for spec in specs), key=len, default=('background', 'object'))[: len(_SIGNS)]
        titles = [f'{sign} {name}' for sign, name in zip(_SIGNS, names, strict=False)]
        if self.layers.label >= len(titles):
            self.layers.choose(1)
        self.label.set_items(titles, titles[self.layers.label])
        self.moving.setEnabled(bool(prompts.points or prompts.boxes))
        self.clear.setEnabled(bool(there))
        self.reach.setVisible(case.ndim == 3 and 'boxes' in taken)
        self.reach.set_value(self.layers.boxes.reach)

    def _choose(self, text: str) -> None:
        self.layers.choose(_SIGNS.index(text[0]))

    def _draw(self, kind: PromptKind) -> None:
        self.layers.draw(kind)

    def _move(self) -> None:
        self.layers.move()


def _counted(number: int, one: str, many: str = '') -> str:
    return '' if not number else f'{number} {one if number == 1 else many or one + "s"}'


PART = ModelPart(5, PromptsSection)
