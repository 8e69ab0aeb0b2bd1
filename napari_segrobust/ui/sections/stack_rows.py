"""The rows of the stack, one for each entry, in the order of application."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from napari_segrobust.perturb import Perturbation, Region, amounts, get_spec
from napari_segrobust.perturb.record import MAX_SEVERITY
from napari_segrobust.perturb.spec import RANGE
from napari_segrobust.perturb.words import short
from napari_segrobust.ui.connections import Connections
from napari_segrobust.ui.widgets.parameter_form import ParameterField
from napari_segrobust.ui.widgets.row_column import RowColumn
from napari_segrobust.ui.widgets.severity_row import SeverityRow
from napari_segrobust.ui.widgets.thumbnail import pixmap

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from napari_segrobust.cases import Case
    from napari_segrobust.explore.updates import ExtrasUpdate
    from napari_segrobust.perturb.spec import Parameter, PerturbationSpec
    from napari_segrobust.ui.app import Explorer
    from napari_segrobust.ui.widgets.palette import Palette

#: Last line of the list of regions: choosing it draws one.
DRAW_BOX = 'draw a box'
BOX = 'box'
LAYER = 'layer: '
#: What a target's list says while none is chosen.
NO_TARGET = 'choose an image layer'
#: More labels than this are too many for a list; they are typed as a parameter, or drawn as a layer.
_LISTED_LABELS = 130


class StackRows(RowColumn):
    """Rows bound to `ExploreState.stack`; the section that holds them calls `sync` when it changes.

    Parameters
    ----------
    explorer : Explorer
    palette : Palette
    """

    def __init__(self, explorer: Explorer, palette: Palette) -> None:
        super().__init__(palette=palette)
        self.explorer = explorer
        self.session = explorer.session
        self.rows: list[SeverityRow] = []
        self.palette_ = palette
        self._regions: dict[str, Region] = {}
        self.moved.connect(self._drag)
        self.links = Connections()
        for signal in (explorer.borrowed.changed, explorer.region_box.changed):
            self.links.add(signal, self.sync)
        self.links.add(self.session.extras_ready, self._show_pictures)

    def apply_palette(self, palette: Palette) -> None:
        """Take the colours of `palette`, and keep them for rows that are made later."""
        super().apply_palette(palette)
        self.palette_ = palette

    # -- showing ------------------------------------------------------------------------------------------------

    def sync(self, *_: object) -> None:
        """Show the state's stack; rows are re-made only where the names differ."""
        state, case = self.session.state, self.session.case
        if [row.property('perturbation') for row in self.rows] != [p.name for p in state.stack]:
            self._match(state.stack)
        self._regions = regions_of(case, self.explorer.painter.label_values() if case is not None else [])
        for index, (row, record) in enumerate(zip(self.rows, state.stack, strict=True)):
            self._show(index, row, record)
        self._ask_for_pictures()

    def _match(self, stack: tuple[Perturbation, ...]) -> None:
        """Keep the row of each entry that stays, so that its details stay unfolded."""
        free = list(self.rows)
        rows = []
        for record in stack:
            row = next((row for row in free if row.property('perturbation') == record.name), None)
            if row is None:
                row = self._make(record)
            else:
                free.remove(row)
            rows.append(row)
        self._arrange(rows)

    def _arrange(self, rows: list[SeverityRow]) -> None:
        self.rows = rows
        self.set_rows(list(rows))

    def _make(self, record: Perturbation) -> SeverityRow:
        spec = get_spec(record.name)
        words = '\n'.join(filter(None, (spec.summary, spec.caution)))
        row = SeverityRow(spec.title, words, palette=self.palette_, maximum=MAX_SEVERITY)
        row.setProperty('perturbation', record.name)
        row.set_random(spec.random)
        row.region.setVisible(spec.move is None)  # prompts are not places of the image
        row.set_mark(*seen_severities(spec))
        settle, change = self._settle, self._change
        row.severity_changed.connect(partial(change, row, 'severity'))
        row.dragging_changed.connect(self._commit)
        row.enabled_changed.connect(partial(settle, row, 'enabled'))
        row.seed_changed.connect(partial(settle, row, 'seed'))
        row.region_changed.connect(partial(self._choose_region, row))
        row.solo_changed.connect(partial(self._solo, row))
        row.unfolded_changed.connect(self._ask_for_pictures)
        row.moved.connect(partial(self._step, row))
        row.removed.connect(partial(self._remove, row))
        details = row.details
        details.parameter_changed.connect(partial(self._set_parameter, row))
        details.channels_changed.connect(partial(settle, row, 'channels'))
        details.feather_changed.connect(partial(self._set_feather, row))
        details.slices_changed.connect(partial(self._set_slices, row))
        details.moves_changed.connect(partial(settle, row, 'moves_reference'))
        details.target_changed.connect(partial(self._choose_target, row))
        self.hold(row, row.grip)
        return row

    def _show(self, index: int, row: SeverityRow, record: Perturbation) -> None:
        state, case = self.session.state, self.session.case
        spec, values = get_spec(record.name), amounts(record)
        row.set_severity(record.severity)
        row.set_enabled(record.enabled)
        row.set_own_seed(state.seed is None)
        row.set_seed(record.seed if state.seed is None else state.seed)
        row.set_solo(state.solo == index, state.solo in (None, index))
        masks = [f'{LAYER}{name}' for name in self.explorer.borrowed.masks()]
        row.set_region(self._region_words(record.region), [*self._regions, *masks, DRAW_BOX])
        first = spec.parameters[0]
        said = first.said(values[first.name])
        number = _amount(values[first.name], first.unit, _length_unit(case))
        row.set_amount(said or first.title, '' if said else number)
        self._show_details(row, record, spec, case)

    def _show_details(self, row: SeverityRow, record: Perturbation, spec: PerturbationSpec, case: Case | None) -> None:
        details, values = row.details, amounts(record)
        length = _length_unit(case)
        labels = {'any': 0.0} | {words: float(r.label) for words, r in self._regions.items() if r.kind == 'label'}
        details.parameters.set_parameters([_field(p, record, values[p.name], labels, length) for p in spec.parameters])
        count = 1 if case is None else len(case.image)
        layers = self.explorer.painter.layers
        is_rgb = layers is not None and layers.rgb
        names = ('red', 'green', 'blue') if is_rgb else tuple(map(str, range(count)))
        details.set_channels(names if spec.apply is not None else (), record.channels)
        region = record.region
        details.set_feather(None if region.kind == 'whole' else region.feather_mm, length)
        axis = self.explorer.region_box.axis
        boxed = region.kind == 'box' and region.box is not None and axis is not None and case is not None
        details.set_slices(region.box[axis] if boxed else None, case.shape[axis] if boxed else 1)
        details.set_moves(record.moves_reference if spec.coordinates is not None else None)
        images = list(self.explorer.borrowed.images())
        if 'target' in spec.needs:
            chosen = self.explorer.borrowed.name(record.target) or NO_TARGET
            details.set_target(chosen, images or [NO_TARGET])
        else:
            details.set_target(None, ())

    def _region_words(self, region: Region) -> str:
        plain = region.model_copy(update={'feather_mm': 0.0})
        if region.kind == 'box':
            return BOX
        if region.kind == 'mask':
            return f'{LAYER}{self.explorer.borrowed.name(region.mask_sha256)}'
        known = next((words for words, one in self._regions.items() if one == plain), None)
        return known or (f'label {region.label}' if region.kind == 'label' else region.kind)

    def _ask_for_pictures(self, *_: object) -> None:
        """Pictures are made only while somebody sees them."""
        self.session.state.ask('rows', any(row.more.isChecked() for row in self.rows))

    def _show_pictures(self, update: ExtrasUpdate) -> None:
        painter = self.explorer.painter
        for row, pair in zip(self.rows, update.rows, strict=False):
            if row.more.isChecked():
                row.details.pictures.set_pictures(*(pixmap(image, **painter.layers.shades()) for image in pair))

    # -- changing -----------------------------------------------------------------------------------------------

    def _commit(self, dragging: bool = False) -> None:
        if not dragging:
            self.session.history.commit()

    def _change(self, row: SeverityRow, name: str, value: object) -> None:
        self.session.state.set_perturbation(self.rows.index(row), **{name: value})

    def _settle(self, row: SeverityRow, name: str, value: object) -> None:
        self._change(row, name, value)
        self._commit()

    def _choose_region(self, row: SeverityRow, words: str) -> None:
        index = self.rows.index(row)
        feather = self.session.state.stack[index].region.feather_mm
        layers = self.explorer.borrowed.masks()
        if words in (DRAW_BOX, BOX):
            self.sync()
            self.explorer.region_box.start_for(index)
        elif words.removeprefix(LAYER) in layers and words.startswith(LAYER):
            self.explorer.borrowed.use_mask(index, layers[words.removeprefix(LAYER)])
        elif words in self._regions:
            region = self._regions[words]
            soft = {} if region.kind == 'whole' else {'feather_mm': feather}
            self._settle(row, 'region', region.model_copy(update=soft))

    def _set_feather(self, row: SeverityRow, width: float) -> None:
        region = self.session.state.stack[self.rows.index(row)].region
        self._change(row, 'region', region.model_copy(update={'feather_mm': width}))

    def _set_slices(self, row: SeverityRow, start: int, stop: int) -> None:
        self.session.state.focus = self.rows.index(row)
        self.explorer.region_box.set_slice_range(start, stop)

    def _set_parameter(self, row: SeverityRow, name: str, value: float | None) -> None:
        record = self.session.state.stack[self.rows.index(row)]
        parameters = dict(record.parameters)
        own = next(p for p in get_spec(record.name).parameters if p.name == name)
        if value is None or (own.fixed and value == own.levels[0]):
            parameters.pop(name, None)
        else:
            parameters[name] = value
        self._settle(row, 'parameters', parameters)

    def _choose_target(self, row: SeverityRow, name: str) -> None:
        images = self.explorer.borrowed.images()
        if name in images:
            self.explorer.borrowed.use_image(self.rows.index(row), images[name])

    def _solo(self, row: SeverityRow, alone: bool) -> None:
        self.session.state.solo = self.rows.index(row) if alone else None
        self._commit()

    def _remove(self, row: SeverityRow) -> None:
        place = self.rows.index(row)
        self._reorder([index for index in range(len(self.rows)) if index != place])

    def _step(self, row: SeverityRow, by: int) -> None:
        place = self.rows.index(row)
        if 0 <= place + by < len(self.rows):
            self._drag(place, place + by)
            row.grip.setFocus()

    def _drag(self, start: int, end: int) -> None:
        order = list(range(len(self.rows)))
        order.insert(end, order.pop(start))
        self._reorder(order)

    def _reorder(self, order: Sequence[int]) -> None:
        """Put rows and entries into an order together; remedies are always last, as they act."""
        stack = self.session.state.stack
        order = sorted(order, key=lambda index: is_remedy(stack[index]))
        self._arrange([self.rows[index] for index in order])
        self.session.state.reorder(order)
        self._commit()
        self.sync()

    def sort(self, key: Callable[[Perturbation], int]) -> None:
        """Sort the stack; entries that are equal keep their order."""
        stack = self.session.state.stack
        self._reorder(sorted(range(len(stack)), key=lambda index: key(stack[index])))


