"""Trainings of one network become one where their mean is better than the best of them."""

from __future__ import annotations

import copy
import dataclasses
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="extra train absent")

from ml.training import merge, train  # noqa: E402
from ml.training.optimise import predict  # noqa: E402
from tests.ml.training.test_optimise import TINY  # noqa: E402
from tests.ml.training.toy import toy_windows  # noqa: E402


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> torch.nn.Module:
    torch.set_num_threads(1)
    settings = dataclasses.replace(TINY, epochs=10, batch=16, learning_rate=4e-3, precision="fp32")
    return train.fit("spectrogram", toy_windows(48), settings, checkpoint=tmp_path_factory.mktemp("merge") / "toy.safetensors").network.eval()


def disturbed(network: torch.nn.Module, seed: int, size: float) -> torch.nn.Module:
    """The same network with noise on its weights."""
    made, rng = copy.deepcopy(network), torch.Generator().manual_seed(seed)
    for parameter in made.parameters():
        parameter.data.add_(size * parameter.data.abs().mean() * torch.randn(parameter.shape, generator=rng))
    return made


def test_trainings_about_one_optimum_are_joined_and_better_than_each(trained: torch.nn.Module) -> None:
    parts = [disturbed(trained, seed, 0.6) for seed in range(4)]
    found = merge.merge(parts, toy_windows(48, seed=1), toy_windows(96, seed=2))
    assert len(found.joined) > 1
    assert found.merged_kl < min(found.kl)
    assert found.to_json()["joined"] == list(found.joined)


def test_a_stranger_does_not_enter(trained: torch.nn.Module) -> None:
    torch.manual_seed(7)
    stranger = train.NETWORKS["spectrogram"]().eval()
    found = merge.merge([stranger, trained], toy_windows(48, seed=1), toy_windows(96, seed=2))
    assert found.joined == (1,)
    assert found.network is trained
    assert found.merged_kl == min(found.kl)


def test_the_mean_of_a_network_with_itself_differs_only_by_its_batch_statistics(trained: torch.nn.Module) -> None:
    before = {name: value.clone() for name, value in trained.state_dict().items()}
    made = merge.mean([trained, trained], toy_windows(96, seed=2))
    for name, value in made.state_dict().items():
        if "running" not in name and "num_batches" not in name:
            assert torch.allclose(value, before[name])
    assert all(torch.equal(value, before[name]) for name, value in trained.state_dict().items())      # the parts stay as they are
    ours, theirs = (predict(network, toy_windows(24, seed=3)) for network in (trained, made))
    assert np.corrcoef(ours.ravel(), theirs.ravel())[0, 1] > 0.85        # the toy was trained on changed windows
    assert not made.training


def test_runs_to_merge_are_named_by_comma(tmp_path: Path) -> None:
    from ml.training import ship

    for run in ("one", "two"):
        torch.manual_seed(len(run) + ord(run[0]))
        train.write_weights(train.NETWORKS["raw"](), tmp_path / f"{run}_raw.safetensors")
        (tmp_path / f"{run}_raw.json").write_text(f'{{"network": "raw", "seconds": {ord(run[0])}, "settings": {{}}}}')
    network, report = ship.joined(tmp_path, "one,two", "raw", toy_windows(12))
    assert report["merged"]["runs"] == ["one", "two"]
    best = report["merged"]["joined"][0]
    assert report["seconds"] == [ord("o"), ord("t")][best]
    alone, plain = ship.joined(tmp_path, "one", "raw", toy_windows(12))
    assert "merged" not in plain
    assert all(torch.equal(a, b) for a, b in zip(alone.state_dict().values(), train.load("raw", tmp_path / "one_raw.safetensors").state_dict().values(), strict=True))
    assert network.training is False
