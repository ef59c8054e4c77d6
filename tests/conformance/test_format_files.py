"""Every file of ``formats/`` opens, or is refused in one sentence that names the format and the way out."""

from __future__ import annotations

from pathlib import Path

import pytest

from ml.byte_source import FileBytes
from ml.channels import map_to_1020
from ml.errors import RecordingError
from ml.open_recording import open_recording
from ml.signal_check import check_samples
from tests.shared_files import listed

FILES = listed("formats/**/*")
OPENABLE = (".edf", ".bdf")
NAMED = {"Brainvision": "BrainVision", "NihonKohden": "Nihon Kohden", "Persyst": "Persyst", "EEGLAB": "EEGLAB"}


@pytest.mark.parametrize("name", [name for name in FILES if name.lower().endswith(OPENABLE)] or ["absent"])
def test_every_edf_and_bdf_opens_and_reads(shared_data: Path, name: str) -> None:
    source = open_recording(FileBytes(shared_data / name), name=name)
    info = source.info
    uv = source.read(0.0, min(10.0, info.duration_s), range(len(info.signals)))
    assert len(uv) == len(info.signals)
    assert all(finding.endswith(".") for finding in info.findings)
    assert isinstance(check_samples(source, map_to_1020(info.signals)), tuple)


@pytest.mark.parametrize("name", [name for name in FILES if not name.lower().endswith(OPENABLE)] or ["absent"])
def test_everything_else_is_refused_in_one_sentence(shared_data: Path, name: str) -> None:
    with pytest.raises(RecordingError) as refusal:
        open_recording(FileBytes(shared_data / name), name=name)
    sentence = refusal.value.sentence
    assert sentence.count(". ") == 0
    assert sentence.endswith(".")
    vendor = next((words for folder, words in NAMED.items() if f"/{folder}/" in name), None)
    assert vendor is None or (vendor in sentence and sentence.endswith("export the recording as EDF+."))


@pytest.mark.parametrize(("name", "electrodes", "has_chains"), [
    ("PN00-1.edf", 19, False), ("aaaaahln_s001_t000.edf", 19, False), ("chb05_06.edf", 0, True),
])
def test_public_naming_styles_are_understood(shared_data: Path, name: str, electrodes: int, has_chains: bool) -> None:
    source = open_recording(FileBytes(shared_data / "formats" / "stub_headers_random_signal" / name))
    layout = map_to_1020(source.info.signals)
    assert len(layout.electrodes) == electrodes
    assert layout.has_complete_chains == has_chains
