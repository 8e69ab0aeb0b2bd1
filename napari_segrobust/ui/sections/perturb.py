"""Perturb: the stack, what it changes, and what can be done with it as a whole."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from qtpy.QtCore import QPoint
from qtpy.QtWidgets import QFileDialog, QMenu

from napari_segrobust.digits import three_digits
from napari_segrobust.perturb import acts_on_prompts, get_spec, stage_of
from napari_segrobust.ui.sections.base import BoundSection, button, line, quiet
from napari_segrobust.ui.sections.catalogue_picker import (
    NO_PROMPTS,
    NO_REFERENCE,
    CataloguePicker,
    first_record,
    takes_prompts,
)
from napari_segrobust.ui.sections.film import Film
from napari_segrobust.ui.sections.stack_rows import StackRows, is_remedy
from napari_segrobust.ui.widgets.controls import IconButton, IntBox, buddy, named

if TYPE_CHECKING:
    from napari_segrobust.explore.status import Status
    from napari_segrobust.explore.updates import ExtrasUpdate
    from napari_segrobust.ui.app import Explorer
    from napari_segrobust.ui.widgets.palette import Palette
    from napari_segrobust.ui.widgets.severity_row import SeverityRow

RECIPES = 'Recipes (*.json);;All files (*)'
STILL = 'A mask that was given does not follow the slider.'
_MAX_SEED = 2**31 - 1


class PerturbSection(BoundSection):
    """The stack of one explorer, and what it does to the shown slice."""

    def __init__(self, explorer: Explorer, palette: Palette) -> None:
        super().__init__('Perturb', explorer, palette)
        self.stack = StackRows(explorer, palette)
        self.picker = CataloguePicker(explorer, palette, self)
        self.film = Film(explorer, palette)
        self.add = button('Add ...', 'Search the catalogue, and add at the end of the stack', self.open_picker)
        self.reset = button('Reset to clean', 'Set every severity to 0; the stack stays', self.session.reset)
        self.more = IconButton('more', 'Stack', 'Order, seeds, recipes, presets', palette=palette)
        self.menu = QMenu(self)
        self.empty = quiet('Nothing is changed. Add a perturbation, then drag its slider.')
        self.still = quiet(STILL)
        self.change = quiet()
        self.texture = quiet()
        words = 'Shift, dilate, drag or roughen the shown prediction; every number follows'
        self.edit = button('Edit the prediction', words, self._edit)
        self.seed = named(IntBox(0, _MAX_SEED, width=60), 'One seed', 'Decides the draws of the whole stack')
        self.new_draw = IconButton('die', 'New draw of the whole stack', 'New draw: another seed', palette=palette)
        self._seed_line = line(buddy('one seed', self.seed), self.seed, self.new_draw, (quiet(), 1))
        self._fill_menu()
        for part in (
            self.empty,
            self.stack,
            self.still,
            self._seed_line,
            self.change,
            self.texture,
            self.film,
            line((self.add, 1), self.reset, self.more),
            self.edit,
        ):
            self.body.addWidget(part)
        self._connect()
        self.sync()

    @property
    def rows(self) -> list[SeverityRow]:
        """One for each entry of the stack."""
        return self.stack.rows

    def _fill_menu(self) -> None:
        self.order = self.menu.addAction('Physical order')
        self.order.setToolTip('As images are made: content, geometry, resolution, contrast, acquisition, noise, codec')
        self.one_seed = self.menu.addAction('One seed for all')
        self.one_seed.setCheckable(True)
        self.menu.addSeparator()
        self.save = self.menu.addAction('Save recipe ...')
        self.load = self.menu.addAction('Load recipe ...')
        self.menu.addSeparator()
        self.presets = self.menu.addMenu('Preset as a film strip')
        for words, film in Film.titles().items():
            self.presets.addAction(words).triggered.connect(partial(self._set_film, film))

    def _connect(self) -> None:
        state = self.session.state
        self.picker.chosen.connect(self.add_entry)
        self.more.clicked.connect(self.open_menu)
        self.order.triggered.connect(lambda: self.stack.sort(stage_of))
        self.one_seed.toggled.connect(self._share_seed)
        self.save.triggered.connect(lambda: self.ask_to_save())
        self.load.triggered.connect(lambda: self.ask_to_load())
        self.seed.valueChanged.connect(self._set_seed)
        self.new_draw.clicked.connect(lambda: self._set_seed((self.seed.value() + 1) % _MAX_SEED))
        self.header.toggled.connect(lambda _on: self._ask())
        for event in (state.events.stack, state.events.solo, state.events.seed):
            self.links.add(event, self.sync)
        self.links.add(state.events.lanes, self._show_still)
        self.links.add(self.session.case_changed, self.sync)
        self.links.add(self.session.extras_ready, self._show_extras)
        self.links.add(self.session.status_changed, self._on_status)

    def shutdown(self) -> None:
        """Cut the connections to the session."""
        super().shutdown()
        self.stack.links.close()
        self.picker.links.close()
        self.film.shutdown()

    # -- showing ------------------------------------------------------------------------------------------------

    def sync(self, *_: object) -> None:
        """Show the state's stack as a whole."""
        state = self.session.state
        self.stack.sync()
        self.empty.setVisible(not state.stack)
        self._show_still()
        self._seed_line.setVisible(state.seed is not None)
        if state.seed is not None:
            self.seed.show_value(state.seed)
        was = self.one_seed.blockSignals(True)
        self.one_seed.setChecked(state.seed is not None)
        self.one_seed.blockSignals(was)
        self.order.setEnabled(len(state.stack) > 1)
        self.save.setEnabled(bool(state.stack))
        self.reset.setEnabled(any(p.severity > 0 for p in state.stack))
        acting = [f'{get_spec(p.name).title} {p.severity:g}' for p in state.acting if p.enabled and p.severity > 0]
        self.set_summary(', '.join(acting) or 'clean')
        self._ask()

    def _ask(self) -> None:
        """Have the change measured while the section is open and something may change."""
        state, case = self.session.state, self.session.case
        wanted = self.unfolded() and bool(state.stack)
        state.ask('change', wanted)
        state.ask('texture', wanted and case is not None and bool(case.references))
        if not wanted:
            self.change.hide()
            self.texture.hide()

    def _show_extras(self, update: ExtrasUpdate) -> None:
        change = update.change
        self.change.setVisible(change is not None)
        if change is not None:
            psnr = '' if change.psnr_db is None else f', PSNR {three_digits(change.psnr_db)} dB'
            ssim = '' if change.ssim is None else f', SSIM {three_digits(change.ssim)}'
            self.change.setText(f'RMS {three_digits(change.rms_percent)} %{psnr}{ssim}')
            self.change.setToolTip('Shown slice against the clean one, on its intensity range (p1 to p99)')
        self.texture.setVisible(update.texture is not None)
        if update.texture is not None:
            before = '' if update.clean_texture is None else f' (clean {three_digits(update.clean_texture)})'
            self.texture.setText(f'texture {three_digits(update.texture)}{before}, higher is easier')
            self.texture.setToolTip(
                'Texture difference of the shown slice, higher means easier: Kullback-Leibler divergence, in bits, of '
                'local binary patterns inside and outside the reference '
                '(Kamath et al. 2023)'
            )

    def _on_status(self, status: Status) -> None:
        """What belongs to another stack is not shown beside one that failed; a model may have come."""
        if any(map(acts_on_prompts, self.session.state.stack)):
            self._show_still()
        if status.kind == 'failed':
            self.change.hide()
            self.texture.hide()

    def _show_still(self, *_: object) -> None:
        """Say why nothing but the image moves where no lane is a model."""
        lanes = self.session.state.lanes
        self.edit.setEnabled(bool(lanes))
        stack, case = self.session.state.stack, self.session.case
        redrawn = [entry for entry in stack if get_spec(entry.name).kind == 'mask']
        missing = bool(redrawn) and case is not None and not case.references
        unheard = any(map(acts_on_prompts, stack)) and takes_prompts(self.session) is False
        given = bool(lanes and stack) and all(lane.given for lane in lanes)
        self.still.setText(NO_REFERENCE if missing else STILL if given else NO_PROMPTS)
        self.still.setVisible(missing or given or unheard)

    # -- acting -------------------------------------------------------------------------------------------------

    def open_picker(self) -> None:
        """Open the catalogue below its button."""
        self.picker.open_below(self.add.mapToGlobal(QPoint(0, self.add.height() + 2)))

    def open_menu(self) -> None:
        """Open the menu of the stack below its button."""
        self.menu.popup(self.more.mapToGlobal(QPoint(0, self.more.height())))

    def add_entry(self, name: str) -> None:
        """Add a perturbation at the end of the stack, before the remedies; a target where there is just one image."""
        state = self.session.state
        record = first_record(name)
        place = len(state.stack) if is_remedy(record) else sum(not is_remedy(entry) for entry in state.stack)
        stack = (*state.stack[:place], record, *state.stack[place:])
        solo = state.solo if state.solo is None or state.solo < place else state.solo + 1
        state.set_stack(stack, place, solo)
        self.commit()
        self.rows[place].severity.slider.setFocus()
        images = self.explorer.borrowed.images()
        if 'target' in get_spec(name).needs and images:
            self.explorer.borrowed.use_image(place, next(iter(images.values())))
            self.rows[place].more.setChecked(True)

    def ask_to_save(self) -> bool:
        """Ask for a file, and save the stack to it; False when nobody gave one."""
        path, _ = QFileDialog.getSaveFileName(self, 'Save recipe', 'recipe.json', RECIPES)
        if path:
            self.save_recipe(Path(path))
        return bool(path)

    def ask_to_load(self) -> bool:
        """Ask for a recipe, and load it; False when nobody gave one."""
        path, _ = QFileDialog.getOpenFileName(self, 'Load recipe', '', RECIPES)
        if path:
            self.load_recipe(Path(path))
        return bool(path)

    def save_recipe(self, path: Path) -> None:
        """Write the stack with its seed, and the masks that its regions were drawn on."""
        from napari_segrobust.perturb.recipe import save_recipe

        state, case = self.session.state, self.session.case
        stack, seed, masks = state.stack, state.seed, {} if case is None else dict(case.drawn_masks)
        path = path if path.suffix else path.with_suffix('.json')
        self.session.load(lambda: save_recipe(path, stack, seed, masks), lambda _path: None, quiet=True)

    def load_recipe(self, path: Path) -> None:
        """Take the place of the stack by one from a file."""
        from napari_segrobust.perturb.recipe import load_recipe

        def done(found: object) -> None:
            recipe, masks = found
            state = self.session.state
            if masks:
                self.session.amend(masks=masks)
            with self.session.paused_requests():
                state.seed = recipe.seed
            state.set_stack(tuple(sorted(recipe.entries, key=is_remedy)))
            self.session.request()
            self.commit()

        self.session.load(lambda: load_recipe(path), done, quiet=True)

    def _share_seed(self, shared: bool) -> None:
        state = self.session.state
        first = next((entry.seed for entry in state.stack if get_spec(entry.name).random), 0)
        state.seed = first if shared else None
        self.commit()

    def _set_seed(self, seed: int) -> None:
        self.session.state.seed = seed
        self.commit()

    def _set_film(self, film: tuple[str, str], _checked: bool = False) -> None:
        self.session.state.film = film

    def _edit(self) -> None:
        from napari_segrobust.ui.lab.own import edit_prediction

        edit_prediction(self.explorer)
