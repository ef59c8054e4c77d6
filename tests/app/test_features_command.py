"""``hms features``: a table that explains itself."""

import json

import numpy as np
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner

from app.cli import hms
from ml.channels import ELECTRODES
from ml.edf_writer import EdfWriter
from tests.recordings import eeg


@pytest.fixture
def recording(tmp_path):
    path = tmp_path / "short.edf"
    with EdfWriter(path, ELECTRODES, 200.0) as writer:
        writer.append(eeg(45))
    return path


def test_a_table_has_a_row_per_window_and_says_what_its_columns_are(recording, tmp_path):
    out = tmp_path / "features.parquet"
    done = CliRunner().invoke(hms, ["features", str(recording), "--out", str(out), "--set", "fast", "--step", "5"])
    assert done.exit_code == 0, done.output
    table = pq.read_table(out)
    assert table["start_s"].to_pylist() == [0.0, 5.0, 10.0, 15.0, 20.0, 25.0, 30.0, 35.0]
    assert np.isfinite(table["line_length:Fp1-F7"].to_numpy()).all()
    about = json.loads(table.schema.metadata[b"hms_features"])
    assert about["line_length"]["unit"] == "µV/s"
    assert {name.split(":")[0] for name in table.column_names} == {"start_s", *about}


def test_a_pop_does_not_rule_robust_features(tmp_path):
    uv = eeg(30)
    uv[2, 15 * 200 : 15 * 200 + 30] += 3000.0       # C3
    with EdfWriter(tmp_path / "pop.edf", ELECTRODES, 200.0) as writer:
        writer.append(uv)
    plain, robust = (features_of(tmp_path, *options) for options in ((), ("--robust",)))
    name = "peak_to_peak:C3-P3"
    assert plain[name][1].as_py() > 2048.0 >= robust[name][1].as_py()
    assert robust[name][0].as_py() == pytest.approx(plain[name][0].as_py(), rel=1e-5)
    assert (plain.schema.metadata[b"hms_robust"], robust.schema.metadata[b"hms_robust"]) == (b"false", b"true")


def features_of(folder, *options):
    done = CliRunner().invoke(hms, ["features", str(folder / "pop.edf"), "--out", str(folder / "f.parquet"), "--set", "fast", *options])
    assert done.exit_code == 0, done.output
    return pq.read_table(folder / "f.parquet")


def test_what_holds_no_windows_leaves_no_file(tmp_path):
    path, out = tmp_path / "brief.edf", tmp_path / "features.parquet"
    with EdfWriter(path, ELECTRODES, 200.0) as writer:
        writer.append(eeg(6))
    done = CliRunner().invoke(hms, ["features", str(path), "--out", str(out)])
    assert done.exit_code == 2
    assert "no gap-free stretch of 10 s" in done.output
    assert not list(tmp_path.glob("features.parquet*"))
