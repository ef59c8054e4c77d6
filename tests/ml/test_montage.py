"""Montage algebra: sums along chains, and nothing drawn that was not recorded."""

import numpy as np
import pytest

from ml.channels import CHAIN_PAIRS, ELECTRODES, REGIONS, map_to_1020
from ml.montage import CHAINS, MONTAGES, TRANSVERSE_PAIRS, derive, difference_matrix
from ml.recording import Signal


def signals(*labels: str) -> list[Signal]:
    return [Signal(label, 200.0) for label in labels]


def traces(montage: str, *labels: str):
    found = signals(*labels)
    return derive(montage, map_to_1020(found), found)


@pytest.mark.parametrize("region, first, last", [("LL", "Fp1", "O1"), ("LP", "Fp1", "O1"), ("RL", "Fp2", "O2"), ("RP", "Fp2", "O2")])
def test_a_chain_sums_to_the_difference_of_its_ends(region, first, last):
    potentials = np.random.default_rng(1).normal(size=19)
    chain = (CHAINS @ potentials)[list(REGIONS[region])].sum()
    assert chain == pytest.approx(potentials[ELECTRODES.index(first)] - potentials[ELECTRODES.index(last)])


def test_transverse_rows_run_from_left_to_right():
    potentials = np.random.default_rng(2).normal(size=19)
    rows = dict(zip(TRANSVERSE_PAIRS, difference_matrix(TRANSVERSE_PAIRS) @ potentials, strict=True))
    across = sum(rows[pair] for pair in (("T3", "C3"), ("C3", "Cz"), ("Cz", "C4"), ("C4", "T4")))
    assert across == pytest.approx(potentials[ELECTRODES.index("T3")] - potentials[ELECTRODES.index("T4")])


def test_differences_do_not_depend_on_the_reference():
    potentials = np.random.default_rng(3).normal(size=(19, 50))
    assert np.allclose(CHAINS @ potentials, CHAINS @ (potentials - potentials[4] + 1000.0))


def test_the_longitudinal_montage_has_the_pairs_in_order_and_the_ecg_last():
    shown = traces("longitudinal", *ELECTRODES, "ECG EKG")
    assert shown.names == (*(f"{a}-{b}" for a, b in CHAIN_PAIRS), "ECG EKG")
    assert shown.kinds[-1] == "ecg"


def test_channels_are_found_by_name_and_not_by_place():
    mixed = [f"EEG {name}-REF" for name in reversed(ELECTRODES)]
    potentials = np.arange(19.0) ** 2
    shown = traces("longitudinal", *mixed)
    got = shown.weights @ potentials[::-1][list(shown.inputs)]
    assert np.allclose(got, CHAINS @ potentials)


def test_an_absent_electrode_is_named_and_never_drawn():
    shown = traces("longitudinal", *(name for name in ELECTRODES if name != "T5"))
    assert shown.missing == ("T5",)
    assert not [name for name in shown.names if "T5" in name]
    assert len(shown.names) == 16


def test_pairs_as_recorded_serve_the_longitudinal_montage():
    shown = traces("longitudinal", *(f"{a.upper()}-{b.upper()}" for a, b in CHAIN_PAIRS))
    assert shown.montage == "longitudinal"
    assert np.array_equal(shown.weights, np.eye(18))
    assert shown.missing == ()


@pytest.mark.parametrize("montage", ["average", "transverse", "referential"])
def test_a_recording_of_pairs_only_is_shown_as_recorded(montage):
    shown = traces(montage, *(f"{a}-{b}" for a, b in CHAIN_PAIRS))
    assert shown.montage == "as recorded"
    assert shown.names[0] == "Fp1-F7"


@pytest.mark.parametrize("montage", MONTAGES)
def test_unknown_names_are_shown_as_recorded(montage):
    shown = traces(montage, *(f"E{number}" for number in range(1, 21)))
    assert shown.montage == "as recorded"
    assert len(shown.names) == 20


def test_a_signal_without_a_scale_is_never_shown():
    found = [Signal("Fp1", 200.0, calibrated=False), *signals(*ELECTRODES[1:])]
    assert "Fp1" not in derive("as recorded", map_to_1020(found), found).names


def test_only_electrodes_make_the_common_average():
    shown = traces("average", *ELECTRODES, "EEG A2-A1", "ECG EKG")
    assert shown.referenced.sum() == 19
    assert not shown.referenced[-1]
