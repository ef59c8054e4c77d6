"""The card says of data and networks what the runs say, and no more."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

pytest.importorskip("torch", reason="extra train absent")

from ml.training.model_card import model_card

NAMES = ["Subject00", "Subject01"]


def run(network: str, **settings: Any) -> dict[str, Any]:
    return {"network": network, "steps": 100, "seconds": 600, "device": "cpu", "settings": {"name": "second", "n_train": 36000} | settings}


def card(*runs: dict[str, Any], calibration: dict[str, Any] | None = None) -> dict[str, Any]:
    return model_card(version="1", day=date(2026, 11, 24), runs=list(runs), evaluation={}, event_figures={}, calibration=calibration or {}, speed={}, export_parity={})


def test_real_backgrounds_are_named_and_absent_ones_are_not_claimed() -> None:
    plain, real = card(run("raw")), card(run("raw", backgrounds="../shared/data/eegmat_normal", background_names=NAMES))
    assert plain["summary"].endswith("Trained on generated EEG only.")
    assert "real background EEG (Subject00, Subject01)" in real["summary"]
    assert "only" not in real["summary"]


def test_backgrounds_of_a_run_that_was_gone_on_from_count_too() -> None:
    earlier = run("raw", backgrounds="../shared/data/eegmat_normal")
    assert "eegmat_normal" in card(run("raw") | {"continues": earlier})["training_data"]["kind"]


def test_a_card_tells_which_run_shipped_on_what_for_how_long() -> None:
    told = card(run("raw") | {"continues": run("raw", name="first", n_train=4800)}, run("spectrogram"))["training_data"]["shipped"]
    assert told == ["raw: run second after first, 200 steps on 36,000, 4,800 windows, 20 min on cpu", "spectrogram: run second, 100 steps on 36,000 windows, 10 min on cpu"]


def test_a_card_says_what_calibrated_it() -> None:
    assert card(run("raw"))["calibrated_on"] == "synthetic patients"
    adjusted = card(run("raw"), calibration={"adjusted_on_development_windows": {}, "development_windows": 22})
    assert adjusted["calibrated_on"] == "synthetic patients, then adjusted on 22 real development windows"
    assert "adjusted on few real windows" in adjusted["limits"][0]
