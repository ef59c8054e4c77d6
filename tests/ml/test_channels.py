"""From labels as recorders write them to electrodes of the 10-20 system."""

from __future__ import annotations

import pytest

from ml.channel_names import parse_label
from ml.channels import CHAIN_PAIRS, ELECTRODES, ChannelLayout, map_to_1020
from ml.recording import Signal


def layout_of(*labels: str, **corrections: str) -> ChannelLayout:
    return map_to_1020([Signal(label, 200.0) for label in labels], corrections)


@pytest.mark.parametrize(("label", "electrode"), [
    ("Fp1", "Fp1"), ("FP1", "Fp1"), ("fp1", "Fp1"), ("EEG Fp1", "Fp1"), ("EEG Fp1-Ref", "Fp1"), ("EEG FP1-REF", "Fp1"),
    ("EEG FP1-LE", "Fp1"), ("EEG Fp1-AR", "Fp1"), ("EEG Fp1-A2", "Fp1"), ("Fp1-A1A2", "Fp1"), ("Fp1-M2", "Fp1"), ("Fp1-Avg", "Fp1"),
    ("POL Fp1", "Fp1"), ("Fp1.", "Fp1"), ("Fcz.", "FCz"), ("T7", "T3"), ("T8", "T4"), ("P7", "T5"), ("EEG P8-REF", "T6"),
    ("Fp1-Org", "Fp1"), ("EEG  Cz ", "Cz"), ("Fp1_REF", "Fp1"), ("FT9", "FT9"), ("A1", "A1"), ("POz", "POz"), ("EEG T3-LE", "T3"),
    ("EEG-Fp1", "Fp1"), ("EEG.Fp1", "Fp1"), ("EEGFp1", "Fp1"), ("EEG Fp1 Ref", "Fp1"), ("Fp1 AVG", "Fp1"), ("T3LE", "T3"), ("FP1AR", "Fp1"),
    ("C3:A2", "C3"), ("C3/A2", "C3"), ("C3-A1/A2", "C3"), ("EEG Fp1-Ref-0", "Fp1"), ("\u04213", "C3"),
    ("F\u04401", "Fp1"), ("\u041e2-\u04102", "O2"),
])
def test_prefix_reference_and_case_are_disregarded(label: str, electrode: str) -> None:
    name = parse_label(label)
    assert (name.kind, name.electrode) == ("eeg", electrode)


@pytest.mark.parametrize(("label", "pair"), [
    ("FP1-F7", ("Fp1", "F7")), ("EEG Fpz-Cz", ("Fpz", "Cz")), ("T7-P7", ("T3", "T5")), ("EEG A2-A1", ("A2", "A1")),
    ("T8-P8-0", ("T4", "T6")), ("Fp1 - F7", ("Fp1", "F7")), ("Fp1/F7", ("Fp1", "F7")), ("F7 -T3", ("F7", "T3")), ("M1-M2", ("M1", "M2")),
])
def test_two_electrodes_are_a_pair_and_never_one_with_a_reference(label: str, pair: tuple[str, str]) -> None:
    name = parse_label(label)
    assert (name.kind, name.electrode, name.pair) == ("pair", None, pair)


@pytest.mark.parametrize(("label", "kind"), [
    ("EKG", "ecg"), ("ECG ECG", "ecg"), ("EEG EKG-REF", "ecg"), ("EEG EKG-LE", "ecg"), ("ECG1", "ecg"), ("EKG1-EKG2", "ecg"),
    ("EOG horizontal", "eog"), ("EEG ROC-REF", "eog"), ("LOC", "eog"), ("E1-M2", "eog"), ("E2:A1", "eog"), ("O2 Sat", "other"), ("EMG submental", "emg"), ("Chin1", "emg"),
    ("Resp oro-nasal", "other"), ("Temp rectal", "other"), ("Status", "other"), ("SaO2 finger", "other"), ("DC01", "other"),
    ("PHOTIC-REF", "other"), ("", "other"), ("-", "other"), ("POL E", "other"), ("IBI", "other"), ("EEG 31-REF", "eeg"),
])
def test_other_sensors_are_told_by_their_names(label: str, kind: str) -> None:
    name = parse_label(label)
    assert (name.kind, name.electrode, name.pair) == (kind, None, None)


