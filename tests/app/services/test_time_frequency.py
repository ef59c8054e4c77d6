"""What the spectrogram page is given: fitted images of the analysis, spans computed anew, or a sentence."""

from __future__ import annotations

from pathlib import Path
from uuid import UUID

import numpy as np
import pytest
from sqlalchemy.orm import Session

from app.access import Actor
from app.errors import Invalid, NotFound
from app.file_store import open_store
from app.services import studies, time_frequency
from app.services.time_frequency import Pictures, Wish
from app.settings import Settings
from ml import pipeline
from ml.analysis import RegionalSpectrogram, Trends
from ml.byte_source import FileBytes
from ml.channels import ELECTRODES, REGIONS
from ml.open_recording import open_recording
from ml.recording import RecordingInfo, Signal
from tests import builders, viewer_site
from tests.recordings import loudness_ensemble


@pytest.fixture(scope="module")
def waves(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return viewer_site.write_waves(tmp_path_factory.mktemp("waves") / "waves.edf", seconds=120)


@pytest.fixture
def alice(session: Session) -> Actor:
    return builders.actor(session, "alice")


def shown(session: Session, who: Actor, study_id: UUID, database: Settings, **wish: object) -> Pictures:
    return time_frequency.pictures(session, who, open_store(database), study_id, Wish(**wish))  # type: ignore[arg-type]


def test_the_whole_recording_is_what_the_analysis_kept(session: Session, alice: Actor, database: Settings, waves: Path) -> None:
    with FileBytes(waves) as content:
        result = pipeline.analyse(open_recording(content, name="waves.edf"), loudness_ensemble(10.0))
    study_id = viewer_site.add_study(session, alice, waves, result)
    made = shown(session, alice, study_id, database)
    assert result.spectrogram is not None
    assert made.problem == ""
    assert made.power_db == pytest.approx(result.spectrogram.power_db, abs=0.31, nan_ok=True)
    assert (made.first_s, made.column_s, made.joined) == (2.0, 2.0, 1)
    assert made.trends is not None
    assert made.bands_uv2 is not None
    assert made.bands_uv2.shape == (5, 12)


def test_a_span_by_another_method_comes_from_the_recording(session: Session, alice: Actor, database: Settings, waves: Path) -> None:
    study_id = viewer_site.add_study(session, alice, waves, analysed=False)
    made = shown(session, alice, study_id, database, signal="longitudinal Fp1-F7", method="stft", window=2.0, top_hz=30, start_s=20.0,
                 length_s=60.0)
    assert made.power_db is not None
    assert made.freqs_hz is not None
    assert (made.names, made.trends, made.span.start_s, made.freqs_hz[-1]) == (("Fp1-F7",), None, 20.0, 30.0)
    assert made.settings == "longitudinal bipolar · STFT (Hann), window 2 s · 0.5-40 Hz zero-phase Butterworth, notch off"


def test_a_day_fits_the_screen_and_keeps_its_ten_seconds(session: Session, alice: Actor) -> None:
    power_db = np.full((4, 79, 43_200), -5.0, dtype=np.float32)
    power_db[0, 20, 30_000:30_005] = 24.0
    whole = RegionalSpectrogram(power_db, tuple(REGIONS), np.arange(0.5, 20.01, 0.25), np.arange(43_200) * 2.0 + 2.0, 2.0)
    made = time_frequency._of_analysis(whole, None, "regions", time_frequency.Span(0.0, 86_400.0))
    assert made.power_db is not None
    assert made.power_db.shape == (4, 39, 1080)
    assert made.power_db[0].max() == 24.0
    at_s = made.first_s + made.power_db[0].max(axis=0).argmax() * made.column_s
    assert abs(at_s - 60_006.0) <= made.column_s / 2.0


@pytest.mark.parametrize("wish, words", [
    ({}, "has not been analysed yet. Until then at most 1 h"),
    ({"method": "wavelet", "window": 6.0, "length_s": 3600.0}, "at most 10 min"),
    ({"signal": "referential C3", "length_s": 60.0}, "This recording has no C3"),
])
def test_what_cannot_be_shown_is_said_with_a_way_out(session: Session, alice: Actor, database: Settings, wish: dict[str, object], words: str) -> None:
    signals = tuple(Signal(name, 200.0) for name in ELECTRODES if name not in ("C3", "C4"))
    study_id = builders.study(session, alice, about=RecordingInfo("EDF+C", signals, 86_400.0, None))
    made = shown(session, alice, study_id, database, **wish)
    assert made.power_db is None
    assert words in made.problem
    assert "Choose" in made.problem


def test_a_recording_without_scalp_eeg_and_one_that_is_too_short_say_so(session: Session, alice: Actor, database: Settings, waves: Path) -> None:
    heart = builders.study(session, alice, about=RecordingInfo("EDF+C", (Signal("ECG", 200.0),), 600.0, None))
    assert "no EEG of the scalp" in shown(session, alice, heart, database).problem
    study_id = viewer_site.add_study(session, alice, waves, analysed=False)
    assert "needs 8 s at least" in shown(session, alice, study_id, database, window=8.0, length_s=5.0).problem


def test_another_clinic_sees_no_picture_and_unknown_windows_are_refused(session: Session, alice: Actor, database: Settings) -> None:
    study_id = builders.study(session, alice)
    with pytest.raises(NotFound):
        shown(session, builders.actor(session, "bob"), study_id, database)
    with pytest.raises(Invalid):
        Wish(method="stft", window=3.0)
    assert studies.find(session, alice, study_id).duration_s == 600.0


def test_joined_trends_keep_the_lowest_lower_margin(session: Session) -> None:
    n = 3000
    made = Trends(np.arange(n) * 10.0 + 5.0, np.arange(39) / 2.0, 10.0, np.full((2, 2, n), 8.0, np.float32), np.zeros((39, n), np.float32),
                  np.zeros(n, np.float32), np.zeros((2, n), np.float32), np.zeros((2, n), np.float32), np.zeros((2, 39, n), np.float32),
                  np.zeros((4, 5, n), np.float32))
    made.aeeg_uv[0, 0, 1234], made.asymmetry[3, 700] = 1.0, -0.6
    joined = time_frequency.joined_trends(made)
    assert (joined.aeeg_uv[0, 0].min(), joined.asymmetry.min()) == (1.0, np.float32(-0.6))
    assert joined.aeeg_uv.shape[-1] <= time_frequency.MAX_COLUMNS
    assert joined.times_s[0] == 15.0
