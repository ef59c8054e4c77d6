"""The spectrogram page without a browser: its states, and where a click leads."""

from __future__ import annotations

from pathlib import Path

import pytest
from dash.exceptions import PreventUpdate
from sqlalchemy.orm import Session

from app.access import Actor
from app.errors import NotFound
from components import spectrogram_controls
from pages import spectrogram
from tests import builders, viewer_site
from tests.pages.conftest import Looking
from tests.pages.test_viewer import drawn

CHOSEN = ("regions", "multitaper", "4", "20", "0", 0.0, ["aeeg"])
COLORS = ("-10", "25", "viridis")


def test_an_analysed_study_has_its_spectrograms_and_says_that_trends_are_missing(
    session: Session, nell: Actor, looking: Looking, tmp_path: Path
) -> None:
    study_id = viewer_site.add_study(session, nell, viewer_site.write_waves(tmp_path / "waves.edf"))
    with looking(nell):
        stage = drawn(spectrogram.draw(*CHOSEN, str(study_id), *COLORS))
    assert "Spectrogram of LL, RL, LP, RP from 22:15:00 to 22:20:00" in stage
    assert "There are no trends here" in stage


def test_a_day_that_is_not_analysed_says_what_can_be_shown(session: Session, nell: Actor, looking: Looking) -> None:
    study_id = builders.study(session, nell)
    with looking(nell):
        assert "no EEG of the scalp" not in drawn(spectrogram.draw(*CHOSEN, str(study_id), *COLORS))
        assert "too few for regions" in drawn(spectrogram.draw(*CHOSEN, str(study_id), *COLORS))


def test_a_click_opens_the_eeg_with_the_moment_in_its_middle(session: Session, nell: Actor, looking: Looking) -> None:
    study_id = str(builders.study(session, nell))
    with looking(nell):
        assert spectrogram.open_eeg({"points": [{"x": "2026-05-04 22:31:40.5"}]}, study_id) == f"/studies/{study_id}/review?t=95.5"
        assert spectrogram.open_eeg({"points": [{"x": "2026-05-04 22:30"}]}, study_id).endswith("t=0.0")
        with pytest.raises(PreventUpdate):
            spectrogram.open_eeg(None, study_id)


def test_another_clinic_sees_neither_banner_nor_figure(session: Session, nell: Actor, looking: Looking) -> None:
    study_id, stranger = str(builders.study(session, nell)), builders.actor(session, "stranger at the spectrogram")
    for ask in (lambda: spectrogram.open_study(study_id), lambda: spectrogram.draw(*CHOSEN, study_id, *COLORS),
                lambda: spectrogram.open_eeg({"points": [{"x": "2026-05-04 22:31:40"}]}, study_id)):
        with looking(stranger), pytest.raises(NotFound):
            ask()


@pytest.mark.parametrize("method", ["multitaper", "stft", "wavelet"])
def test_every_method_offers_its_own_windows(method: str) -> None:
    options, chosen = spectrogram.offer_windows(method)     # type: ignore[arg-type]
    assert chosen in [option["value"] for option in options]


def test_every_definition_names_its_source() -> None:
    for title, words in spectrogram_controls.HOW:
        assert title in ("Time", "Joined columns") or any(year in words for year in ("19", "20"))