def test_e1_is_an_eye_electrode_unless_the_file_is_of_a_net() -> None:
    assert layout_of("Fp1", "E1", "E2").kinds == ("eeg", "eog", "eog")
    assert set(layout_of(*(f"E{i}" for i in range(1, 21))).kinds) == {"eeg"}


def test_all_nineteen_electrodes_in_any_order_have_no_finding() -> None:
    layout = layout_of("EEG EKG-REF", *(f"EEG {name.upper()}-REF" for name in reversed(ELECTRODES)))
    assert [layout.electrodes[name] for name in ELECTRODES] == list(range(19, 0, -1))
    assert (layout.ecg, layout.missing, layout.findings) == ((0,), (), ())


def test_absent_electrodes_are_listed() -> None:
    layout = layout_of(*(name for name in ELECTRODES if name not in ("T5", "Fz", "Cz")))
    assert layout.missing == ("T5", "Fz", "Cz")
    assert layout.findings == ("The recording lacks T5, Fz and Cz: it has 16 of the 19 electrodes of the 10-20 system.",)


def test_of_two_signals_with_one_name_the_first_is_kept_and_said() -> None:
    layout = layout_of(*ELECTRODES, "EEG FP1")
    assert layout.electrodes["Fp1"] == 0
    assert layout.duplicates == ((0, 19),)
    assert layout.findings == ("EEG FP1 occurs twice, as signals 1 and 20; the first is used.",)


def test_names_that_say_nothing_map_nothing_and_hint_at_mapping_by_hand() -> None:
    layout = layout_of(*(f"E{i}" for i in range(1, 21)))
    assert layout.electrodes == {}
    assert "a person can say which signal is which electrode" in layout.findings[0]


def test_complete_chains_are_recognized_by_old_and_new_names() -> None:
    newer = {"T3": "T7", "T4": "T8", "T5": "P7", "T6": "P8"}
    layout = layout_of(*(f"{newer.get(a, a).upper()}-{newer.get(b, b).upper()}" for a, b in CHAIN_PAIRS))
    assert layout.has_complete_chains
    assert layout.electrodes == {}
    assert "pairs only" in layout.findings[0]


def test_an_incomplete_chain_is_no_chain() -> None:
    layout = layout_of(*("-".join(pair) for pair in CHAIN_PAIRS[1:]))
    assert not layout.has_complete_chains
    assert "lacks Fp1-F7" in layout.findings[0]


def test_electrodes_against_a_common_electrode_are_electrodes() -> None:
    layout = layout_of(*(f"{name}-Cz" for name in ELECTRODES if name != "Cz"))
    assert len(layout.electrodes) == 18
    assert layout.missing == ("Cz",)
    assert "recorded against Cz" in layout.findings[0]


def test_a_person_can_correct_the_mapping() -> None:
    layout = layout_of("E1", "E2", "E3", "E4", "E5", E1="Fp1", E2="fp2", E3="ECG", E4="ignore")
    assert layout.electrodes == {"Fp1": 0, "Fp2": 1}
    assert layout.ecg == (2,)
    assert layout.kinds[3] == "other"


def test_what_is_no_voltage_or_has_no_scale_is_no_electrode() -> None:
    signals = [Signal("Fp1", 200.0, unit="%"), Signal("F3", 200.0, unit=""), Signal("C3", 200.0, calibrated=False),
               Signal("P3", 200.0), Signal("O1", 1.0)]
    layout = map_to_1020(signals)
    assert layout.electrodes == {"P3": 3}
    assert layout.kinds == ("other", "other", "eeg", "eeg", "other")
    assert layout.findings[0].endswith("not used as electrodes: Fp1 (unit %), F3 (no unit), O1 (1 Hz).")


def test_mixed_and_low_rates_are_said() -> None:
    signals = [Signal(name, 100.0 if i % 2 else 250.0) for i, name in enumerate(ELECTRODES)]
    assert "(100 and 250 Hz)" in map_to_1020(signals).findings[0]
    assert "nothing above 50 Hz" in map_to_1020(signals).findings[1]
    assert map_to_1020([Signal(name, 256.0) for name in ELECTRODES]).findings == ()
