"""Where networks run, what they hold there, and giving it back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtWidgets import QVBoxLayout, QWidget

from napari_segrobust.explore.memory import held_bytes
from napari_segrobust.segment.precision import precision_of
from napari_segrobust.ui.sections.base import button, line, quiet
from napari_segrobust.ui.widgets.controls import Combo, buddy, named

if TYPE_CHECKING:
    from napari_segrobust.explore.session import Session

DEVICES = ('auto', 'cpu', 'cuda', 'mps')


class DeviceLine(QWidget):
    """Choice of a device, memory of the models, and the button that unloads those that no lane uses.

    Parameters
    ----------
    session : Session
    """

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.session = session
        words = 'Where networks run; auto is a CUDA GPU where there is one, else the CPU'
        self.device = named(Combo(), 'Device', words)
        self.device.currentTextChanged.connect(self._set_device)
        self.unload = button('Unload', '', session.loader.unload)
        self.held = quiet()
        self.computed = quiet()
        self._devices = {name: name for name in DEVICES}
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(1)
        column.addWidget(line(buddy('runs on', self.device), (self.device, 1), self.unload))
        column.addWidget(self.held)
        column.addWidget(self.computed)

    def sync(self, *_: object) -> None:
        """Show where the networks run, which memory that ended may have changed, and in which precision."""
        session = self.session
        used = {lane.model_id: lane for lane in session.state.lanes if lane.model_id in session.models}
        models = [session.models[key] for key in used]
        computed = {model.spec.name: precision_of(model).words for model in models}
        self.computed.setText('\n'.join(f'{name}: {words}.' for name, words in computed.items() if words))
        self.computed.setVisible(bool(self.computed.text()))
        places = ', '.join(dict.fromkeys(model.device for model in models))
        chosen = session.device
        self._devices = {f'{d} ({places})' if d == chosen and places not in ('', d) else d: d for d in DEVICES}
        self.device.set_items(list(self._devices), next(t for t, d in self._devices.items() if d == chosen))
        sizes = [f'{lane.title} {_size(session.models[key])}' for key, lane in used.items()]
        unused = session.loader.unused()
        idle = f'{len(unused)} unused' if unused else ''
        self.held.setText(' · '.join(filter(None, [*sizes, idle])))
        self.held.setVisible(bool(self.held.text()))
        self.unload.setEnabled(bool(unused))
        names = ', '.join(f'{session.models[key].spec.name} {_size(session.models[key])}' for key in unused)
        named(self.unload, 'Unload', f'Give back the memory of: {names}' if unused else 'Every loaded model is in use')

    def _set_device(self, text: str) -> None:
        self.session.set_device(self._devices.get(text, 'auto'))


def _size(model: object) -> str:
    """As in "11 MB, cpu"; the device alone where a model does not say what it holds."""
    held, device = held_bytes(model), model.device
    if not held:
        return device
    for unit, size in (('GB', 1e9), ('MB', 1e6), ('kB', 1e3)):
        if held >= size:
            return f'{held / size:.3g} {unit}, {device}'
    return f'{held} B, {device}'
