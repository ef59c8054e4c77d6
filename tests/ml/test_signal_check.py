"""The first look at samples: wrong units and twins."""

from __future__ import annotations

import numpy as np

from ml.byte_source import HeadBytes
from ml.channels import map_to_1020
from ml.edf import EdfRecording
from ml.signal_check import check_samples
from tests.ml.edf_bytes import Edf, timekeeping

LABELS = ("Fp1", "F3", "C3", "P3")


def noise(sd: float, seconds: int = 60) -> np.ndarray:
    return np.random.default_rng(int(sd)).normal(0, sd * 10, seconds * 100).astype(np.int16)   # 0.1 µV per step


def checked(data: list[np.ndarray], labels: tuple[str, ...] = LABELS, **changes: object) -> str:
    raw = Edf(labels=labels, data=data, n_records=len(data[0]) // 100, **changes).build()  # type: ignore[arg-type]
    recording = EdfRecording(HeadBytes(raw, len(raw)))
    return " ".join(check_samples(recording, map_to_1020(recording.info.signals)))


def test_ordinary_signals_have_no_finding() -> None:
    assert checked([noise(sd) for sd in (10, 30, 60, 90)]) == ""


def test_a_scale_that_no_eeg_has_is_said() -> None:
    wrong = {index: {"unit": "V"} for index in range(4)}
    assert "the unit in the file may be wrong" in checked([noise(sd) for sd in (30, 40, 50, 60)], signal_fields=wrong)


def test_twins_are_compared() -> None:
    same, other = noise(30), noise(40)
    assert "the same samples" in checked([same, same], ("Fp1", "FP1"))
    assert "a person must say which" in checked([same, other], ("Fp1", "FP1"))


def test_a_few_dead_or_clipped_electrodes_do_not_make_the_scale_wrong() -> None:
    loud = np.clip(noise(900).astype(int) * 4, -30_000, 30_000).astype(np.int16)
    assert checked([noise(30), loud, np.full(6000, 7, np.int16), noise(40)]) == ""


def test_pieces_are_taken_from_what_was_recorded() -> None:
    onsets = [*range(60), *range(5000, 5060)]
    tals = timekeeping(onsets)
    assert checked([noise(30, 120), noise(31, 120)], ("Fp1", "F3"), tals=tals, fields={"reserved": "EDF+D"}) == ""
