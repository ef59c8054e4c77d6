"""``hms export --variant``: a smaller copy of weights that serve is written only where it is as accurate and faster."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

pytest.importorskip("torch", reason="extra train absent")

from app.commands import train as command
from app.commands.export import export
from ml.ensemble import Ensemble
from ml.training import variants

ALIKE = {1: (0.002, 0.002), 16: (0.02, 0.02)}
FASTER = {1: (0.002, 0.001), 16: (0.02, 0.01)}


def few(kind: str, weights: Path, out: Path, **options: object) -> dict[str, object]:
    """The real thing on few windows."""
    return MAKE(kind, weights, out, n=12, **options)


MAKE = variants.make


@pytest.mark.parametrize("times", [ALIKE, FASTER], ids=["alike", "faster"])
def test_a_variant_is_written_only_where_it_is_faster(times: dict[int, tuple[float, float]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(variants, "make", few)
    monkeypatch.setattr(variants, "seconds_of", lambda both, seen: times)
    said = CliRunner().invoke(export, ["--variant", "fp16", "--out", str(tmp_path / "half")])
    report = json.loads(said.stdout)
    assert report["written"] == (times is FASTER) == (tmp_path / "half").exists()
    assert said.exit_code == (0 if times is FASTER else command.REFUSED)
    if times is FASTER:
        assert Ensemble.load(tmp_path / "half").name.endswith("+fp16")
    else:
        assert "the weights stay as they are" in said.stderr


def test_without_a_run_or_a_variant_there_is_nothing_to_export(tmp_path: Path) -> None:
    said = CliRunner().invoke(export, ["--out", str(tmp_path)])
    assert said.exit_code == command.REFUSED
    assert said.stderr == "Name what to export and its version, --run and --version, or a --variant of weights that serve.\n"
