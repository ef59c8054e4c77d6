"""Two hundred mutations per reader: none crashes, all end as a recording or one sentence, within 5 s and 512 MB each."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

MUTATIONS = 200
IN_PLACE = ("edf", "edf+c", "edf+d", "bdf", "parquet", "our copy")
CONVERTED = ("gdf 1", "gdf 2", "cnt", "cnt 32 bits", "BrainVision", "Persyst", "parts")
APART = ("matlab", "hdf5", "eeglab")             # readers in C that may end their process, as the application lets them


@pytest.mark.parametrize("names", [IN_PLACE, CONVERTED, APART], ids=["in place", "converted", "apart"])
def test_no_mutation_of_a_file_does_more_than_be_refused(names: tuple[str, ...]) -> None:
    command = [sys.executable, "-m", "tests.proof.fuzz_readers", str(MUTATIONS * len(names)), "--only", *names]
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=False, timeout=500)
    found = json.loads(done.stdout)["fuzz_readers"]
    assert (found["failures"], found["crashes"]) == ([], 0)
    assert {name: row["mutations"] for name, row in found["by_seed"].items()} == dict.fromkeys(names, MUTATIONS)