def is_remedy(record: Perturbation) -> bool:
    """Whether an entry mends what the others did: it acts after all of them."""
    return get_spec(record.name).stage == 'remedy'


def regions_of(case: Case | None, values: Sequence[int]) -> dict[str, Region]:
    """Regions by their words: the whole image, the reference's foreground, its background, each label."""
    regions = {'whole': Region()}
    if case is None or not case.references:
        return regions
    regions['foreground'] = Region(kind='foreground')
    regions['background'] = Region(kind='background')
    listed = [value for value in values if value][:_LISTED_LABELS]
    regions.update({case.label_name(value): Region(kind='label', label=value) for value in listed})
    return regions


def seen_severities(spec: PerturbationSpec) -> tuple[tuple[float, float] | None, str]:
    """Between which severities the first parameter lies where it is seen in the clinic, and who saw it."""
    first = spec.parameters[0]
    if first.seen is None or first.fixed:
        return None, ''
    severities = np.linspace(0, MAX_SEVERITY, 501)
    levels = np.interp(severities, range(6), first.levels)
    low, high = min(first.seen), max(first.seen)
    inside = severities[(levels >= low - 1e-9) & (levels <= high + 1e-9)]
    if not inside.size:
        return None, ''
    span = f'{_amount(first.seen[0], first.unit)} to {_amount(first.seen[1], first.unit)}'
    words = f'Marked: seen in the clinic, {span}' + (f' ({first.seen_source})' if first.seen_source else '')
    return (float(inside[0]), float(inside[-1])), words


