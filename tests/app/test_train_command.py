"""``hms train``, ``hms evaluate`` and ``hms export`` as they are typed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from app.cli import hms
from app.commands import train as command

TINY = """
name = "tiny"
seed = 3
n_train = 6
n_held_out = 6
epochs = 1.0
batch = 3
networks = ["spectrogram"]
threads = 1
"""


def typed(*words: object) -> Result:
    return CliRunner().invoke(hms, [str(word) for word in words])


@pytest.fixture
def tiny(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A configuration whose windows are generated in seconds."""
    pytest.importorskip("torch", reason="extra train absent")
    from ml.training import dataset

    monkeypatch.setattr(dataset, "CHUNK", 6)
    (tmp_path / "tiny.toml").write_text(TINY)
    return tmp_path / "tiny.toml"


def test_a_configuration_is_trained_and_its_figures_printed(tiny: Path) -> None:
    said = typed("train", tiny, "--build", tiny.parent / "build")
    assert said.exit_code == 0, said.output
    assert json.loads(said.stdout)["spectrogram"]["steps"] == 2
    assert {"tiny_spectrogram.safetensors", "tiny_spectrogram.json", "tiny_spectrogram.jsonl"} <= {p.name for p in (tiny.parent / "build").iterdir()}


@pytest.mark.parametrize(("words", "sentence"), [
    (("train", "nonsense"), "There is no configuration nonsense: give the path of a TOML file, or one of"),
    (("train", "hms"), "The recipe hms trains on the competition's files; name their folder with --data."),
    (("train", "hms", "--data", "."), "holds no train.csv: give the folder of the HMS competition"),
    (("export", "--run", "none", "--build", ".", "--out", "x", "--version", "1"), "holds no network raw of a run none; train it first."),
])
def test_what_cannot_be_done_is_one_sentence(words: tuple[str, ...], sentence: str) -> None:
    pytest.importorskip("torch", reason="extra train absent")
    said = typed(*words)
    assert said.exit_code == command.REFUSED
    assert sentence in said.stderr
    assert said.stderr.count("\n") == 1


@pytest.mark.parametrize("words", [("train", "smoke"), ("evaluate",), ("export", "--run", "x", "--build", ".", "--out", "y", "--version", "1")])
def test_without_the_extra_the_command_says_what_to_install(words: tuple[str, ...], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(command, "find_spec", lambda name: None if name == "torch" else object())
    said = typed(*words)
    assert said.exit_code == command.REFUSED
    assert said.stderr == (
        "Torch is not installed, which the application does not need but training does: pip install -c constraints.txt -e '.[cpu,train]'.\n"
    )


def test_the_commands_are_listed_and_load_nothing_heavy() -> None:
    import subprocess
    import sys

    said = typed("--help").output
    assert all(word in said for word in ("train", "evaluate", "export"))
    code = "import sys, app.commands.train, app.commands.evaluate, app.commands.export; sys.exit('torch' in sys.modules or 'numpy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
