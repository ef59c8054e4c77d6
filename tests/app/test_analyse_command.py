"""``hms analyse``: what is printed where, and how it ends."""

import csv
import json
import os
import subprocess
import sys

import numpy as np
import pytest
from click.testing import CliRunner

from app.commands.analyse import analyse, clock
from ml.channels import ELECTRODES
from ml.edf_writer import EdfWriter
from tests.recordings import eeg


@pytest.fixture
def recording(tmp_path):
    path = tmp_path / "synthetic.edf"
    with EdfWriter(path, [f"EEG {name}" for name in ELECTRODES], 200.0, None) as file:
        file.append(eeg(60))
    return path


def run(*arguments):
    return CliRunner().invoke(analyse, [str(argument) for argument in arguments])


def test_json_alone_stands_on_stdout(recording):
    result = run(recording, "--json")
    document = json.loads(result.stdout)
    assert result.exit_code == 0
    assert len(document["windows"]["prob"]) == len(document["windows"]["label_start_s"]) > 0
    assert len(document["recording"]["sha256"]) == 64


def test_progress_goes_to_stderr(recording):
    result = run(recording, "--json")
    assert "analysing 100%" in result.stderr


def test_the_summary_is_for_people(recording):
    result = run(recording, "--step", "10")
    assert "0:01:00" in result.stdout
    assert "6 of 6 spans assessed" in result.stdout
    assert "The model suggests" in result.stdout
    assert "diagnos" not in result.stdout


def test_out_holds_the_result_the_events_and_the_spectrogram(recording, tmp_path):
    run(recording, "--out", tmp_path / "out")
    document = json.loads((tmp_path / "out" / "result.json").read_text())
    with (tmp_path / "out" / "events.csv").open() as file:
        assert len(list(csv.DictReader(file))) == len(document["events"])
    with np.load(tmp_path / "out" / "spectrogram.npz", allow_pickle=False) as stored:
        assert stored["power_db"].shape == (4, 79, 29)


def test_what_is_refused_ends_with_two_and_one_sentence(tmp_path):
    (tmp_path / "empty.edf").write_bytes(b"")
    result = run(tmp_path / "empty.edf", "--json")
    assert result.exit_code == 2
    assert result.stdout == ""
    assert len(result.stderr.strip().splitlines()) == 1


def test_a_file_that_is_not_there_is_refused_in_one_sentence(tmp_path):
    result = run(tmp_path / "nowhere.edf")
    assert (result.exit_code, len(result.stderr.strip().splitlines())) == (2, 1)


def test_what_cannot_be_assessed_still_ends_well(tmp_path):
    path = tmp_path / "short.edf"
    with EdfWriter(path, [f"EEG {name}" for name in ELECTRODES], 200.0, None) as file:
        file.append(eeg(5))
    result = run(path, "--json")
    document = json.loads(result.stdout)
    assert result.exit_code == 0
    assert document["windows"]["prob"] == []
    assert any("Nothing was assessed" in finding for finding in document["recording"]["findings"])


def test_the_clock_counts_hours():
    assert clock(3725.9) == "1:02:05"


@pytest.mark.parametrize(("name", "provider"), [("cuda", "CUDAExecutionProvider"), ("tensorrt", "TensorrtExecutionProvider")])
def test_an_accelerator_that_is_not_there_ends_with_one_sentence(recording, name, provider):
    import onnxruntime

    if provider in onnxruntime.get_available_providers():
        pytest.skip(f"{provider} is offered here")
    done = subprocess.run([sys.executable, "-m", "app.cli", "analyse", str(recording)], env=os.environ | {"HMS_PROVIDER": name},
                          capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert f"not {provider}. Install the extra 'gpu' instead of 'cpu', or set HMS_PROVIDER=cpu" in done.stderr
    assert "Traceback" not in done.stderr
