"""Every action of the panel as a command: found in the palette, done in the current viewer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from napari import current_viewer
from napari.utils.notifications import show_info

if TYPE_CHECKING:
    from napari_segrobust.ui.app import Explorer
    from napari_segrobust.ui.panel import Panel


def open_panel() -> None:
    """Open the panel, or bring it back."""
    _panel()


def reset() -> None:
    """Set every severity to 0."""
    _explorer().session.reset()


def undo() -> None:
    """Undo one change."""
    _panel().header.undo.click()


def redo() -> None:
    """Redo one change."""
    _panel().header.redo.click()


def pin() -> None:
    """Pin this state as A, or unpin it."""
    _panel().compare.pin.click()


def cancel() -> None:
    """Stop the running work."""
    _explorer().session.cancel()


def next_error() -> None:
    """Fly to the next error."""
    _told(_explorer().navigator.next(), 'No errors are listed')


def previous_error() -> None:
    """Fly to the error before."""
    _told(_explorer().navigator.previous(), 'No errors are listed')


def worst_slice() -> None:
    """Show the slice with the worst metric."""
    _told(_explorer().navigator.worst_slice(), 'No slice can be ranked')


def cycle_masks() -> None:
    """Reference, prediction, both, none."""
    _explorer().painter.cycle_masks()


def show_clean() -> None:
    """Show the clean image with its prediction, or go back."""
    painter = _explorer().painter
    painter.hold(not painter.is_held)


def side_by_side() -> None:
    """Side by side, or back."""
    _explorer().layout.toggle()


def context_box() -> None:
    """Drag a context box."""
    _explorer().context_box.start()


def open_files() -> None:
    """Ask for files and open them."""
    _panel().case.ask()


def use_layers() -> None:
    """Make a case of the layers."""
    opener = _explorer().opener
    _told(opener.layers.proposal.layers, 'No image layer is there')
    if opener.layers.proposal.layers:
        opener.open_layers()


def export_prediction() -> None:
    """Export the prediction."""
    _panel().header.ask('prediction')


def export_error() -> None:
    """Export the error map."""
    _panel().header.ask('error')


def export_image() -> None:
    """Export the perturbed image."""
    _panel().header.ask('image')


def export_table() -> None:
    """Export the table."""
    _panel().header.ask('table')


def export_curve() -> None:
    """Export the curve."""
    _panel().header.ask('curve')


def export_picture() -> None:
    """Export the canvas as a picture."""
    _panel().header.ask('picture')


def copy_table() -> None:
    """Copy the table."""
    _copy('table')


def copy_command() -> None:
    """Copy the command line that repeats the result."""
    _copy('command')


def copy_python() -> None:
    """Copy the script that repeats the result."""
    _copy('python')


def copy_diagnostics() -> None:
    """Copy versions, device and graphics."""
    _copy('diagnostics')


def show_keys() -> None:
    """List the keys."""
    _panel().header.show_keys()


def pitfall_lab() -> None:
    """Open the pitfall lab, or close it."""
    from napari_segrobust.ui.lab.room import Room

    viewer = _viewer()
    room = Room.of(viewer)
    if room is None:
        Room.open(viewer)
    else:
        room.close()


def edit_prediction() -> None:
    """Edit the prediction of the open case in the pitfall lab."""
    from napari_segrobust.ui.lab.own import edit_prediction as edit

    edit(_explorer())


def architecture_grid() -> None:
    """Show the models as rows on one identical input, or hide them."""
    from napari_segrobust.ui.grid.room import toggle_grid

    _panel()
    toggle_grid(_viewer())


def inside_network() -> None:
    """Show the dock "Inside the network", or hide it."""
    from napari_segrobust.ui.inside.room import toggle_inside

    _panel()
    toggle_inside(_viewer())


def pick_voxel() -> None:
    """Pick a voxel for its receptive field, or no longer."""
    from napari_segrobust.ui.inside.room import pick_voxel as pick

    _panel()
    pick(_viewer())


def window_lab() -> None:
    """Show every window by itself, or hide them."""
    from napari_segrobust.ui.windows.room import toggle_windows

    _panel()
    toggle_windows(_viewer())


def review_raters() -> None:
    """Show where raters differ and what they agree on, or hide it."""
    from napari_segrobust.ui.review.room import toggle_review

    _panel()
    toggle_review(_viewer())


def window_grid() -> None:
    """Draw the windows on the canvas, or no longer."""
    _panel().context.windows.toggle()


def add_perturbation() -> None:
    """Search the catalogue of perturbations."""
    _panel().perturb.open_picker()


def physical_order() -> None:
    """Sort the stack as images are made."""
    _panel().perturb.order.trigger()


def save_recipe() -> None:
    """Save the stack as a recipe."""
    _panel().perturb.ask_to_save()


def load_recipe() -> None:
    """Load a recipe in place of the stack."""
    _panel().perturb.ask_to_load()


def network_view() -> None:
    """Show the image as the network sees it, or no longer."""
    _panel().model.network.toggle()


def _copy(kind: str) -> None:
    _panel().header.export.copy(kind)


def _panel() -> Panel:
    from napari_segrobust.ui.docks import show_panel

    return show_panel(_viewer())


def _viewer() -> Any:
    viewer = current_viewer()
    if viewer is None:
        raise RuntimeError('there is no viewer')
    return viewer


def _explorer() -> Explorer:
    return _panel().explorer


def _told(answer: Any, words: str) -> None:
    """Say why nothing happened."""
    if answer is None or answer == ():
        show_info(words)
