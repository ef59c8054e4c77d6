"""Real backgrounds under generated windows of a training set: a set of its own, never under those held out, never of who is tested."""

from __future__ import annotations

import dataclasses
import tomllib
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="extra train absent")

from ml.synthetic import recording  # noqa: E402
from ml.training import config, dataset, train  # noqa: E402

TESTED = ("Subject03", "Subject04")
"""Healthy adults on whom false positives are counted."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("healthy")
    for seed, name in enumerate(("Subject00_1.edf", "Subject03_1.edf")):
        recording.write_edf(path / name, hours=2 / 60, seed=seed, patterns={}, healthy=True)
    return path


def test_backgrounds_make_another_set_of_the_same_seed(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dataset, "CHUNK", 12)
    plain = dataset.build(tmp_path, n=12, seed=3, per_patient=2, processes=1)
    mixed, again = (dataset.build(tmp_path / each, n=12, seed=3, per_patient=2, processes=1, backgrounds=folder, recordings=("Subject00",)) for each in ("a", "b"))
    beside = dataset.build(tmp_path, n=12, seed=3, per_patient=2, processes=1, backgrounds=folder, recordings=("Subject00",))
    assert not np.array_equal(plain.bipolar_uv, mixed.bipolar_uv)
    assert np.array_equal(mixed.bipolar_uv, again.bipolar_uv)
    assert np.array_equal(beside.bipolar_uv, mixed.bipolar_uv)               # not taken for the set without backgrounds
    assert np.array_equal(dataset.build(tmp_path, n=12, seed=3, per_patient=2, processes=1).bipolar_uv, plain.bipolar_uv)


def test_only_the_named_recordings_lie_under_windows(folder: Path) -> None:
    assert dataset._backgrounds(folder, ("Subject00",)).names == ("Subject00_1.edf",)


def test_windows_held_out_have_no_real_background(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dataset, "CHUNK", 6)
    settings = config.TrainingConfig("mixed", seed=5, n_train=6, n_held_out=6, epochs=1, threads=1, backgrounds=str(folder), background_names=("Subject00",))
    learned, held_out, _ = train.window_sets(settings, tmp_path / "mixed")
    bare, same, _ = train.window_sets(dataclasses.replace(settings, backgrounds=""), tmp_path / "bare")
    assert np.array_equal(held_out.bipolar_uv, same.bipolar_uv)
    assert not np.array_equal(learned.bipolar_uv, bare.bipolar_uv)


def test_an_absent_folder_is_refused_with_a_way_out(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"no folder .*nowhere of real backgrounds: name one, or leave the setting backgrounds empty"):
        dataset.build(tmp_path, n=1, seed=1, per_patient=1, backgrounds=tmp_path / "nowhere")


@pytest.mark.parametrize("path", sorted(train.CONFIGS.glob("*.toml")), ids=lambda path: path.stem)
def test_nobody_on_whom_false_positives_are_counted_trains(path: Path) -> None:
    settings = tomllib.loads(path.read_text())
    for part in (settings, *(value for value in settings.values() if isinstance(value, dict))):
        if part.get("backgrounds"):
            names = part["background_names"]
            assert names                                                     # none would mean all
            assert not any(tested.startswith(name) for name in names for tested in TESTED)
