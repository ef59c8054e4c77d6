"""Two processes train one network."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

torch = pytest.importorskip("torch", reason="extra train absent")

from tests.shared_files import ROOT  # noqa: E402

MEMBER = """
import dataclasses, json, sys, torch
from pathlib import Path
from ml.training import train
from ml.training.team import joined
from tests.ml.training.test_optimise import TINY
from tests.ml.training.test_truth import toy_with_truth
torch.set_num_threads(1)
with joined("cpu") as team:
    trained = train.fit(sys.argv[2], toy_with_truth(48), dataclasses.replace(TINY, epochs=2), checkpoint=Path(sys.argv[1]) / "team.safetensors", team=team)
    mark = float(sum(value.double().abs().sum() for value in trained.network.parameters()))
    (Path(sys.argv[1]) / f"rank{team.rank}.json").write_text(json.dumps([team.size, trained.steps, mark, trained.losses[0]]))
"""


@pytest.mark.parametrize("name", ["spectrogram", "raw"], ids=["without auxiliary heads", "with them"])
def test_two_processes_share_the_steps_and_end_with_the_same_weights(name: str, tmp_path: Path) -> None:
    script = tmp_path / "member.py"
    script.write_text(MEMBER)
    subprocess.run(
        [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2", str(script), str(tmp_path), name],
        cwd=ROOT, env=os.environ | {"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}, check=True, timeout=300,
    )
    first, second = (json.loads((tmp_path / f"rank{rank}.json").read_text()) for rank in range(2))
    assert first[:2] == second[:2] == [2, 6]                    # 2 epochs of 48 windows, two times 8 in a step
    assert first[2] == second[2]
    assert first[3] != second[3]                                # they saw different windows
    assert (tmp_path / "team.safetensors").exists()
