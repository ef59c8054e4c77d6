"""The nine montages, trace by trace, from the guideline's tables and a grid of the head; chains and rings as sums."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from numpy.typing import NDArray

from ml.channels import ELECTRODES, map_to_1020
from ml.montage import MONTAGES, MontageName, derive
from ml.recording import Signal

LABELS = (*(f"EEG {name.upper()}-REF" for name in ELECTRODES), "EEG A1-REF", "EEG A2-REF")
NAMES = (*ELECTRODES, "A1", "A2")
TABLES: dict[MontageName, str] = {
    "longitudinal": "Fp1-F7 F7-T3 T3-T5 T5-O1 Fp2-F8 F8-T4 T4-T6 T6-O2 Fp1-F3 F3-C3 C3-P3 P3-O1 Fp2-F4 F4-C4 C4-P4 P4-O2 Fz-Cz Cz-Pz",
    "transverse": "F7-Fp1 Fp1-Fp2 Fp2-F8 F7-F3 F3-Fz Fz-F4 F4-F8 T3-C3 C3-Cz Cz-C4 C4-T4 T5-P3 P3-Pz Pz-P4 P4-T6 T5-O1 O1-O2 O2-T6",
    "circumferential": "Fp1-F7 F7-T3 T3-T5 T5-O1 O1-O2 O2-T6 T6-T4 T4-F8 F8-Fp2 Fp2-Fp1",
}
"""ACNS Guideline 3 (2016): double banana, TB-18.1; the ring of the outer electrodes."""
MIRROR = {"Fp1": "Fp2", "F3": "F4", "C3": "C4", "P3": "P4", "F7": "F8", "T3": "T4", "T5": "T6", "O1": "O2", "A1": "A2"}
MIRROR |= {right: left for left, right in MIRROR.items()}
GRID = ("-- Fp1 -- Fp2 --", "F7 F3 Fz F4 F8", "T3 C3 Cz C4 T4", "T5 P3 Pz P4 T6", "-- O1 -- O2 --")


RING = ["Fp1", "F7", "T3", "T5", "O1", "O2", "T6", "T4", "F8", "Fp2"]


def neighbors(name: str) -> set[str]:
    """Before, behind, left and right on the grid; at its corners, the next ones of the outer ring."""
    rows = [row.split() for row in GRID]
    (y, x), = [(y, row.index(name)) for y, row in enumerate(rows) if name in row]
    beside = {rows[v][u] for v, u in ((y - 1, x), (y + 1, x), (y, x - 1), (y, x + 1)) if 0 <= v < 5 and 0 <= u < 5} - {"--"}
    return beside | ({RING[RING.index(name) - 1], RING[(RING.index(name) + 1) % 10]} if name in RING else set())


def traces(montage: MontageName, potentials: NDArray[np.float64], *, right_first: bool = False) -> dict[str, float]:
    signals = [Signal(label, 200.0) for label in LABELS]
    shown = derive(montage, map_to_1020(signals), signals, right_first=right_first)
    assert shown.montage == montage
    return dict(zip(shown.names, shown.weights @ potentials[list(shown.inputs)], strict=True))


@pytest.fixture
def at() -> dict[str, float]:
    return dict(zip(NAMES, np.random.default_rng(4).normal(size=21), strict=True))


@pytest.mark.parametrize("montage", TABLES)
def test_bipolar_traces_are_those_of_the_table_in_its_order(montage: MontageName, at: dict[str, float]) -> None:
    got = traces(montage, np.array([*at.values()]))
    wanted = {pair: at[pair.split("-")[0]] - at[pair.split("-")[1]] for pair in TABLES[montage].split()}
    assert list(got) == list(wanted)
    assert got == pytest.approx(wanted)


@pytest.mark.parametrize("montage", TABLES)
def test_right_first_is_the_mirror_image_row_by_row(montage: MontageName, at: dict[str, float]) -> None:
    got = traces(montage, np.array([*at.values()]), right_first=True)
    wanted = ["-".join(MIRROR.get(name, name) for name in pair.split("-")) for pair in TABLES[montage].split()]
    assert list(got) == wanted
    assert got == pytest.approx({pair: at[pair.split("-")[0]] - at[pair.split("-")[1]] for pair in wanted})


def test_every_transverse_row_sums_to_the_difference_of_its_ends(at: dict[str, float]) -> None:
    got = traces("transverse", np.array([*at.values()]))
    for row in ("F7 Fp1 Fp2 F8", *GRID[1:4], "T5 O1 O2 T6"):
        names = row.split()
        total = sum(got["-".join(pair)] for pair in pairwise(names))
        assert total == pytest.approx(at[names[0]] - at[names[-1]]), row


def test_references_are_taken_from_every_electrode(at: dict[str, float]) -> None:
    potentials = np.array([*at.values()])
    ears = (at["A1"] + at["A2"]) / 2.0
    assert traces("linked ears", potentials) == pytest.approx({f"{name}-A1A2": at[name] - ears for name in ELECTRODES})
    assert traces("cz", potentials) == pytest.approx({f"{name}-Cz": at[name] - at["Cz"] for name in ELECTRODES if name != "Cz"})
    assert traces("referential", potentials) == pytest.approx({name: at[name] for name in ELECTRODES})


def test_the_laplacian_is_each_electrode_less_the_mean_around_it(at: dict[str, float]) -> None:
    got = traces("laplacian", np.array([*at.values()]))
    for name in set(ELECTRODES) - {"Fz", "Pz"}:
        around = neighbors(name)
        assert got[name] == pytest.approx(at[name] - np.mean([at[other] for other in around])), (name, around)
    assert got["Fz"] == pytest.approx(at["Fz"] - np.mean([(at["Fp1"] + at["Fp2"]) / 2, at["F3"], at["F4"], at["Cz"]]))
    assert got["Pz"] == pytest.approx(at["Pz"] - np.mean([(at["O1"] + at["O2"]) / 2, at["P3"], at["P4"], at["Cz"]]))


@pytest.mark.parametrize("turned", ["F7-Fp1", "Cz-Fz", "O2-P4"])
def test_a_pair_recorded_the_other_way_round_is_turned(turned: str) -> None:
    first, second = turned.split("-")
    signals = [Signal(turned if pair == f"{second}-{first}" else pair, 200.0) for pair in TABLES["longitudinal"].split()]
    shown = derive("longitudinal", map_to_1020(signals), signals)
    assert shown.names == tuple(TABLES["longitudinal"].split())
    assert np.array_equal(shown.weights.sum(axis=1), np.where(np.array(shown.names) == f"{second}-{first}", -1.0, 1.0))


def test_pairs_only_solve_their_own_montage_and_say_so_of_the_others() -> None:
    signals = [Signal(pair, 200.0) for pair in TABLES["transverse"].split()]
    layout = map_to_1020(signals)
    assert derive("transverse", layout, signals).montage == "transverse"
    assert {derive(name, layout, signals).montage for name in MONTAGES if name != "transverse"} == {"as recorded"}
    assert "pairs only" in layout.findings[0]
    assert "cannot be recovered" in layout.findings[0]
