"""Recordings of other makers: our samples are MNE's to float32 precision, its annotations are ours to 1 ms."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from ml.channels import map_to_1020
from ml.errors import RecordingError
from tests.ml.foreign.converted import converted

FILES = {
    "Brainvision/Analyzer_nV_Export.vhdr": ("brainvision", 14), "Brainvision/test_NO.vhdr": ("brainvision", 0),
    "NihonKohden/MB0400FU.EEG": ("nihon", 19), "EEGLAB/test_raw_2021.set": ("eeglab", 0), "EEGLAB/test_raw_chanloc.set": ("eeglab", 19),
    "Persyst/sub-pt1_ses-02_task-monitor_acq-ecog_run-01_clip2.lay": ("persyst", 19),
}


@pytest.mark.parametrize("name", FILES)
def test_converted_samples_and_annotations_are_those_of_mne(shared_data: Path, name: str) -> None:
    mne = pytest.importorskip("mne")
    path = shared_data / "formats" / "mne" / name
    raw = getattr(mne.io, f"read_raw_{FILES[name][0]}")(path, verbose="ERROR")
    with converted(path) as recording:
        info = recording.info
        factor = np.array([1e6 if signal.unit == "uV" else 1.0 for signal in info.signals])[:, None]
        np.testing.assert_allclose(recording.read(0, info.duration_s, range(len(info.signals))), raw.get_data() * factor, rtol=2e-7, atol=1e-6)
        theirs = sorted((onset, text) for onset, text in zip(raw.annotations.onset, raw.annotations.description, strict=True) if text != "boundary")
        ours = sorted((note.onset_s, note.text) for note in recording.annotations())
        assert [text for _, text in ours] == [text for _, text in theirs]
        np.testing.assert_allclose([onset for onset, _ in ours], [onset for onset, _ in theirs], atol=1e-3)
        assert len(map_to_1020(info.signals).electrodes) == FILES[name][1]


def test_nihon_kohden_is_the_same_as_its_own_edf_export(shared_data: Path) -> None:
    folder = shared_data / "formats" / "mne" / "NihonKohden"
    with converted(folder / "MB0400FU.EEG") as own, converted(folder / "MB0400FU.EDF") as export:
        ours, theirs = map_to_1020(own.info.signals).electrodes, map_to_1020(export.info.signals).electrodes
        names = sorted(set(ours) & set(theirs))
        a = np.array(own.read(0, 25, [ours[name] for name in names]))
        b = np.array(export.read(0, 25, [theirs[name] for name in names]))
    assert len(names) == 19
    assert np.nanmax(np.abs(a - b)) < 0.1                     # a step of the EDF export is 0.0977 µV


def test_an_eeglab_file_without_its_data_names_the_way_out(shared_data: Path) -> None:
    with pytest.raises(RecordingError, match="ZIP archive"), converted(shared_data / "formats/mne/EEGLAB/test_raw_h5.set"):
        pass


def _brainvision(path: Path, n_signals: int, uv: float) -> np.ndarray:
    return np.fromfile(path.with_suffix(".eeg"), "<f4").reshape(-1, n_signals).T * uv


def _persyst(path: Path, n_signals: int, uv: float) -> np.ndarray:
    return np.fromfile(path.with_suffix(".dat"), "<i4").reshape(-1, n_signals).T * uv      # DataType=7


def _eeglab(path: Path, n_signals: int, uv: float) -> np.ndarray:
    from scipy.io import loadmat

    found = loadmat(path, simplify_cells=True)
    stored = found.get("EEG", found)["data"]
    return (np.fromfile(path.with_suffix(".fdt"), "<f4").reshape(-1, n_signals).T if isinstance(stored, str) else stored) * uv


@pytest.mark.parametrize(("name", "stored", "uv"), [
    ("Brainvision/Analyzer_nV_Export.vhdr", _brainvision, 1e-3), ("Brainvision/test_NO.vhdr", _brainvision, 1.0),
    ("Persyst/sub-pt1_ses-02_task-monitor_acq-ecog_run-01_clip2.lay", _persyst, 0.390625),
    ("EEGLAB/test_raw_chanloc.set", _eeglab, 1.0), ("EEGLAB/test_raw_2021.set", _eeglab, 1.0),
])
def test_converted_samples_are_the_numbers_that_lie_in_the_file(shared_data: Path, name: str, stored: Callable[..., np.ndarray], uv: float) -> None:
    """The second reader: the numbers as the maker's header lays them out, by NumPy alone."""
    path = shared_data / "formats" / "mne" / name
    with converted(path) as recording:
        info = recording.info
        ours = np.array(recording.read(0, info.duration_s, range(len(info.signals))))
    np.testing.assert_allclose(ours, stored(path, len(info.signals), uv), rtol=2e-7, atol=1e-6)
