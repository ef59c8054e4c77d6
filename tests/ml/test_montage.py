"""Montage algebra: sums along chains, and nothing drawn that was not recorded."""

import numpy as np
import pytest

from ml.channels import CHAIN_PAIRS, ELECTRODES, REGIONS, map_to_1020
from ml.montage import CHAINS, MONTAGES, NEIGHBORS, TRANSVERSE_PAIRS, derive, difference_matrix
from ml.recording import Signal


def signals(*labels: str) -> list[Signal]:
    return [Signal(label, 200.0) for label in labels]


def traces(montage: str, *labels: str, right_first: bool = False):
    found = signals(*labels)
    return derive(montage, map_to_1020(found), found, right_first=right_first)


def values(montage: str, potentials: np.ndarray, *labels: str, right_first: bool = False) -> dict[str, np.ndarray]:
    """Traces by name, from potentials in the order of ``labels`` (the 19 electrodes by default)."""
    shown = traces(montage, *(labels or ELECTRODES), right_first=right_first)
    return dict(zip(shown.names, shown.weights @ potentials[list(shown.inputs)], strict=True))


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


def test_the_circumferential_ring_is_closed():
    ring = values("circumferential", np.random.default_rng(5).normal(size=19))
    assert len(ring) == 10
    assert sum(ring.values()) == pytest.approx(0.0, abs=1e-12)


def test_no_montage_but_the_recorded_reference_changes_with_the_reference():
    potentials = np.random.default_rng(6).normal(size=21)
    labels = (*ELECTRODES, "A1", "A2")
    for montage in ("longitudinal", "transverse", "circumferential", "laplacian", "cz", "linked ears"):
        shown, shifted = values(montage, potentials, *labels), values(montage, potentials + 500.0, *labels)
        assert np.allclose(list(shown.values()), list(shifted.values())), montage


def test_a_laplacian_is_blind_to_what_all_neighbors_share_and_sees_a_focus():
    assert {name for places in NEIGHBORS.values() for place in places for name in ([place] if isinstance(place, str) else place)} == set(ELECTRODES)
    focus = values("laplacian", (np.array(ELECTRODES) == "C3").astype(float))
    assert focus["C3"] == 1.0
    assert focus["F3"] == focus["Cz"] == focus["P3"] == -0.25
    assert focus["T3"] == pytest.approx(-1 / 3)
    assert focus["O2"] == focus["F4"] == 0.0


def test_a_laplacian_needs_its_neighbors():
    shown = traces("laplacian", *(name for name in ELECTRODES if name != "T5"))
    assert set(ELECTRODES) - set(shown.names) == {"T5", "T3", "P3", "O1"}
    assert shown.missing == ("T5",)


@pytest.mark.parametrize("ears", [("A1", "A2"), ("M1", "M2")])
def test_linked_ears_are_the_mean_of_both(ears):
    potentials = np.random.default_rng(7).normal(size=21)
    got = values("linked ears", potentials, *ELECTRODES, *ears)
    assert got[f"Fp1-{''.join(ears)}"] == pytest.approx(potentials[0] - potentials[19:].mean())


def corrected(montage: str, said: dict[str, str], *labels: str):
    found = signals(*labels)
    return derive(montage, map_to_1020(found, said), found)


def test_ears_that_a_person_named_are_the_reference():
    shown = corrected("linked ears", {"X1": "A1", "X2": "A2"}, *ELECTRODES, "X1", "X2")
    potentials = np.random.default_rng(8).normal(size=21)
    got = dict(zip(shown.names, shown.weights @ potentials[list(shown.inputs)], strict=True))
    assert got["Cz-A1A2"] == pytest.approx(potentials[ELECTRODES.index("Cz")] - potentials[19:].mean())


def test_an_ear_that_a_person_took_out_is_no_reference():
    shown = corrected("linked ears", {"A1": "ignore"}, *ELECTRODES, "A1", "A2")
    assert (shown.montage, shown.missing) == ("as recorded", ("A1",))
    again = corrected("linked ears", {"A1": "M1", "A2": "M2"}, *ELECTRODES, "A1", "A2")
    assert again.names[0] == "Fp1-M1M2"


def test_without_both_ears_the_montage_says_which_is_absent():
    shown = traces("linked ears", *ELECTRODES, "A1")
    assert shown.montage == "as recorded"
    assert shown.missing == ("A2",)


def test_cz_is_the_reference_of_the_other_eighteen():
    potentials = np.random.default_rng(8).normal(size=19)
    got = values("cz", potentials)
    assert len(got) == 18
    assert got["O2-Cz"] == pytest.approx(potentials[18] - potentials[ELECTRODES.index("Cz")])


def test_right_first_shows_the_same_traces_mirrored():
    potentials = np.random.default_rng(9).normal(size=19)
    for montage in ("longitudinal", "referential", "laplacian"):
        left, right = values(montage, potentials), values(montage, potentials, right_first=True)
        assert left == pytest.approx(right), montage
    assert next(iter(values("longitudinal", potentials, right_first=True))) == "Fp2-F8"
    assert next(iter(values("transverse", potentials, right_first=True))) == "F8-Fp2"


def test_montages_are_linear():
    rng = np.random.default_rng(10)
    first, second = rng.normal(size=(2, 21))
    for montage in MONTAGES:
        one, other, both = (np.array(list(values(montage, x, *ELECTRODES, "A1", "A2").values())) for x in (first, second, first + 3.0 * second))
        assert np.allclose(one + 3.0 * other, both), montage
