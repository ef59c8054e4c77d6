"""Triggers of the Status channel of BDF, as MNE finds them."""

from __future__ import annotations

from pathlib import Path

import pytest

from ml.byte_source import FileBytes
from ml.open_recording import open_recording


@pytest.mark.parametrize(("name", "count"), [("mne/BDF/test_bdf_stim_channel.bdf", 9), ("edfio/mne_test.bdf", 13)])
def test_triggers_are_those_that_mne_finds(shared_data: Path, name: str, count: int) -> None:
    mne = pytest.importorskip("mne")
    raw = mne.io.read_raw_bdf(shared_data / "formats" / name, verbose="ERROR")
    events = mne.find_events(raw, stim_channel="Status", mask=0xFFFF, mask_type="and", shortest_event=1, consecutive=True, verbose="ERROR")
    notes = [note for note in open_recording(FileBytes(shared_data / "formats" / name)).annotations() if note.text.startswith("Trigger")]
    assert [(round(note.onset_s * raw.info["sfreq"]), int(note.text.split()[1])) for note in notes] == [(a, c) for a, _, c in events.tolist()]
    assert len(notes) == count