def _length_unit(case: Case | None) -> str:
    """Unit of lengths; without a spacing every voxel counts as one."""
    return 'mm' if case is None or case.geometry.spacing_mm is not None else 'voxels'


def _field(
    parameter: Parameter, record: Perturbation, value: float, labels: dict[str, float], length_unit: str
) -> ParameterField:
    """A parameter as the form shows it; a label of the reference by its name."""
    named_so = 'label' in f'{parameter.name} {parameter.title}'
    is_label = parameter.fixed and parameter.unit == '' and named_so and parameter.maximum >= 255
    zero = 'any' if {'any', 'all'} & set(parameter.title.split()) else 'background'
    known = {zero if v == 0 else words: v for words, v in labels.items() if v or parameter.minimum == 0}
    choices = known if is_label else None
    return ParameterField(
        parameter.name,
        parameter.title,
        length_unit if parameter.unit == 'mm' else parameter.unit,
        parameter.minimum,
        parameter.maximum,
        value,
        parameter.name in record.parameters,
        not parameter.fixed,
        choices if choices is not None and len(labels) > 1 else None,
    )


def _amount(value: float, unit: str, length_unit: str = 'mm') -> str:
    """A physical value with its unit; a fraction of the intensity range in percent of it."""
    if unit == RANGE:
        return f'{100 * value:.3g} % of range'
    return f'{short(value)} {length_unit if unit == "mm" else unit}'.rstrip()
