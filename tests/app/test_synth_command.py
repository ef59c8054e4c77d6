"""``hms synth``: a generated recording, its diary, and the kinds that can be asked for."""

import json

import pytest
from click.testing import CliRunner

from app.commands.synth import KINDS, synth
from ml.byte_source import FileBytes
from ml.open_recording import open_recording


def run(folder, *arguments):
    return CliRunner().invoke(synth, ["--hours", "0.1", "--out", str(folder / "x.edf"), "--diary", str(folder / "diary.json"), *arguments])


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_is_written_with_a_diary_of_class_side_rate_and_modifiers(tmp_path, kind):
    result = run(tmp_path, "--kind", kind)
    events = json.loads((tmp_path / "diary.json").read_text())
    assert result.exit_code == 0
    assert len(events) > 0
    assert all({"pattern", "side", "frequency_hz", "evolution_hz", "modifiers", "start_s", "stop_s", "snr_db"} == set(event) for event in events)
    with FileBytes(tmp_path / "x.edf") as source:
        assert open_recording(source).info.duration_s == 360


def test_a_healthy_sleeper_has_no_event(tmp_path):
    result = run(tmp_path, "--kind", "asleep", "--healthy")
    assert result.exit_code == 0
    assert json.loads((tmp_path / "diary.json").read_text()) == []


def test_an_unknown_kind_is_refused_with_those_that_there_are(tmp_path):
    result = run(tmp_path, "--kind", "neonatal")
    assert result.exit_code == 2
    assert all(kind in result.stderr for kind in KINDS)
