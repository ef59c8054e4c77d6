"""``hms inspect``: what it prints, draws and refuses."""

import io
import json
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner, Result
from PIL import Image

from app.commands.inspect import inspect
from app.interop import quality_table
from app.reporting import quality_page
from ml import quality_report
from ml.channels import ELECTRODES
from ml.edf_writer import EdfWriter
from ml.recording import Annotation
from tests.recordings import ArrayRecording, eeg


@pytest.fixture
def file(tmp_path: Path) -> Path:
    x = eeg(40, seed=2)
    x[4] = 7.0
    path = tmp_path / "night.edf"
    with EdfWriter(path, ELECTRODES, 200.0, patient="4711 F 01-JAN-1950 Rosa_Ito") as writer:
        writer.append(x)
    return path


def run(*arguments: object) -> Result:
    return CliRunner().invoke(inspect, [str(argument) for argument in arguments])


def test_the_summary_tells_electrodes_quality_and_findings_and_names_nobody(file: Path) -> None:
    done = run(file)
    assert done.exit_code == 0
    assert "F7 is flat (100% of the seconds)." in done.output
    assert "the file names a patient (not shown here)" in done.output
    assert "Rosa" not in done.output


def test_what_the_recorder_did_and_whom_the_file_names_is_told(tmp_path: Path) -> None:
    with EdfWriter(tmp_path / "coded.edf", ("Fp1", "F3"), 200.0, patient="4711 X X X", prefilter="HP:0.1Hz LP:70Hz") as writer:
        writer.append(eeg(20, n=2))
    output = run(tmp_path / "coded.edf").output
    assert "as the file states: HP:0.1Hz LP:70Hz" in output
    assert "a code of a patient" in output
    assert "4711" not in output


def test_ears_and_further_electrodes_are_named_with_what_becomes_of_them(tmp_path: Path) -> None:
    with EdfWriter(tmp_path / "more.edf", ("Fp1", "EEG A1-REF", "FC5", "FP1-REF", "Photic"), 200.0) as writer:
        writer.append(eeg(20, n=5))
    _, *rows = (line.split() for line in run(tmp_path / "more.edf").output.split("remarks\n")[1].splitlines()[:5])
    assert rows[0][:6] == ["2", "EEG", "A1-REF", "A1", "eeg", "200"]
    assert " ".join(rows[0][6:]) == "ear: for the montage of linked ears, not assessed"
    assert " ".join(rows[1]) == "3 FC5 FC5 eeg 200 beyond the 10-20 system: shown as recorded, not assessed"
    assert " ".join(rows[2]) == "4 FP1-REF - eeg 200 as signal 1, not used"
    assert " ".join(rows[3]) == "5 Photic - other 200"


@pytest.mark.parametrize(("count", "words"), [(0, "no annotations"), (1, "1 annotation"), (3, "3 annotations")])
def test_annotations_are_counted(tmp_path: Path, count: int, words: str) -> None:
    notes = tuple(Annotation(float(second), None, "eyes closed") for second in range(count))
    with EdfWriter(tmp_path / "noted.edf", ("Fp1", "F3"), 200.0, annotations=notes) as writer:
        writer.append(eeg(20, n=2))
    assert words in run(tmp_path / "noted.edf").output.splitlines()


def test_a_file_without_electrodes_has_no_figures(tmp_path: Path) -> None:
    with EdfWriter(tmp_path / "net.edf", ("X1", "X2"), 200.0) as writer:
        writer.append(eeg(20, n=2))
    done = run(tmp_path / "net.edf")
    assert "nothing was measured" in done.output
    assert "artifacts;" not in done.output


def test_the_json_is_the_report_alone(file: Path) -> None:
    words = json.loads(CliRunner().invoke(inspect, [str(file), "--json"]).stdout)
    assert words["quality"]["channels"][4]["reasons"] == ["flat"]
    assert len(words["windows"]["start_s"]) == 4
    assert "Rosa" not in json.dumps(words)


def test_the_plot_is_one_page(file: Path, tmp_path: Path) -> None:
    assert run(file, "--plot", tmp_path / "page.png").exit_code == 0
    with Image.open(tmp_path / "page.png") as page:
        assert page.size == (1755, 1245)


def test_every_second_can_be_had_as_a_table_without_those_of_gaps(file: Path, tmp_path: Path) -> None:
    assert run(file, "--seconds", tmp_path / "seconds.parquet").exit_code == 0
    table = pq.read_table(tmp_path / "seconds.parquet")
    assert table.num_rows == 19 * 40
    gappy = quality_report.inspect(ArrayRecording(eeg(40), gaps=[(10.0, 25.0)]))
    seconds = pq.read_table(io.BytesIO(quality_table.to_parquet(gappy)))["second"].to_pylist()
    assert sorted(set(seconds)) == [*range(10), *range(25, 40)]


def test_what_is_no_recording_is_refused_in_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "letter.edf").write_bytes(b"Dear colleague" * 100)
    assert run(tmp_path / "letter.edf").exit_code == 2
    assert run(tmp_path / "absent.edf").exit_code == 2


def test_a_page_of_a_day_shows_the_state_that_most_seconds_of_a_column_have() -> None:
    states = np.zeros((1, 86_400), dtype=np.uint8)
    states[0, 96 * 10 : 96 * 11] = 4
    states[0, 96 * 20 : 96 * 20 + 10] = 4
    shown = quality_page.commonest(states)
    assert shown.shape == (1, 900)
    assert np.flatnonzero(shown[0]).tolist() == [10]


def test_a_recording_without_electrodes_has_a_page_too() -> None:
    report = quality_report.inspect(ArrayRecording(eeg(30, n=3), names=("E1", "E2", "E3")))
    assert quality_page.draw(report, title="Signal quality").startswith(b"\x89PNG")
