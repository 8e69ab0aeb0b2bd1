"""A film strip that plays: its frames fill by themselves, and another case pauses it."""

from __future__ import annotations

from dataclasses import replace

from napari_segrobust.explore.state import Lane


def test_frames_that_are_played_fill_and_another_case_pauses(explorer, perturb, qtbot, ball_case, monkeypatch):
    film, frames = perturb.film, perturb.film.strip.frames
    monkeypatch.setattr(explorer.session.jobs, 'submit', lambda _job: None)  # as busy as it is while a film plays
    film.strip.timer.setInterval(1)
    explorer.session.state.film = ('kamath-2025', 'texture')
    assert frames.is_empty(0)
    film.strip.play.setChecked(True)
    qtbot.waitUntil(lambda: not any(frames.is_empty(number) for number in range(5)), timeout=30_000)
    assert None not in frames.values()
    other = replace(ball_case, name='another', image=ball_case.image + 1)
    explorer.open_case(other, [Lane(source='threshold')])
    assert not film.strip.is_playing()
    assert explorer.session.state.film is not None
